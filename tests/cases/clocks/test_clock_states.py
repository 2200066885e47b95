"""States of the clocks of one case: what begins, ends, stops, renews and merges them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cases.clocks import case_events, clock_table
from cases.clocks.case_events import CaseEvent, CaseHistory
from cases.clocks.clock_runs import clock_runs
from cases.clocks.clock_states import ClockState, clock_states
from cases.clocks.clock_table import ClockTable
from cases.clocks.deadlines import Deadlines, load_deadlines
from messages import shapes, topics

DEADLINES = load_deadlines()
# Monday 2 November 2026, 10:00 in Jakarta. November has no holidays.
MONDAY = datetime(2026, 11, 2, 3, tzinfo=UTC)
BREBES, SEMARANG = "kabupaten-3329", "kota-3374"
LATER = datetime(2027, 6, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    """Return the moment so many days after the Monday."""
    return MONDAY + timedelta(days=number)


RECEIVED = CaseEvent(day(0), "received")
FIRST = CaseEvent(day(0), "dispatched", 0, BREBES)


def states_of(*events: CaseEvent, now: datetime, members: tuple[CaseHistory, ...] = ()) -> Sequence[ClockState]:
    """Return the clocks of a case with these events."""
    return clock_states(CaseHistory(events, "pengaduan", "jalan", members), DEADLINES, now)


def request_due_at(*events: CaseEvent, now: datetime, members: tuple[CaseHistory, ...] = ()) -> list[datetime]:
    """Return the deadlines for the answers to a request for information, which may be extended by seven days."""
    case = CaseHistory(events, "permintaan-informasi", "jalan", members)
    return [state.due_at for state in clock_states(case, DEADLINES, now) if state.clock == "first_answer"]


def extension(at: datetime, days: int, hop: int = 0) -> CaseEvent:
    """Return the extension of a deadline."""
    return CaseEvent(at, "extended", hop, extension_days=days)


def named(states: Sequence[ClockState], clock: str) -> list[tuple[str, int, int]]:
    """Return state, hop and times overdue of each clock of a name."""
    return [(state.state, state.run.hop, state.times_overdue(DEADLINES)) for state in states if state.clock == clock]


def test_an_answer_in_time_meets_the_clock_and_a_late_one_misses_it() -> None:
    """The deadline itself is in time."""
    for answered_at, state in ((day(7), "met"), (day(7) + timedelta(seconds=1), "missed")):
        states = states_of(RECEIVED, FIRST, CaseEvent(answered_at, "responded"), now=LATER)
        assert named(states, "first_answer")[0][0] == state


def test_a_case_without_an_answer_is_overdue_once_then_three_times() -> None:
    """Three times overdue is three periods after the beginning."""
    moments = [day(6), day(8), day(15), day(22)]
    all_states = [states_of(RECEIVED, FIRST, now=now) for now in moments]
    assert [named(states, "first_answer") for states in all_states] == [
        [("running", 0, 0)],
        [("missed", 0, 1)],
        [("missed", 0, 2)],
        [("missed", 0, 3)],
    ]


def test_verifying_ends_when_the_report_is_forwarded_and_begins_anew_when_it_comes_back() -> None:
    """Triage has three working days each time."""
    events = (
        RECEIVED,
        CaseEvent(day(0.1), "dispatched", 0, "triage"),
        CaseEvent(day(4), "dispatched", 1, BREBES),
        CaseEvent(day(8), "refused", 1),
        CaseEvent(day(8), "dispatched", 2, "triage"),
    )
    assert named(states_of(*events, now=day(9)), "verify") == [("missed", 0, 1), ("running", 2, 0)]
    assert named(states_of(*events, now=day(9)), "first_answer") == [("dropped", 1, 0)]


def test_the_clock_stands_while_the_sender_is_asked() -> None:
    """A day of waiting moves the deadline by a day; a weekend of waiting by nothing; an open question stops it."""
    asked = CaseEvent(day(1), "asked")
    assert named(states_of(RECEIVED, FIRST, asked, now=day(100)), "first_answer") == [("paused", 0, 0)]
    assert named(states_of(RECEIVED, FIRST, asked, now=day(100)), "resolve") == [("paused", 0, 0)]
    wrote = CaseEvent(day(2), "wrote")
    assert states_of(RECEIVED, FIRST, asked, wrote, now=day(3))[1].due_at == day(8)
    weekend = (CaseEvent(day(4.7), "asked"), CaseEvent(day(6.3), "wrote"))
    assert states_of(RECEIVED, FIRST, *weekend, now=day(6.5))[1].due_at == day(7)
    too_late = (CaseEvent(day(8), "asked"), CaseEvent(day(20), "wrote"))
    assert states_of(RECEIVED, FIRST, *too_late, now=day(21))[1].due_at == day(7)


def test_an_extension_moves_the_deadline_by_its_working_days() -> None:
    """The deadline of Monday: seven working days later is Wednesday of the next week. Nothing else moves."""
    assert request_due_at(RECEIVED, FIRST, extension(day(7), 7), now=day(8)) == [day(16)]
    case = CaseHistory((RECEIVED, FIRST, extension(day(2), 3)), "permintaan-informasi", "jalan")
    states = {state.clock: state for state in clock_states(case, DEADLINES, day(30))}
    assert (states["first_answer"].due_at, states["first_answer"].state) == (day(10), "missed")
    assert states["first_answer"].last_day_at(DEADLINES) == day(9)
    assert states["resolve"].due_at == day(18)
    answered = replace(case, events=(*case.events, CaseEvent(day(10), "responded")))
    assert [state.state for state in clock_states(answered, DEADLINES, LATER) if state.clock == "first_answer"] == [
        "met"
    ]


@pytest.mark.parametrize(
    "extensions",
    [
        (extension(day(7) + timedelta(seconds=1), 7),),
        (extension(day(1), 8),),
        (extension(day(1), 0),),
        (extension(day(-1), 7),),
        (CaseEvent(day(1), "responded"), extension(day(2), 7)),
    ],
    ids=["late", "too-long", "no-days", "before-the-dispatch", "answered"],
)
def test_an_extension_that_the_row_does_not_allow_moves_nothing(extensions: tuple[CaseEvent, ...]) -> None:
    """The deadline stays, whatever came."""
    assert request_due_at(RECEIVED, FIRST, *extensions, now=day(10)) == [day(7)]


def test_a_complaint_has_no_extension() -> None:
    """Its row allows none."""
    assert states_of(RECEIVED, FIRST, extension(day(1), 1), now=day(2))[1].due_at == day(7)


def test_a_case_has_one_extension() -> None:
    """A second one moves nothing, also at the next agency; of two at one moment the shorter one counts."""
    assert request_due_at(RECEIVED, FIRST, extension(day(1), 2), extension(day(2), 7), now=day(3)) == [day(9)]
    transfer = (CaseEvent(day(3), "refused"), CaseEvent(day(3), "dispatched", 1, SEMARANG))
    events = (RECEIVED, FIRST, extension(day(1), 2), *transfer, extension(day(4), 7, 1))
    assert request_due_at(*events, now=day(5)) == [day(9), day(10)]
    for at_once in ((extension(day(1), 2), extension(day(1), 4)), (extension(day(1), 4), extension(day(1), 2))):
        assert request_due_at(RECEIVED, FIRST, *at_once, now=day(3)) == [day(9)]


def test_an_extension_ends_no_wait_for_the_sender() -> None:
    """The clock stands on, and its waiting is added to the extended period."""
    asked, wrote = CaseEvent(day(1), "asked"), CaseEvent(day(3), "wrote")
    assert request_due_at(RECEIVED, FIRST, asked, extension(day(2), 7), wrote, now=day(4)) == [day(18)]
    assert request_due_at(RECEIVED, FIRST, asked, extension(day(7.5), 7), now=day(8)) == [day(14)]


def test_a_merge_keeps_an_extension_from_before_the_earlier_deadline() -> None:
    """The earliest beginning counts, with its own extension; a deadline that had passed then stays missed."""
    events = (
        CaseEvent(day(-4), "received"),
        CaseEvent(day(-4), "dispatched", 0, BREBES),
        CaseEvent(day(1), "joined", 1, BREBES),
    )
    member = CaseHistory(events, "permintaan-informasi", "jalan")
    due_at = request_due_at(RECEIVED, FIRST, now=day(2), members=(member,))
    assert due_at == [day(3)]
    assert request_due_at(RECEIVED, FIRST, extension(day(2), 7), now=day(3), members=(member,)) == [day(14)]
    assert request_due_at(RECEIVED, FIRST, extension(day(4), 7), now=day(5), members=(member,)) == [day(3)]
    extended = replace(member, events=(*events, extension(day(-1), 1)))
    assert request_due_at(RECEIVED, FIRST, extension(day(2), 7), now=day(5), members=(extended,)) == [day(4)]


def test_a_transfer_renews_the_answer_and_not_the_whole() -> None:
    """The next agency has its own five days; the citizen waits since the arrival."""
    transfer = (CaseEvent(day(3), "refused"), CaseEvent(day(3), "dispatched", 1, SEMARANG))
    states = states_of(RECEIVED, FIRST, *transfer, now=day(4))
    assert named(states, "first_answer") == [("dropped", 0, 0), ("running", 1, 0)]
    assert [state.due_at for state in states if state.run.is_open] == [day(10), day(18)]


def test_a_reopening_begins_the_clocks_of_the_agency_anew() -> None:
    """The objection ends the sender's clock in time."""
    closed, reopened = CaseEvent(day(2), "closed"), CaseEvent(day(9), "dispatched", 1, BREBES, is_reopening=True)
    states = states_of(RECEIVED, FIRST, closed, reopened, now=day(10))
    assert named(states, "objection") == [("met", 0, 0)]
    assert named(states, "first_answer") == [("met", 0, 0), ("running", 1, 0)]
    assert named(states, "resolve") == [("met", 0, 0), ("running", 1, 0)]
    assert named(states_of(RECEIVED, FIRST, closed, now=day(20)), "objection") == [("missed", 0, 1)]


def test_the_period_to_object_is_that_of_the_last_answer_in_the_zone_of_jakarta() -> None:
    """A second response gives the sender ten days again, also where the night in Jakarta is the next morning."""
    late_sunday = datetime(2026, 11, 8, 16, 30, tzinfo=UTC)
    papua = replace(FIRST, agency="provinsi-91")
    responses = (CaseEvent(day(1), "responded"), CaseEvent(late_sunday, "responded"))
    states = [state for state in states_of(RECEIVED, papua, *responses, now=day(7)) if state.clock == "objection"]
    assert [state.state for state in states] == ["dropped", "running"]
    assert states[1].due_at == datetime(2026, 11, 20, 16, 30, tzinfo=UTC)


def test_a_withdrawn_case_has_no_open_clock() -> None:
    """Nobody is reminded of it."""
    states = states_of(RECEIVED, FIRST, CaseEvent(day(1), "withdrawn"), now=LATER)
    assert {state.state for state in states if state.clock != "verify"} == {"dropped"}
    assert not any(state.run.is_open for state in states)


def test_a_merged_complaint_brings_its_earlier_beginning_and_takes_it_back_with_a_split() -> None:
    """The case counts from the earliest arrival and, at the same agency, from the earliest dispatch."""
    earlier_events = (
        CaseEvent(day(-3), "received"),
        CaseEvent(day(-3), "dispatched", 0, BREBES),
        CaseEvent(day(1), "joined", 1, BREBES),
    )
    earlier = CaseHistory(earlier_events, "pengaduan", "jalan")
    alone = states_of(RECEIVED, FIRST, now=day(2))
    merged = states_of(RECEIVED, FIRST, now=day(2), members=(earlier,))
    assert [state.run.started_at for state in alone] == [day(0)] * 3
    assert [state.run.started_at for state in merged if state.run.is_open] == [day(-3)] * 2
    assert not any(state.run.is_open for state in clock_states(earlier, DEADLINES, day(2)))
    elsewhere = replace(
        earlier, events=(earlier_events[0], replace(earlier_events[1], agency=SEMARANG), earlier_events[2])
    )
    at_other_agency = states_of(RECEIVED, FIRST, now=day(2), members=(elsewhere,))
    assert [state.run.started_at for state in at_other_agency if state.run.is_open] == [day(0), day(-3)]
    split = replace(earlier, events=(*earlier_events, CaseEvent(day(2), "dispatched", 2, BREBES)))
    after_split = [state for state in clock_states(split, DEADLINES, day(3)) if state.run.is_open]
    assert [(state.clock, state.run.started_at) for state in after_split] == [
        ("first_answer", day(-3)),
        ("resolve", day(-3)),
    ]


def test_a_member_from_before_a_reopening_does_not_move_the_new_clock() -> None:
    """It came to the case as it was before."""
    earlier = CaseHistory((CaseEvent(day(-3), "received"), CaseEvent(day(1), "joined", 0, BREBES)), "pengaduan")
    events = (
        RECEIVED,
        FIRST,
        CaseEvent(day(2), "closed"),
        CaseEvent(day(9), "dispatched", 1, BREBES, is_reopening=True),
    )
    states = states_of(*events, now=day(10), members=(earlier,))
    assert [state.run.started_at for state in states if state.clock == "resolve"] == [day(-3), day(9)]


def test_a_change_of_the_rules_moves_no_clock_that_runs() -> None:
    """A row from next week on counts for clocks that begin then."""
    rows = DEADLINES.clocks.rows
    until = date(2026, 11, 8)
    changed_rows = [
        row
        for old in rows
        for row in (replace(old, valid_until=until), replace(old, valid_from=date(2026, 11, 9), days=1))
    ]
    changed = Deadlines(DEADLINES.calendar, ClockTable(changed_rows))
    case = CaseHistory((RECEIVED, FIRST), "pengaduan", "jalan")
    assert [state.due_at for state in clock_states(case, changed, day(20))] == [
        state.due_at for state in clock_states(case, DEADLINES, day(20))
    ]
    later_case = CaseHistory((CaseEvent(day(7), "received"), CaseEvent(day(7), "dispatched", 0, BREBES)), "pengaduan")
    assert {state.due_at for state in clock_states(later_case, changed, day(7))} == {day(8)}


def test_a_deadline_in_a_year_without_a_decree_is_provisional() -> None:
    """2028 has no joint leave yet."""
    december = datetime(2027, 12, 28, 3, tzinfo=UTC)
    case = CaseHistory((CaseEvent(december, "received"), CaseEvent(december, "dispatched", 0, BREBES)))
    due = [state.due_at for state in clock_states(case, DEADLINES, december)]
    assert [DEADLINES.is_provisional(due_at, BREBES) for due_at in due] == [False, True, True]


def test_clocks_and_messages_agree() -> None:
    """The package of the clocks imports no messages: it has the code of triage and the longest extension again."""
    assert case_events.TRIAGE == topics.TRIAGE
    assert clock_table.MAX_EXTENSION_DAYS == shapes.MAX_EXTENSION_DAYS


@pytest.mark.parametrize("days", [*range(3, 60), 200, 399])
def test_a_clock_counts_the_full_periods_that_have_passed(days: int) -> None:
    """Also the moment before and after the end of a period, years later as on the first days."""
    history = CaseHistory((RECEIVED,), "pengaduan", "jalan")
    run = clock_runs(history, ["verify"], DEADLINES, day(0))["verify"][-1]
    for now in (day(days), day(days) + timedelta(seconds=1)):
        passed = 0
        while run.due_at(DEADLINES, now, (passed + 1) * run.row.days) < now:
            passed += 1
        assert named(states_of(RECEIVED, now=now), "verify")[0][2] == passed
