"""Deadlines of recommendations on the topic `oversight`: each once, for the institution that has the report now."""

import random
from datetime import timedelta

from oversight.notices.tables import OversightClock
from tests.conftest import NOW
from tests.oversight.harness import READ_MODEL, make_sink
from tests.oversight.notices.test_deadlines import Watch, day, watch
from tests.router.test_linked import complaint_of
from tests.support.recommendations import answer_to, message_of, recommendation
from tests.support.records import at

__all__ = ("watch",)
HEALTH, PLN = "kementerian-kemenkes", "bumn-pln"


def read(watch: Watch, *records: object) -> None:
    """Let oversight read recommendations and answers."""
    for number, record in enumerate(records):
        message = at(message_of(record), 5_000 + number + len(watch.oversight.records), watch.oversight.time)  # type: ignore[arg-type]
        watch.oversight.records.append(message)
        watch.oversight.sink.handle([message])


def told(watch: Watch, days: float) -> list[str]:
    """Return the events of recommendations that are told on a day."""
    return [event for _, event, clock in watch.tell(days) if clock == "recommendation"]


def test_a_recommendation_without_an_answer_is_told_of_four_times(watch: Watch) -> None:
    """Also for a closed case. The agency hears of each by a kind of its own, and once."""
    (dispatch,) = watch.oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    read(watch, recommendation(dispatch), recommendation(dispatch, "Periksa ulang."), recommendation(dispatch))
    watch.oversight.answer(dispatch, "closed")
    assert told(watch, 12.9) == []
    assert [told(watch, days) for days in (13, 14, 15, 28, 60)] == [
        ["due"] * 2,
        ["overdue"] * 2,
        [],
        ["twice-overdue"] * 2,
        ["three-times-overdue"] * 2,
    ]
    changes = watch.changes()
    kinds = [change.kind for change in changes]
    assert kinds == ["recommendation-due"] * 2 + ["recommendation-overdue"] * 6
    assert {change.agency for change in changes} == {HEALTH}


def test_an_answer_ends_its_own_clock_only(watch: Watch) -> None:
    """Also if it is read before the recommendation, or twice."""
    (dispatch,) = watch.oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    first, second = recommendation(dispatch), recommendation(dispatch, "Periksa ulang.")
    read(watch, answer_to(first), first, second, answer_to(first))
    assert told(watch, 16) == ["overdue"]
    read(watch, answer_to(second, "not-followed"))
    assert [clock for clock in watch.clocks() if "recommendation." in str(clock)] == []
    assert told(watch, 60) == []


def test_the_next_agency_has_a_period_of_its_own(watch: Watch) -> None:
    """After a transfer the clock begins anew with the stay; what the former agency was told is not told again."""
    (dispatch,) = watch.oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    read(watch, recommendation(dispatch))
    assert told(watch, 14) == ["overdue"]
    watch.oversight.time = day(15)
    watch.oversight.answer(dispatch, "refused", PLN)
    assert told(watch, 16) == []
    assert told(watch, 40) == ["overdue"]
    assert {clock[3] for clock in watch.clocks() if "recommendation." in str(clock)} == {PLN}


def test_the_order_of_records_and_a_rebuild_change_no_clock(watch: Watch) -> None:
    """Recommendations, answers, dispatches and arrivals in any order, twice."""
    (one,) = watch.oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    (two,) = watch.oversight.send(complaint_of(2, "Kemenkes, obat habis"))
    first, second = recommendation(one), recommendation(two, "Periksa ulang.")
    read(watch, first, second, answer_to(first))
    watch.oversight.answer(two, "refused", PLN)
    expected = watch.clocks()
    assert [clock for clock in expected if "recommendation." in str(clock)] != []
    for seed in range(3):
        watch.empty(*READ_MODEL)
        records = [*watch.oversight.records, *watch.oversight.records]
        random.Random(seed).shuffle(records)  # noqa: S311 - an order, no secret
        for start in range(0, len(records), 3):
            make_sink(watch.engine).handle(records[start : start + 3])
        assert watch.clocks() == expected
    watch.empty(OversightClock)
    make_sink(watch.engine).handle([at(message_of(recommendation(one, "Lagi.")), 9_000, NOW + timedelta(days=1))])
    assert len([clock for clock in watch.clocks() if "recommendation." in str(clock)]) == 1
