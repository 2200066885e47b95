"""The read model: one row for each case at each agency, whatever order the topics are read in."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from bus.port import Record
from config.database import read_transaction
from desk.read_model.case_view import read_case
from desk.read_model.queries import CaseFilter, count_tabs, read_page
from desk.units.tiers import Tier
from messages.shapes import Dispatch, Verdict
from messages.topics import TRIAGE
from tests.conftest import NOW
from tests.desk.harness import DeskHarness, empty_read_model, make_sink, stored_rows
from tests.router.test_linked import complaint_of
from tests.sinks.ledger.test_status import counted
from tests.support.agency_answers import signed, unsigned_answer

HEALTH, PLN = "kementerian-kemenkes", "bumn-pln"


def answer(dispatch: Dispatch, verdict: Verdict, suggested: str | None = None, text: str = "Alasan.") -> Any:
    """Return a signed answer."""
    return signed(unsigned_answer(dispatch, verdict, suggested, text=text))


def rows(desk: DeskHarness, agency: str, **conditions: Any) -> list[Any]:
    """Return the rows of a list."""
    with read_transaction(desk.engine) as connection:
        return list(read_page(connection, Tier(agency), CaseFilter(**conditions), NOW, 50).rows)


def test_a_dispatch_is_a_new_case(desk: DeskHarness) -> None:
    """It stands in the list of its agency, and in no other."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    (case,) = rows(desk, HEALTH)
    assert (case.tracking, case.state, case.version, case.excerpt) == (
        "NOMOR1",
        "terdisposisi",
        0,
        "Kemenkes, puskesmas tutup",
    )
    assert rows(desk, PLN) == []
    assert [change.kind for change in desk.changes] == ["received"]


@pytest.mark.parametrize(
    ("verdicts", "tab", "state"),
    [
        (["accepted"], "working", "proses"),
        (["asked"], "waiting", "tunda"),
        (["asked", "responded"], "working", "proses"),
        (["accepted", "closed"], "done", "selesai"),
    ],
)
def test_answers_move_a_case_between_tabs(desk: DeskHarness, verdicts: list[Verdict], tab: Any, state: str) -> None:
    """The state follows from the table of verdicts."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    for verdict in verdicts:
        desk.answer(answer(dispatch, verdict))
    (case,) = rows(desk, HEALTH, tab=tab)
    assert (case.state, case.version) == (state, len(verdicts))
    with read_transaction(desk.engine) as connection:
        assert sum(count_tabs(connection, Tier(HEALTH), NOW).values()) == 1


def test_a_refusal_moves_the_case(desk: DeskHarness) -> None:
    """The former agency sees it among the finished ones, the next one as new, with the refusal counted."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.answer(answer(dispatch, "refused", PLN))
    (former,) = rows(desk, HEALTH, tab="done")
    (new,) = rows(desk, PLN)
    assert (former.state, former.is_current) == ("ditolak", False)
    assert (new.refusals, new.hop, new.is_current) == (1, 1, True)
    assert rows(desk, PLN, refused=True) == [new]
    assert [(change.kind, change.agency) for change in desk.changes] == [
        ("received", HEALTH),
        ("received", PLN),
        ("answered", HEALTH),
        ("moved", HEALTH),
    ]


def test_a_forged_answer_is_left_out(desk: DeskHarness) -> None:
    """It changes nothing, and is no dead letter of the desk: the router has made one of it."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    forged = unsigned_answer(dispatch, "closed")
    record = desk.router.answer_record(dispatch, "closed")
    value = forged.model_dump_json().encode()
    desk.sink.handle([Record(record.topic, 0, 99, record.timestamp, record.key, value, record.headers)])
    assert [case.state for case in rows(desk, HEALTH)] == ["terdisposisi"]


def test_what_the_sender_adds_ends_the_wait(desk: DeskHarness) -> None:
    """The case is worked on again, its deadline is later by the time of the wait, and the agency is told."""
    times = [NOW]
    desk = DeskHarness(desk.engine, lambda: times[-1])
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.answer(answer(dispatch, "asked", text="Puskesmas mana?"), taken_at=NOW + timedelta(hours=1))
    (waiting,) = rows(desk, HEALTH, tab="waiting")
    assert waiting.clock_stopped
    times.append(NOW + timedelta(hours=4))
    desk.send(complaint_of(2, "Puskesmas Mawar", of=1))
    (case,) = rows(desk, HEALTH, tab="working")
    assert (case.state, case.version, case.clock_stopped) == ("proses", 2, False)
    assert case.due_at == dispatch.due_at + timedelta(hours=3)
    assert desk.changes[-1].kind == "citizen-wrote"


def test_joined_reports_are_counted_and_folded(desk: DeskHarness) -> None:
    """Other citizens stand behind the case; a message of its own sender comes first."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    for number in (2, 3):
        desk.send(complaint_of(number, "saya juga", of=1, kind="joins"))
    desk.send(complaint_of(4, "masih tutup", of=1))
    (case,) = rows(desk, HEALTH, joined=2)
    assert case.joined == 2
    assert rows(desk, HEALTH, joined=3) == []
    with read_transaction(desk.engine) as connection:
        view = read_case(connection, Tier(HEALTH), "NOMOR1")
        assert view is not None
        assert [report.tracking for report in view.reports] == ["NOMOR4", "NOMOR2", "NOMOR3"]
        assert view.report_count == 3
        # The number of a joined report leads to its case.
        joined_view = read_case(connection, Tier(HEALTH), "NOMOR3")
        assert joined_view is not None
        assert joined_view.case.tracking == "NOMOR1"


def test_a_case_shows_its_course(desk: DeskHarness) -> None:
    """Each agency that had it, its reasons, and its answers."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.answer(answer(dispatch, "refused", PLN, "bukan urusan kami"))
    with read_transaction(desk.engine) as connection:
        view = read_case(connection, Tier(PLN), "NOMOR1")
    assert view is not None
    assert [(event.kind, event.agency) for event in view.events] == [
        ("dispatched", HEALTH),
        ("refused", HEALTH),
        ("dispatched", PLN),
    ]
    assert [item.agency for item in view.history] == [HEALTH, PLN]


def test_another_agency_reads_nothing(desk: DeskHarness) -> None:
    """Neither a list, a case nor a search of an agency has a case of another one."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    with read_transaction(desk.engine) as connection:
        assert read_case(connection, Tier(PLN), "NOMOR1") is None
    assert rows(desk, PLN, words="puskesmas") == []
    assert len(rows(desk, HEALTH, words="puskesmas")) == 1


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("puskesmas", 1),
        ("PUSK", 1),
        ("tutup puskesmas", 1),
        ("rumah", 0),
        ("", 1),
        ("'\" & | ! :* ()", 1),
        ("x" * 500, 0),
    ],
)
def test_words_are_searched(desk: DeskHarness, words: str, count: int) -> None:
    """All words must occur, the last one as a beginning; signs of the query language have no meaning."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    assert len(rows(desk, HEALTH, words=words)) == count


def test_pages_follow_each_other(desk: DeskHarness) -> None:
    """No case is on two pages, and none is missing."""
    for number in range(7):
        desk.send(complaint_of(number, "Kemenkes tolong"))
    numbers, after = [], None
    with read_transaction(desk.engine) as connection:
        while True:
            page = read_page(connection, Tier(HEALTH), CaseFilter(), NOW, 3, after)
            numbers += [case.tracking for case in page.rows]
            after = page.next
            if after is None:
                break
    assert sorted(numbers) == [f"NOMOR{number}" for number in range(7)]


def test_an_assignment_from_triage_is_no_transfer(desk: DeskHarness) -> None:
    """Only a change from one institution to another counts."""
    (at_triage,) = desk.send(complaint_of(1, "tolong"))
    (assigned,) = desk.answer(answer(at_triage, "refused", HEALTH))
    (at_triage,) = desk.answer(answer(assigned, "refused"))
    desk.answer(answer(at_triage, "refused", PLN))
    (first,), (last,) = rows(desk, HEALTH, tab="done"), rows(desk, PLN)
    assert [(case.hop, case.transfers) for case in (first, last)] == [(1, 0), (3, 1)]


def eventful_course(desk: DeskHarness) -> None:
    """Let a few cases go through everything that changes a row."""
    (first,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.send(complaint_of(2, "saya juga", of=1, kind="joins"))
    desk.answer(answer(first, "asked", text="Di mana?"), taken_at=NOW - timedelta(hours=5))
    desk.send(complaint_of(3, "di Kota Semarang", of=1))
    moved = desk.answer(answer(first, "refused", PLN))
    desk.answer(answer(first, "closed"), taken_at=NOW + timedelta(hours=1))
    (second,) = desk.send(complaint_of(4, "tolong"))
    assert second.agency == TRIAGE
    desk.answer(answer(second, "refused", HEALTH))
    case = next(item for item in moved if item.own_case)
    desk.answer(answer(case, "accepted"), taken_at=NOW + timedelta(hours=2))
    desk.answer(answer(case, "closed"), taken_at=NOW + timedelta(hours=3))


def shuffled_batches(records: Sequence[Record], seed: int) -> Sequence[Sequence[Record]]:
    """Return the records in batches, each partition in its order, the partitions mixed."""
    chooser = random.Random(seed)  # noqa: S311 - examples
    queues: dict[str, list[Record]] = {}
    for record in records:
        queues.setdefault(record.topic, []).append(record)
    mixed = []
    while queues:
        topic = chooser.choice(sorted(queues))
        mixed.append(queues[topic].pop(0))
        if not queues[topic]:
            del queues[topic]
    size = chooser.randint(1, 4)
    return [mixed[start : start + size] for start in range(0, len(mixed), size)]


@pytest.mark.parametrize("seed", range(6))
def test_a_rebuilt_read_model_is_equal(desk: DeskHarness, seed: int) -> None:
    """The topics are read in another order and in other batches, some twice: every row is the same."""
    eventful_course(desk)
    expected = stored_rows(desk.engine)
    assert {name for name, table_rows in expected.items() if table_rows} >= {"desk_case", "desk_accompanying"}
    empty_read_model(desk.engine)
    sink = make_sink(desk.engine)
    for batch in shuffled_batches(desk.records, seed):
        sink.handle(batch)
        sink.handle(batch[:1])
    assert stored_rows(desk.engine) == expected
    assert len(rows(desk, PLN, tab="done", words="puskesmas")) == 1


def test_a_batch_of_reports_executes_few_statements(desk: DeskHarness) -> None:
    """As many for six as for one; `BEGIN` and a lock are not counted. No report has a recommendation."""
    for number in range(7):
        desk.send(complaint_of(number, f"Kemenkes, puskesmas {number} tutup"))
    empty_read_model(desk.engine)
    sink, counts = make_sink(desk.engine), []
    # The first batch stores the position. A complaint and its dispatch are two records.
    sink.handle(desk.records[:2])
    for batch in (desk.records[2:4], desk.records[4:]):
        with counted(desk.engine) as statements:
            sink.handle(batch)
        counts.append(len([item for item in statements if not item.startswith("BEGIN") and "_lock(" not in item]))
    assert counts == [22, 22]


def test_a_record_that_cannot_be_read_is_rejected(engine: Engine) -> None:
    """It becomes a dead letter of the desk."""
    sink = make_sink(engine)
    with pytest.raises(Exception, match="unexpected_type"):
        sink.handle([Record("complaints", 0, 0, 0, b"k", b"{}", ())])
