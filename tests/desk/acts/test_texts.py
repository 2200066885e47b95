"""Notes and templates that a form sends: each text is stored once for a form."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Engine

from desk.acts.case_work import CaseWork
from tests.desk.harness import OFFICER

HEALTH, PLN = "kementerian-kemenkes", "bumn-pln"


def test_two_requests_at_once_store_one_text(engine: Engine, now: Callable[[], datetime]) -> None:
    """Both have searched for the row before one of them stores it."""
    both_have_searched = threading.Barrier(2)

    def record(*_: object) -> None:
        both_have_searched.wait(30)

    work = CaseWork(engine, record, now, uuid4)
    complaint_id, form_id = uuid4(), work.new_form_id()

    def add_note(_: int) -> None:
        work.add_note(OFFICER, HEALTH, complaint_id, "Sudah ditelepon.", form_id)

    def add_template(_: int) -> None:
        work.add_template(OFFICER, HEALTH, "Salam", "Terima kasih.", form_id)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add_note, range(2)))
        list(pool.map(add_template, range(2)))
    assert [note.text for note in work.notes(HEALTH, complaint_id)] == ["Sudah ditelepon."]
    assert [template.title for template in work.templates(HEALTH)] == ["Salam"]


def test_a_text_is_stored_once_for_its_form(engine: Engine, now: Callable[[], datetime]) -> None:
    """An equal text of another form is a second text, as is another text of a form to which a person went back.

    An id that another agency has used hides nothing.
    """
    acts: list[str] = []
    work = CaseWork(engine, lambda action, *_: acts.append(action), now, uuid4)
    complaint_id, form_id = uuid4(), work.new_form_id()
    for agency, text, form in (
        (HEALTH, "Ditelepon, tidak diangkat.", form_id),
        (HEALTH, "Ditelepon, tidak diangkat.", form_id),
        (HEALTH, "Ditelepon, tidak diangkat.", work.new_form_id()),
        (HEALTH, "Ditelepon, diangkat.", form_id),
        (HEALTH, "Tanpa formulir.", None),
        (HEALTH, "Tanpa formulir.", None),
        (PLN, "Ditelepon, tidak diangkat.", form_id),
    ):
        work.add_note(OFFICER, agency, complaint_id, text, form)
    assert sorted(note.text for note in work.notes(HEALTH, complaint_id)) == [
        "Ditelepon, diangkat.",
        *["Ditelepon, tidak diangkat."] * 2,
        *["Tanpa formulir."] * 2,
    ]
    assert len(work.notes(PLN, complaint_id)) == 1
    assert acts == ["desk.note"] * 6
