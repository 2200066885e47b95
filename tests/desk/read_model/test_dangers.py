"""A case that tells of danger to life stands before all others until its agency answers, and is told of at once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from bus.port import Outgoing
from config.database import read_transaction, write_transaction
from desk.changes import CaseChange
from desk.read_model.queries import TABS, CaseFilter, Cursor, ListTab, read_dangers, read_page, row_cursor
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier
from messages import codec
from messages.shapes import Complaint, Danger, Relation, Verdict
from messages.topics import CORRECTIONS
from tests.conftest import NOW
from tests.desk.harness import DeskHarness, empty_read_model, make_sink, stored_rows
from tests.desk.read_model.test_derivation import HEALTH, PLN, answer, rows
from tests.router.test_corrections import correction
from tests.router.test_linked import complaint_of, id_of
from tests.router.test_objections import Clock, act_of
from tests.support.generated_cases import generate_cases
from tests.support.records import at


def dangerous(number: int, text: str = "Kemenkes, ada kebakaran", danger: Danger = "fire", **of: Any) -> Complaint:
    """Return a complaint that tells of danger."""
    return complaint_of(number, text, **of).model_copy(update={"danger": danger})


def numbers(desk: DeskHarness, agency: str = HEALTH, **conditions: Any) -> list[str]:
    """Return the numbers of a list."""
    return [row.tracking for row in rows(desk, agency, **conditions)]


def told(desk: DeskHarness) -> list[tuple[str, str]]:
    """Return number and agency of the dangers of which agencies were told."""
    return [(change.number, change.agency) for change in desk.changes if change.kind == "danger"]


@pytest.fixture
def clock() -> Clock:
    """The time of router and desk."""
    return Clock()


@pytest.fixture
def desk(engine: Engine, clock: Clock) -> DeskHarness:
    """A router with the desk behind it."""
    return DeskHarness(engine, clock)


def test_a_danger_stands_first_until_it_is_answered(desk: DeskHarness, clock: Clock) -> None:
    """Its deadline is the last one of the list. A question is no answer: nobody has gone there yet."""
    for number in range(3):
        desk.send(complaint_of(number, "Kemenkes, puskesmas tutup"))
    clock.time = NOW + timedelta(days=3)
    (dispatch,) = desk.send(dangerous(9))
    assert rows(desk, HEALTH)[0].due_at > rows(desk, HEALTH)[1].due_at
    assert numbers(desk)[0] == "NOMOR9"
    assert told(desk) == [("NOMOR9", HEALTH)]
    desk.answer(answer(dispatch, "asked"), taken_at=clock.time)
    assert [row.danger_since for row in rows(desk, HEALTH, tab="waiting")] == [clock.time]
    desk.answer(answer(dispatch, "accepted"), taken_at=clock.time + timedelta(minutes=1))
    (accepted,) = rows(desk, HEALTH, tab="working")
    assert (accepted.danger, accepted.danger_since) == ("fire", None)
    assert told(desk) == [("NOMOR9", HEALTH)]


@pytest.mark.parametrize("verdict", ["accepted", "responded", "closed"])
def test_an_answer_ends_it(desk: DeskHarness, verdict: Verdict) -> None:
    """Also a closing."""
    (dispatch,) = desk.send(dangerous(1))
    desk.answer(answer(dispatch, verdict))
    with read_transaction(desk.engine) as connection:
        assert read_dangers(connection, Tier(HEALTH), 9) == []


def test_a_refusal_brings_the_danger_to_the_next_agency(desk: DeskHarness) -> None:
    """It is told of there, and stands there first."""
    (dispatch,) = desk.send(dangerous(1))
    desk.answer(answer(dispatch, "refused", PLN))
    assert told(desk) == [("NOMOR1", HEALTH), ("NOMOR1", PLN)]
    with read_transaction(desk.engine) as connection:
        assert read_dangers(connection, Tier(HEALTH), 9) == []
        assert [tuple(row) for row in read_dangers(connection, Tier(PLN), 9)] == [("NOMOR1", "fire")]


def test_a_reopened_case_is_told_again(desk: DeskHarness, clock: Clock) -> None:
    """The objection opens it at the same agency."""
    (dispatch,) = desk.send(dangerous(1))
    desk.answer(answer(dispatch, "closed"))
    clock.time = NOW + timedelta(days=1)
    desk.send(act_of(2, of=1, arrival=clock.time))
    assert [row.danger_since for row in rows(desk, HEALTH)] == [clock.time]
    assert told(desk) == [("NOMOR1", HEALTH)] * 2


@pytest.mark.parametrize("kind", ["repeat", "joins"])
def test_a_further_report_raises_its_case(desk: DeskHarness, clock: Clock, kind: Any) -> None:
    """Words that the sender adds, and the report of another citizen: also after the agency has accepted the case.

    More of them are not told while the first one waits.
    """
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, gedung puskesmas berasap"))
    desk.answer(answer(dispatch, "accepted"), taken_at=NOW + timedelta(minutes=1))
    for number in (2, 3):
        clock.time = NOW + timedelta(minutes=5 * number)
        desk.send(dangerous(number, "sekarang terbakar", of=1, kind=kind))
    (case,) = rows(desk, HEALTH, tab="working")
    assert (case.danger, case.danger_since) == ("fire", NOW + timedelta(minutes=10))
    assert told(desk) == [("NOMOR1", HEALTH)]
    desk.answer(answer(dispatch, "responded"), taken_at=NOW + timedelta(minutes=20))
    clock.time = NOW + timedelta(minutes=30)
    desk.send(dangerous(4, "menyala lagi", of=1, kind=kind))
    assert told(desk) == [("NOMOR1", HEALTH)] * 2


def test_a_replay_tells_nothing_new(desk: DeskHarness, clock: Clock) -> None:
    """Neither do the same records after the read model was emptied: ids are the same."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, gedung puskesmas berasap"))
    desk.send(dangerous(5))
    desk.answer(answer(dispatch, "accepted"), taken_at=NOW + timedelta(minutes=1))
    clock.time = NOW + timedelta(minutes=5)
    desk.send(dangerous(2, "sekarang terbakar", of=1))
    before = stored_rows(desk.engine)
    again: list[CaseChange] = []
    sink = make_sink(desk.engine, again)
    sink.handle(desk.records)
    assert again == []
    empty_read_model(desk.engine)
    for record in desk.records:
        sink.handle([record])
    assert stored_rows(desk.engine) == before
    ids = {change.id for change in desk.changes if change.kind == "danger"}
    assert len(ids) == len(told(desk)) == 2
    assert {change.id for change in again if change.kind == "danger"} == ids


@pytest.mark.parametrize("tab", TABS)
def test_pages_have_dangers_first_and_each_case_once(engine: Engine, tab: ListTab) -> None:
    """Whatever the size of a page: it may end among the dangers, between them and the others, or after them."""
    generate_cases(engine, (HEALTH,), 600, NOW)
    with write_transaction(engine) as connection:
        some = (col(DeskCase.joined) == 1, col(DeskCase.tab) != "done")
        connection.execute(update(DeskCase).where(*some).values(danger_since=NOW))
    with read_transaction(engine) as connection:
        whole = read_page(connection, Tier(HEALTH), CaseFilter(tab), NOW, 500)
        order = [(row.danger_since is None, row.due_at, row.dispatch_id) for row in whole.rows]
        dangers = sum(row.danger_since is not None for row in whole.rows)
        if tab == "done":
            assert dangers == 0
        else:
            assert order == sorted(order)
            assert 0 < dangers < len(order)
        for limit in {1, 2, max(dangers, 1), dangers + 1, 7}:
            assert paged(lambda after: read_page(connection, Tier(HEALTH), CaseFilter(tab), NOW, limit, after)) == [  # noqa: B023
                row.dispatch_id for row in whole.rows
            ]
        for row, following in zip(whole.rows, whole.rows[1:], strict=False):
            page = read_page(connection, Tier(HEALTH), CaseFilter(tab), NOW, 1, row_cursor(row, CaseFilter(tab)))
            assert [next_row.dispatch_id for next_row in page.rows] == [following.dispatch_id]


def paged(read: Any) -> Sequence[UUID]:
    """Return the ids of all pages."""
    ids: list[UUID] = []
    after: Cursor | None = None
    while True:
        page = read(after)
        ids += [row.dispatch_id for row in page.rows]
        after = page.next
        if after is None:
            return ids


def test_a_merge_brings_the_danger(desk: DeskHarness, clock: Clock) -> None:
    """The case that takes the other one in tells of its danger from then on."""
    desk.send(complaint_of(1, "Kemenkes, gedung puskesmas berasap"))
    desk.send(dangerous(2))
    clock.time = NOW + timedelta(minutes=5)
    merge = correction(2, Relation(kind="joins", of=id_of(1), evidence=("person",)))
    desk.router.offset += 1
    desk.follow(at(Outgoing(CORRECTIONS, *codec.encode(merge, str(merge.complaint_id), "/test")), desk.router.offset))
    assert [(row.tracking, row.danger) for row in rows(desk, HEALTH)] == [("NOMOR1", "fire")]
    assert told(desk) == [("NOMOR2", HEALTH), ("NOMOR1", HEALTH)]
