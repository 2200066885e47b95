"""Derives the row of `OversightCase` from all facts of one report. Pure.

A row never depends on the moment at which it is derived: clocks are looked at as of the last event. A deadline that has
not passed by then is stored, and whoever reads the row compares it with the time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

from cases.clocks.clock_states import ClockState
from cases.clocks.deadlines import Deadlines
from cases.course.case_course import ANSWERING_ACTS, AnsweredDispatch, CaseAnswer
from cases.derivations.shared_facts import StoredDispatch
from config.reference.programmes import ProgrammeTable
from config.time_zones import agency_region, agency_time_zone
from messages.shapes import VERDICTS_WITH_PICTURES
from messages.topics import TRIAGE
from oversight.figures.counts import jakarta_day
from oversight.figures.definitions import PING_PONG_REFUSALS, UNTOUCHED_WORKING_DAYS
from oversight.read_model.case_end import CaseEnd, case_end
from oversight.read_model.programme_marks import find_marks, write_marks
from oversight.read_model.report_facts import CaseClocks, ReportFacts

# `dropped`: nobody will know the outcome, or the agency waits for the sender.
Outcome: TypeAlias = Literal["met", "missed", "open", "dropped"]

_PROVINCE_DIGITS = 2
_PAIR_SEPARATOR = "|"


class TimedOutcome(NamedTuple):
    """An outcome with its deadline and the agency that it counts for."""

    outcome: Outcome
    due_at: datetime | None
    agency: str


def tables_version(deadlines: Deadlines, programmes: ProgrammeTable) -> str:
    """Return the version of the tables that rows are derived with."""
    return f"{deadlines.version}.{programmes.version}"


def case_row(
    facts: ReportFacts, clocks: CaseClocks | None, deadlines: Deadlines, programmes: ProgrammeTable
) -> dict[str, Any] | None:
    """Return the columns of the row; `None` for a message that neither reports anything nor is a case.

    `clocks` are those of `case_clocks`.
    """
    if clocks is None:
        return None if facts.act != "reports" else _merged_row(facts, deadlines, programmes)
    until, states, _ = clocks
    own_agencies = [item for item in facts.dispatches if item.own_case and item.agency != TRIAGE]
    first = own_agencies[0] if own_agencies else None
    courses = [course for course, item in zip(facts.courses, facts.dispatches, strict=True) if item.own_case]
    end = case_end(facts)
    return {
        **_report_columns(facts, deadlines, programmes),
        **_place_columns(facts, first.agency if first else TRIAGE),
        "began_at": min((facts.received_at, *(member.received_at for member in facts.members))),
        "is_own_case": True,
        "merged": "",
        "agency": facts.dispatches[-1].agency if facts.dispatches else TRIAGE,
        **_course_columns(facts, courses),
        **_end_columns(end),
        "forwarded_at": first.at if first else None,
        **_forward_columns(states),
        "first_agency_outcome": _first_agency_outcome(first, courses),
        **_touch_columns(first, courses, end, deadlines),
        **_answer_columns(facts, courses, states),
        **_open_columns(states, end, until, deadlines),
        "handed_over_at": facts.handed_over_at,
        **_rating_columns(facts),
    }


def read_pairs(ping_pong: str) -> Sequence[tuple[str, str]]:
    """Return the pairs of agencies of the column `ping_pong`."""
    pairs = (pair.split(" ") for pair in ping_pong.split(_PAIR_SEPARATOR) if pair)
    return [(refused_by, next_agency) for refused_by, next_agency in pairs]


def _report_columns(facts: ReportFacts, deadlines: Deadlines, programmes: ProgrammeTable) -> dict[str, Any]:
    return {
        "complaint_id": facts.id,
        "tracking": facts.tracking,
        "received_at": facts.received_at,
        "day": jakarta_day(facts.received_at),
        "channel": facts.channel,
        "kind": facts.kind,
        "programmes": _programmes(facts, programmes),
        "tables_version": tables_version(deadlines, programmes),
    }


def _programmes(facts: ReportFacts, programmes: ProgrammeTable) -> str:
    """Return the marks by topic and words of the latest dispatch, and by all agencies that got the report."""
    if not facts.dispatches:
        return ""
    latest, agencies = facts.dispatches[-1], {item.agency for item in facts.dispatches}
    word_codes = frozenset(latest.programme_words.split(_PAIR_SEPARATOR))
    return write_marks(find_marks(programmes, jakarta_day(facts.received_at), latest.topic, agencies, word_codes))


def _place_columns(facts: ReportFacts, first_agency: str) -> dict[str, Any]:
    """Return topic and place by the latest dispatch. Without a place, the province is that of the agency."""
    latest = facts.dispatches[-1] if facts.dispatches else None
    region = latest.region if latest else ""
    return {
        "region": region,
        "province": (region or agency_region(first_agency))[:_PROVINCE_DIGITS],
        "topic": latest.topic if latest else "",
        "first_agency": first_agency,
    }


def _merged_row(facts: ReportFacts, deadlines: Deadlines, programmes: ProgrammeTable) -> dict[str, Any]:
    """Return the row of a report that accompanies a case. It counts for the first agency that got it."""
    agencies = [item.agency for item in facts.dispatches if item.agency != TRIAGE]
    return {
        **_EMPTY_COLUMNS,
        **_report_columns(facts, deadlines, programmes),
        **_place_columns(facts, agencies[0] if agencies else TRIAGE),
        "began_at": facts.received_at,
        "is_own_case": False,
        "merged": "confirmed" if facts.is_merged_by_person else "certain",
    }


def _course_columns(facts: ReportFacts, courses: Sequence[AnsweredDispatch]) -> dict[str, Any]:
    refusals = [course for course in _at_agencies(courses) if course.state == "ditolak"]
    answers = [answer for course in _at_agencies(courses) for answer in course.counted_answers]
    verdicts = [answer.verdict for answer in answers]
    contents = [facts.answer_rows[answer.id] for answer in answers if answer.id in facts.answer_rows]
    answering_times = [message.at for message in facts.messages if message.act in ANSWERING_ACTS]
    return {
        "hops": facts.dispatches[-1].hop if facts.dispatches else 0,
        "refusals": len({course.dispatch.agency for course in refusals}),
        "closings": verdicts.count("closed"),
        "reopenings": max((item.reopened for item in facts.dispatches if item.own_case), default=0),
        "has_evidence": any(
            content.pictures or content.document for content in contents if content.verdict in VERDICTS_WITH_PICTURES
        ),
        "state": courses[-1].state_after_messages(answering_times) if courses else "",
        "ping_pong": _PAIR_SEPARATOR.join(_ping_pong(courses, refusals)),
    }


def _rating_columns(facts: ReportFacts) -> dict[str, Any]:
    """Return the question for a rating and the last rating of the case's sender."""
    ratings = [message for message in facts.messages if message.act == "rates" and message.rating]
    last = max(ratings, key=lambda message: (message.at, message.complaint_id), default=None)
    return {
        "rating_asked_at": facts.asked_for_rating_at,
        "rated_at": last.at if last else None,
        "rating": last.rating if last else 0,
    }


def _ping_pong(courses: Sequence[AnsweredDispatch], refusals: Sequence[AnsweredDispatch]) -> Iterable[str]:
    """Return each pair of an agency that refused and the next one. What triage decided between them does not count."""
    if len({course.dispatch.agency for course in refusals}) < PING_PONG_REFUSALS:
        return ()
    agencies = _at_agencies(courses)
    following = pairwise(agencies)
    return dict.fromkeys(
        f"{course.dispatch.agency} {next_course.dispatch.agency}"
        for course, next_course in following
        if course.state == "ditolak"
    )


def _end_columns(end: CaseEnd) -> dict[str, Any]:
    return {
        "is_open": end.kind == "",
        "is_withdrawn": end.kind == "withdrawn",
        "is_archived": end.kind == "archived",
        "ended_at": end.at,
    }


def _forward_columns(states: Sequence[ClockState]) -> dict[str, Any]:
    """Return the outcome of the first run of the clock `verify`: what comes back to triage later has another one."""
    first = next((state for state in states if state.clock == "verify"), None)
    return {
        "forward_outcome": _outcome(first) if first else "dropped",
        "forward_due_at": first.due_at if first else None,
    }


def _first_agency_outcome(first: StoredDispatch | None, courses: Sequence[AnsweredDispatch]) -> Outcome:
    """Return `met` for the right first agency. Silence is not right: such a case is `open`."""
    if first is None:
        return "open"
    at_first = [course for course in courses if course.dispatch.agency == first.agency]
    is_refused = any(course.state == "ditolak" for course in at_first)
    if is_refused or len(at_first) < len(_at_agencies(courses)):
        return "missed"
    return "met" if any(_reactions(course) for course in at_first) else "open"


def _reactions(course: AnsweredDispatch) -> Sequence[CaseAnswer]:
    """Return the answers that count and do something with the case. An extension is none: the citizen waits longer."""
    return [answer for answer in course.counted_answers if answer.verdict != "extended"]


def _touch_columns(
    first: StoredDispatch | None, courses: Sequence[AnsweredDispatch], end: CaseEnd, deadlines: Deadlines
) -> dict[str, Any]:
    if first is None:
        return {"touched_at": None, "touch_due_at": None, "touch_outcome": "dropped"}
    zone = agency_time_zone(first.agency)
    due_at = deadlines.calendar.add_working_days(first.at, UNTOUCHED_WORKING_DAYS, zone)
    times = [answer.at for course in _at_agencies(courses) for answer in _reactions(course)]
    touched_at = min(times, default=None)
    outcome: Outcome = "open"
    if touched_at:
        outcome = "met" if touched_at <= due_at else "missed"
    elif end.at:
        outcome = "missed" if end.at > due_at else "dropped"
    return {"touched_at": touched_at, "touch_due_at": due_at, "touch_outcome": outcome}


def _answer_columns(
    facts: ReportFacts, courses: Sequence[AnsweredDispatch], states: Sequence[ClockState]
) -> dict[str, Any]:
    times = [
        answer.at
        for course in _at_agencies(courses)
        for answer in course.counted_answers
        if answer.verdict in {"responded", "closed"}
    ]
    answered_at = min(times, default=None)
    agency = facts.dispatches[-1].agency if facts.dispatches else TRIAGE
    answer = _answer_outcome(states, answered_at, agency)
    return {
        "answered_at": answered_at,
        "answer_outcome": answer.outcome,
        "answer_due_at": answer.due_at,
        "answer_agency": answer.agency,
    }


def _answer_outcome(states: Sequence[ClockState], answered_at: datetime | None, agency: str) -> TimedOutcome:
    """Return the outcome of the runs until the first answer. The first agency that let its deadline pass counts."""
    answering = [
        state
        for state in states
        if state.clock == "first_answer" and (answered_at is None or state.run.started_at <= answered_at)
    ]
    if not answering:
        return TimedOutcome("dropped", None, agency)
    state = next((state for state in answering if state.state == "missed"), answering[-1])
    # Of a case that left an agency in time, nobody knows the outcome before the next agency has it.
    return TimedOutcome(_outcome(state), state.due_at, state.run.agency)


def _open_columns(states: Sequence[ClockState], end: CaseEnd, until: datetime, deadlines: Deadlines) -> dict[str, Any]:
    """Return the deadlines that are still open. A clock that stands has none, unless it passed before it stood."""
    if end.kind:
        return {"open_due_at": None, "three_times_due_at": None}
    open_states = [state for state in states if state.run.is_open and state.duty != "sender"]
    passing = [state for state in open_states if state.state != "paused"]
    waits = any(state.state == "paused" for state in open_states)
    ends = [state.three_times_due_at(deadlines) for state in passing]
    three_times = [at for at in ends if not waits or at < until]
    return {
        "open_due_at": min((state.due_at for state in passing), default=None),
        "three_times_due_at": min(three_times, default=None),
    }


def _outcome(state: ClockState) -> Outcome:
    outcomes: Mapping[str, Outcome] = {"met": "met", "missed": "missed", "running": "open"}
    return outcomes.get(state.state, "dropped")


def _at_agencies(courses: Sequence[AnsweredDispatch]) -> Sequence[AnsweredDispatch]:
    return [course for course in courses if course.dispatch.agency != TRIAGE]


_EMPTY_COLUMNS: Mapping[str, Any] = {
    **dict.fromkeys(("answer_agency", "agency", "state", "ping_pong"), ""),
    **dict.fromkeys(("forward_outcome", "first_agency_outcome", "touch_outcome", "answer_outcome"), ""),
    **dict.fromkeys(("hops", "refusals", "closings", "reopenings", "rating"), 0),
    **dict.fromkeys(("is_open", "is_withdrawn", "is_archived", "has_evidence"), False),
    **dict.fromkeys(("forwarded_at", "forward_due_at", "touched_at", "touch_due_at", "answered_at", "answer_due_at")),
    **dict.fromkeys(("ended_at", "open_due_at", "three_times_due_at", "handed_over_at")),
    **dict.fromkeys(("rating_asked_at", "rated_at")),
}
