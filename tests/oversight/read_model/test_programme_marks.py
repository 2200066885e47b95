"""To which priority programmes a report belongs, and by which evidence; a changed table applies to old reports."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from config.database import read_transaction
from config.reference.programmes import ProgrammeTable, load_programmes
from oversight.figures.counts import Scope, jakarta_day
from oversight.read_model.case_row import tables_version
from oversight.read_model.day_counts import needs_rebuild, read_counts
from oversight.read_model.programme_marks import ProgrammeMark, find_marks, marked_programmes, read_marks, write_marks
from oversight.read_model.rebuild import rebuild
from tests.conftest import NOW
from tests.oversight.harness import OversightHarness
from tests.router.test_linked import complaint_of
from tests.support.deadlines import DEADLINES
from tests.support.programmes import PROGRAMMES

DAY = date(2026, 1, 15)
GIZI = ProgrammeMark("gizi", "word", "gizi:menu-gizi")
SEHAT_WORD = ProgrammeMark("sehat", "word", "sehat:cek-gratis")
SEHAT_TOPIC = ProgrammeMark("sehat", "topic", "kesehatan")
STUNTING = ProgrammeMark("stunting", "word", "stunting:stunting")


@pytest.mark.parametrize(
    ("day", "topic", "agency", "codes", "marks"),
    [
        (DAY, "jalan", "bumn-pln", {"gizi:menu-gizi"}, [GIZI]),
        (DAY, "kesehatan", "kota-3374", {"gizi:menu-gizi", "sehat:cek-gratis"}, [GIZI, SEHAT_WORD, SEHAT_TOPIC]),
        (DAY, "kesehatan", "kementerian-kemenkes", set(), [SEHAT_TOPIC]),
        (DAY, "kesehatan", "kementerian-kemensos", {"sehat:cek-gratis"}, []),
        (date(2025, 8, 31), "kesehatan", "kota-3374", set(), []),
        (date(2025, 9, 1), "kesehatan", "kota-3374", set(), [SEHAT_TOPIC]),
        (date(2026, 4, 30), "kesehatan", "kota-3374", set(), [SEHAT_TOPIC]),
        (date(2026, 5, 1), "kesehatan", "kota-3374", set(), []),
        (DAY, "", "kota-3374", {"gizi:kata-lama", "lain:menu-gizi", ""}, []),
    ],
)
def test_marks_need_evidence_and_day_and_institution(
    day: date, topic: str, agency: str, codes: set[str], marks: list[ProgrammeMark]
) -> None:
    """A report may belong to several programmes; a code that the table does not have marks nothing."""
    found = find_marks(PROGRAMMES, day, topic, {"triage", agency}, codes)
    assert found == marks
    assert read_marks(write_marks(found)) == marks
    assert marked_programmes(write_marks(found)) == list(dict.fromkeys(mark.programme for mark in marks))


def test_a_changed_table_applies_to_old_reports_after_a_rebuild(engine: Engine) -> None:
    """The codes of words stay in the facts. Rows of another table ask for a rebuild, and counts follow."""
    oversight, shipped = OversightHarness(engine, NOW - timedelta(days=3)), load_programmes()
    oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup, anak stunting tidak diurus"))
    oversight.send(complaint_of(2, "Kemenkes, puskesmas tutup"))
    assert (oversight.row(1).programmes, oversight.row(2).programmes) == ("", "")

    def reports_after(programmes: ProgrammeTable) -> int:
        with read_transaction(engine) as connection:
            assert needs_rebuild(connection, tables_version(DEADLINES, programmes))
        rebuild(engine, DEADLINES, programmes)
        with read_transaction(engine) as connection:
            assert not needs_rebuild(connection, tables_version(DEADLINES, programmes))
            return read_counts(connection, Scope("programme", "stunting")).total("received")

    assert reports_after(shipped) == 1
    assert read_marks(oversight.row(1).programmes) == [STUNTING]
    ended = [replace(row, ends=jakarta_day(NOW) - timedelta(days=10)) for row in shipped.rows]
    assert reports_after(ProgrammeTable(tuple(ended), "ended")) == 0
    assert oversight.row(1).programmes == ""


def test_a_report_keeps_its_programme_on_the_way(engine: Engine) -> None:
    """A refusal sends the codes on, and an institution that had the case still counts for the programme."""
    oversight, shipped = OversightHarness(engine, NOW - timedelta(days=3)), load_programmes()
    (first,) = oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup, anak stunting tidak diurus"))
    oversight.answer(first, "refused", "bumn-pln")
    only_first = [replace(row, institutions=frozenset({"kementerian-kemenkes"})) for row in shipped.rows]
    rebuild(engine, DEADLINES, ProgrammeTable(tuple(only_first), "first"))
    assert oversight.row(1).agency == "bumn-pln"
    assert read_marks(oversight.row(1).programmes) == [STUNTING]
