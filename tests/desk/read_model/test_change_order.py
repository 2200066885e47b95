"""Changes of cases are numbered in the order of commits: a program that continues from a number misses none."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from config.database import read_transaction, write_transaction
from desk.read_model.change_order import ChangedCases, number_changes, read_changes
from desk.read_model.tables import DeskCaseChange
from desk.units.tiers import Tier
from messages.shapes import Dispatch, Verdict
from tests.conftest import NOW
from tests.desk.harness import DeskHarness, complaint_message, empty_read_model, make_sink
from tests.router.test_linked import complaint_of, id_of
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.records import at

HEALTH, PLN = "kementerian-kemenkes", "bumn-pln"


def changes(engine: Engine, after: int = 0, limit: int = 50, states: tuple[str, ...] = ()) -> ChangedCases:
    """Return the changes of one agency."""
    with read_transaction(engine) as connection:
        return read_changes(connection, Tier(HEALTH), after, limit, states)


def numbers(page: ChangedCases) -> list[str]:
    """Return the tracking numbers of a page."""
    return [row.tracking for row in page.rows]


def answer(desk: DeskHarness, dispatch: Dispatch, verdict: Verdict) -> None:
    """Let the agency answer."""
    desk.answer(signed(unsigned_answer(dispatch, verdict, PLN if verdict == "refused" else None, text="Alasan.")))


def test_each_change_comes_after_those_before(desk: DeskHarness) -> None:
    """A case is listed once, as it is now, at the place of its last change."""
    first, second, _third = [desk.send(complaint_of(number, f"Kemenkes, rusak {number}"))[0] for number in (1, 2, 3)]
    page = changes(desk.engine)
    assert (numbers(page), page.last_seq) == (["NOMOR1", "NOMOR2", "NOMOR3"], 3)
    answer(desk, second, "accepted")
    answer(desk, first, "refused")
    page = changes(desk.engine, after=3)
    assert [(row.tracking, row.state) for row in page.rows] == [("NOMOR2", "proses"), ("NOMOR1", "ditolak")]
    assert numbers(changes(desk.engine)) == ["NOMOR3", "NOMOR2", "NOMOR1"]
    assert changes(desk.engine, after=5) == ChangedCases((), None)


def test_what_citizens_add_is_a_change(desk: DeskHarness) -> None:
    """A join and a further message bring the case again; what changes nothing does not."""
    (first,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.send(complaint_of(2, "saya juga", of=1, kind="joins"))
    page = changes(desk.engine, after=1)
    assert [(row.tracking, row.joined) for row in page.rows] == [("NOMOR1", 1)]
    desk.send(complaint_of(3, "di Kota Semarang", of=1))
    page = changes(desk.engine, after=page.last_seq or 0)
    assert [(row.tracking, row.version) for row in page.rows] == [("NOMOR1", 1)]
    answer(desk, first, "refused")
    last = changes(desk.engine).last_seq or 0
    desk.sink.handle(desk.records)
    assert changes(desk.engine, after=last).rows == ()


def test_what_another_agency_does_is_no_change(desk: DeskHarness) -> None:
    """After a case has left, its former agency learns nothing of the work on it."""
    (first,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    (moved,) = desk.answer(signed(unsigned_answer(first, "refused", PLN, text="Alasan.")))
    last = changes(desk.engine).last_seq or 0
    answer(desk, moved, "accepted")
    assert changes(desk.engine, after=last).rows == ()
    with read_transaction(desk.engine) as connection:
        (row,) = read_changes(connection, Tier(PLN), 0, 50).rows
    assert (row.state, row.version) == ("proses", 1)


def test_pages_reach_every_case(desk: DeskHarness) -> None:
    """Small pages with and without a state give what one large page gives."""
    sent = [desk.send(complaint_of(number, f"Kemenkes, rusak {number}"))[0] for number in range(7)]
    for dispatch in sent[::2]:
        answer(desk, dispatch, "accepted")
    states: tuple[str, ...]
    for states in ((), ("proses",), ("terdisposisi", "selesai")):
        collected: list[str] = []
        position: int | None = 0
        while position is not None:
            page = changes(desk.engine, position, 2, states)
            collected += numbers(page)
            position = page.last_seq
        assert collected == numbers(changes(desk.engine, states=states))
        assert len(collected) == {0: 7, 1: 4, 2: 3}[len(states)]


def test_a_late_arrival_time_is_a_change(desk: DeskHarness) -> None:
    """The complaint may be read after its dispatch: then the case comes again, with the time of arrival."""
    complaint = complaint_of(1, "Kemenkes, puskesmas tutup")
    record = desk.router.complaint_record(complaint)
    (queued,) = [output for output in desk.router.route_record(record) if output.topic.startswith("agency-")]
    desk.sink.handle([at(queued, 1)])
    page = changes(desk.engine)
    assert [row.received_at for row in page.rows] == [None]
    desk.sink.handle([at(complaint_message(complaint), 2)])
    page = changes(desk.engine, after=page.last_seq or 0)
    assert [row.received_at for row in page.rows] == [NOW]


def test_a_rebuild_brings_every_case_again(desk: DeskHarness) -> None:
    """The numbers go on: a program that waits at its last number misses nothing."""
    for number in (1, 2):
        desk.send(complaint_of(number, f"Kemenkes, rusak {number}"))
    empty_read_model(desk.engine)
    assert numbers(changes(desk.engine)) == []
    sink = make_sink(desk.engine)
    for record in desk.records:
        sink.handle([record])
    assert sorted(numbers(changes(desk.engine, after=2))) == ["NOMOR1", "NOMOR2"]


def test_a_number_that_was_never_reached(desk: DeskHarness) -> None:
    """After the database was restored the list begins again: no change may be missed."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    assert numbers(changes(desk.engine, after=10**12)) == ["NOMOR1"]


@pytest.mark.slow
def test_numbers_are_committed_in_their_order(engine: Engine) -> None:
    """Of transactions at one time, a reader that sees a number sees every lower one; each agency counts alone."""
    ids = [id_of(number) for number in range(60)]

    def number_one(index: int) -> None:
        with write_transaction(engine) as connection:
            number_changes(connection, {ids[index]: HEALTH if index % 3 else PLN})

    def stored() -> list[int]:
        with read_transaction(engine) as connection:
            rows = connection.execute(DeskCaseChange.__table__.select()).all()  # type: ignore[attr-defined]
        return sorted(row.seq for row in rows if row.agency == HEALTH)

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(number_one, index) for index in range(len(ids))]
        while not all(future.done() for future in futures):
            committed = stored()
            assert committed == list(range(1, len(committed) + 1))
        for future in futures:
            future.result()
    assert stored() == list(range(1, 41))


def test_times_have_no_part(desk: DeskHarness) -> None:
    """A case that is committed late with an earlier time comes last."""
    complaint = complaint_of(1, "Kemenkes, puskesmas tutup")
    desk.send(complaint)
    desk.send(complaint_of(2, "Kemenkes, rusak").model_copy(update={"at": NOW - timedelta(days=2)}))
    assert numbers(changes(desk.engine, after=1)) == ["NOMOR2"]
