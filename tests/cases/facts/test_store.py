"""Facts are stored once, and the log names each new one in the order of commits."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlmodel import SQLModel, col

from cases.derivations.position import read_entries
from cases.facts.log import log_forgotten
from cases.facts.rows import NewFact, complaint_fact, dispatch_fact
from cases.facts.store import store_facts
from cases.facts.tables import ComplaintFact, DispatchFact, FactLog
from cases.words.forgotten import blank_stored_words
from cases.words.tables import CaseWords
from config.database import read_transaction, write_transaction
from messages import ids
from messages.codec import decode_stored
from messages.forgotten import FORGOTTEN_TEXT
from messages.shapes import Complaint, Dispatch, Reason
from tests.conftest import NOW
from tests.router.test_linked import complaint_of, id_of
from tests.support.waiting import wait_for_lock

WORDS = "Puskesmas tutup, kata Sari Wulandari"


def dispatch_of(complaint: Complaint) -> Dispatch:
    """Return the first dispatch of a complaint."""
    fields = complaint.model_dump(include={"message_id", "tracking", "channel", "at"})
    return Dispatch(
        id=ids.dispatch_id(complaint.id, 0),
        complaint_id=complaint.id,
        agency="kementerian-kemenkes",
        reasons=(Reason(rule="named", text=f"Pelapor menyebut: {WORDS}"),),
        rules_version="1",
        hop=0,
        due_at=NOW + timedelta(days=5),
        report=complaint.report,
        **fields,
    )


def fact(number: int) -> NewFact:
    """Return a new complaint."""
    return complaint_fact(complaint_of(number, WORDS), NOW)


def positions(engine: Engine) -> Sequence[tuple[int, str, UUID]]:
    """Return position, kind and fact of each entry of the log."""
    with read_transaction(engine) as connection:
        return [(entry.position, entry.kind, entry.fact_id) for entry in read_entries(connection, 0, 100)]


def test_a_fact_is_stored_and_logged_once(engine: Engine) -> None:
    """Twice in a batch, and in a later one: only the new facts are returned and logged."""
    facts = [fact(1), fact(2), fact(1)]
    with write_transaction(engine) as connection:
        assert [new.id for new in store_facts(connection, facts)] == [id_of(1), id_of(2)]
    with write_transaction(engine) as connection:
        assert [new.id for new in store_facts(connection, [fact(2), fact(3)])] == [id_of(3)]
    assert positions(engine) == [(index, "complaint", id_of(index)) for index in (1, 2, 3)]
    with read_transaction(engine) as connection:
        assert len(connection.execute(select(col(ComplaintFact.id))).all()) == 3
        assert set(connection.execute(select(col(CaseWords.text))).scalars()) == {WORDS}


def test_no_entry_is_committed_before_a_lower_one(engine: Engine) -> None:
    """The second writer waits for the first one, whose positions are lower: no reader passes one by."""
    stored, may_commit = threading.Event(), threading.Event()

    def store_first() -> None:
        with write_transaction(engine) as connection:
            store_facts(connection, [fact(1)])
            stored.set()
            assert may_commit.wait(20)

    def store_second() -> None:
        with write_transaction(engine) as connection:
            store_facts(connection, [fact(2)])

    first, second = threading.Thread(target=store_first), threading.Thread(target=store_second)
    first.start()
    assert stored.wait(20)
    second.start()
    wait_for_lock(engine, lambda: not second.is_alive())
    assert positions(engine) == []
    may_commit.set()
    first.join()
    second.join()
    assert positions(engine) == [(1, "complaint", id_of(1)), (2, "complaint", id_of(2))]


def test_facts_and_log_are_one_transaction(engine: Engine) -> None:
    """A process that ends between them leaves neither."""

    def store_and_end() -> None:
        with write_transaction(engine) as connection:
            store_facts(connection, [fact(1)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store_and_end()
    with read_transaction(engine) as connection:
        tables: tuple[type[SQLModel], ...] = (ComplaintFact, CaseWords, FactLog)
        for table in tables:
            assert connection.execute(select(table.__table__)).all() == []  # type: ignore[attr-defined]


def test_the_words_of_a_forgotten_person_go_and_the_facts_stay(engine: Engine) -> None:
    """Of a stored dispatch its message stays without words. The log names the complaint."""
    complaint = complaint_of(1, WORDS)
    dispatch = dispatch_of(complaint)
    with write_transaction(engine) as connection:
        store_facts(connection, [fact(1), dispatch_fact(dispatch, NOW)])
    with write_transaction(engine) as connection:
        assert blank_stored_words(connection, [complaint.id]) == 2
        log_forgotten(connection, [complaint.id], NOW + timedelta(days=1))
    with read_transaction(engine) as connection:
        rows = connection.execute(select(CaseWords.__table__)).all()  # type: ignore[attr-defined]
        assert len(connection.execute(select(col(DispatchFact.id))).all()) == 1
    assert "Sari" not in str(rows)
    (document,) = [row for row in rows if row.document]
    assert decode_stored(Dispatch, document.shape_version, document.document).report.text == FORGOTTEN_TEXT
    assert positions(engine)[-1] == (3, "forgotten", complaint.id)
