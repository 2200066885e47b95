"""Recommendations in the desk's read model: whom they are of, who is told, and what programs read again."""

import random

from config.database import read_transaction
from desk.changes import CaseChange
from desk.read_model.change_order import read_changes
from desk.read_model.queries import CaseFilter, read_page
from desk.read_model.recommendations.case_recommendations import count_waiting, waiting_numbers
from desk.units.tiers import Tier
from messages.shapes import Dispatch
from tests.conftest import NOW
from tests.desk.harness import DeskHarness, empty_read_model, make_sink, stored_rows
from tests.desk.read_model.test_derivation import HEALTH, PLN, answer
from tests.router.test_linked import complaint_of
from tests.support.recommendations import answer_to, message_of, recommendation


def told(changes: list[CaseChange]) -> list[tuple[str, str]]:
    """Return number and agency of each recommendation that an agency is told of, once for each id."""
    by_id = {change.id: (change.number, change.agency) for change in changes if change.kind == "recommended"}
    return list(by_id.values())


def last_number(desk: DeskHarness, agency: str) -> int:
    """Return the number of the agency's last change."""
    with read_transaction(desk.engine) as connection:
        return read_changes(connection, Tier(agency), 0, 100).last_seq or 0


def transferred(desk: DeskHarness) -> tuple[Dispatch, Dispatch]:
    """Return the dispatches of a case with a recommendation that its first agency refused."""
    (first,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.read(message_of(recommendation(first)))
    (second,) = desk.answer(answer(first, "refused", PLN))
    return first, second


def test_each_agency_is_told_of_a_recommendation_once(desk: DeskHarness) -> None:
    """When it comes, and when the case comes to the next agency; nobody is told of one that is answered."""
    transferred(desk)
    assert told(desk.changes) == [("NOMOR1", HEALTH), ("NOMOR1", PLN)]
    (other,) = desk.send(complaint_of(2, "Kemenkes, obat habis"))
    recommended = recommendation(other)
    desk.read(message_of(answer_to(recommended)))
    desk.read(message_of(recommended))
    assert len(told(desk.changes)) == 2
    changes: list[CaseChange] = []
    make_sink(desk.engine, changes).handle(desk.records)
    assert told(changes) == []


def test_a_program_reads_the_case_again(desk: DeskHarness) -> None:
    """After a recommendation and after its answer."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    numbers = [last_number(desk, HEALTH)]
    recommended = recommendation(dispatch)
    for record in (recommended, answer_to(recommended)):
        desk.read(message_of(record))
        numbers.append(last_number(desk, HEALTH))
    assert numbers == sorted(set(numbers))


def test_the_filter_has_the_cases_that_owe_an_answer(desk: DeskHarness) -> None:
    """Only those that the agency has now, with the number of recommendations that wait."""
    first, second = transferred(desk)
    (other,) = desk.send(complaint_of(2, "PLN, tiang miring"))
    desk.read(message_of(recommendation(second, "Periksa ulang.")))
    with read_transaction(desk.engine) as connection:
        counts = {
            agency: count_waiting(connection, agency, {first.complaint_id, other.complaint_id})
            for agency in (HEALTH, PLN)
        }
        assert counts == {HEALTH: {}, PLN: {first.complaint_id: 2}}
        chosen = CaseFilter("new", recommended=True)
        assert [row.tracking for row in read_page(connection, Tier(PLN), chosen, NOW, 9).rows] == ["NOMOR1"]
        assert read_page(connection, Tier(HEALTH), CaseFilter("done", recommended=True), NOW, 9).rows == []
        assert [list(waiting_numbers(connection, Tier(agency), 5)) for agency in (HEALTH, PLN)] == [[], ["NOMOR1"]]


def test_a_rebuild_in_any_order_gives_the_same_rows(desk: DeskHarness) -> None:
    """Recommendations and answers are facts like all others."""
    first, _ = transferred(desk)
    desk.read(message_of(answer_to(recommendation(first))))
    expected = stored_rows(desk.engine)
    for seed in range(2):
        empty_read_model(desk.engine)
        records = [*desk.records, *desk.records]
        random.Random(seed).shuffle(records)  # noqa: S311 - an order, no secret
        for record in records:
            make_sink(desk.engine).handle([record])
        assert stored_rows(desk.engine) == expected
