"""Derives the rows of `DeskCase` from the facts of one complaint. Pure: the order in which facts came has no part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from cases.clocks.answer_deadline import answer_deadlines
from cases.clocks.case_events import CaseEvent, CaseHistory, EventKind
from cases.clocks.deadlines import Deadlines
from cases.course.case_course import ANSWERING_ACTS, AnsweredDispatch, CaseAnswer, CaseDispatch, answered_dispatches
from cases.course.transfers import count_transfers
from cases.course.verdicts import CaseState
from messages.shapes import Dispatch, SecondMatter, SenderAct
from messages.topics import TRIAGE

# Groups of an agency's list.
Tab: TypeAlias = Literal["new", "working", "waiting", "done"]
# States of a case at one agency. `dipindahkan`: triage or a person gave it to another one. `dibuka-lagi`: the sender
# opened it again, and it came to the same agency as a new row. `digabung`: it accompanies another case now.
AgencyCaseState: TypeAlias = Literal[CaseState, "dipindahkan", "dibuka-lagi", "digabung"]

_TABS: Mapping[AgencyCaseState, Tab] = {
    "terdisposisi": "new",
    "proses": "working",
    "tunda": "waiting",
    "selesai": "done",
    "ditolak": "done",
    "dipindahkan": "done",
    "dibuka-lagi": "done",
    "digabung": "done",
}
_OPEN_TABS = frozenset({"new", "working"})
# Of a place in words, shown in a list.
_PLACE_CHARACTERS = 120


# Answers after which a message of the sender is no news any more.
_ANSWERS_TO_SENDER = frozenset({"asked", "responded", "closed"})
_RESPONSES = frozenset({"responded", "closed"})
# Answers after which a danger is in the hands of the agency. A question is none: nobody has gone there yet.
_DANGER_ANSWERS = frozenset({"accepted", "responded", "closed"})


class DangerReport(NamedTuple):
    """A report that tells of danger to life: the time at which it came to the agency, and the kind of danger."""

    at: datetime
    danger: str


class SenderMessage(NamedTuple):
    """A further message of the case's sender: the time at which it came, and what the sender does with it."""

    at: datetime
    act: SenderAct


@dataclass(frozen=True, slots=True)
class Accompanying:
    """Further messages of the sender that came to a case at one agency, and the number of reports that joined it.

    `written_at` are the times of all repeats that tell the agency something: also those of citizens who joined, and
    those of which the read model does not know the sender yet. `dangers` are the reports that accompany the case now
    and tell of danger, oldest first.
    """

    messages: tuple[SenderMessage, ...] = ()
    written_at: tuple[datetime, ...] = ()
    joined: int = 0
    dangers: tuple[DangerReport, ...] = ()


# Without slots: it keeps its courses.
@dataclass(frozen=True)
class CaseFacts:
    """Facts of one complaint. `dispatches` are all of it by hop, `answers` those to them and to accompanying reports.

    `accompanying` is by agency. `members` are the facts of the complaints that accompany it now and were cases.
    """

    dispatches: Sequence[Dispatch]
    answers: Sequence[CaseAnswer]
    accompanying: Mapping[str, Accompanying]
    members: Sequence["CaseFacts"] = ()

    @cached_property
    def courses(self) -> Sequence[AnsweredDispatch]:
        """Each dispatch with its answers."""
        dispatches = [CaseDispatch(item.at, item.hop, item.agency) for item in self.dispatches]
        return answered_dispatches(dispatches, self.answers)


def case_rows(facts: CaseFacts, deadlines: Deadlines) -> Sequence[dict[str, Any]]:
    """Return one row for each dispatch that is its own case."""
    courses, dispatches = facts.courses, facts.dispatches
    due_by_hop = answer_deadlines(clock_history(facts), deadlines)
    return [
        {
            **_row(dispatch, course, following, _refusals(courses, dispatch.hop), facts.accompanying),
            "due_at": due_by_hop.get(dispatch.hop, dispatch.due_at),
            "transfers": count_transfers(item.agency for item in dispatches[:index]),
        }
        for index, (dispatch, following, course) in enumerate(
            zip(dispatches, [*dispatches[1:], None], courses, strict=True), 1
        )
        if dispatch.own_case
    ]


def clock_history(facts: CaseFacts) -> CaseHistory:
    """Return the events of a complaint for its clocks, as oversight has them."""
    first = facts.dispatches[0]
    events = (*_dispatched(facts.dispatches), *_answered(facts.courses), *_written(facts.accompanying))
    return CaseHistory(events, first.report.kind.value, first.topic, tuple(map(clock_history, facts.members)))


def _dispatched(dispatches: Sequence[Dispatch]) -> Iterator[CaseEvent]:
    reopened = [0, *(dispatch.reopened for dispatch in dispatches)]
    for dispatch, (before, after) in zip(dispatches, pairwise(reopened), strict=True):
        kind: EventKind = "dispatched" if dispatch.own_case else "joined"
        is_reopening = dispatch.own_case and after > before
        yield CaseEvent(dispatch.at, kind, dispatch.hop, dispatch.agency, is_reopening)


def _answered(courses: Sequence[AnsweredDispatch]) -> Iterator[CaseEvent]:
    for course in courses:
        for answer in course.counted_answers:
            yield CaseEvent(answer.at, answer.verdict, answer.hop, extension_days=answer.extension_days)


def _written(accompanying: Mapping[str, Accompanying]) -> Iterator[CaseEvent]:
    for message in (message for beside in accompanying.values() for message in beside.messages):
        if message.act == "withdraws":
            yield CaseEvent(message.at, "withdrawn")
        elif message.act in ANSWERING_ACTS:
            yield CaseEvent(message.at, "wrote")


def _row(
    dispatch: Dispatch,
    course: AnsweredDispatch,
    following: Dispatch | None,
    refusals: int,
    accompanying: Mapping[str, Accompanying],
) -> dict[str, Any]:
    beside = accompanying.get(dispatch.agency, Accompanying())
    messages = [message for message in beside.messages if message.at >= dispatch.at]
    answered_at = [message.at for message in messages if message.act in ANSWERING_ACTS]
    counted = course.counted_answers
    state = _state(dispatch, course, following, answered_at)
    is_done = _TABS[state] == "done"
    events_at = [dispatch.at, *(answer.at for answer in counted), *(message.at for message in messages)]
    report = dispatch.report
    dangers = _dangers(dispatch, () if following else beside.dangers)
    waiting_danger = None if is_done else _waiting_danger(dangers, counted)
    return {
        **dispatch.model_dump(include={"complaint_id", "tracking", "agency", "hop", "topic", "region", "channel"}),
        "dispatch_id": dispatch.id,
        "tab": _TABS[state],
        "is_open": _TABS[state] in _OPEN_TABS,
        "state": state,
        "is_current": following is None,
        "version": len(course.answers) + len(messages),
        "dispatched_at": dispatch.at,
        "clock_stopped": state == "tunda",
        "changed_at": following.at if following else max(events_at),
        "unopposed_since": None if following else _unopposed_since(state, counted, beside.written_at),
        "sender_wrote_at": None if is_done else _sender_wrote_at(answered_at, counted),
        "unanswered_since": None if is_done or _has(counted, _RESPONSES) else dispatch.at,
        "refusals": refusals,
        "reopened": dispatch.reopened,
        "danger": waiting_danger.danger if waiting_danger else next((report.danger for report in dangers), ""),
        "danger_since": waiting_danger.at if waiting_danger else None,
        "joined": 0 if following else beside.joined,
        "pictures": len(report.attachments),
        "kind": report.kind.value,
        "title": report.title,
        "text": report.text,
        "place": ", ".join(filter(None, (report.place.address, report.place.district, report.place.region)))[
            :_PLACE_CHARACTERS
        ],
        "rahasia": report.rahasia,
        "has_second_matter": other_matter(dispatch) is not None,
        "unit_kinds": "|".join(f"{kind.rule}:{kind.kind}" for kind in dispatch.unit_kinds),
        "suggested_id": _suggested_id(dispatch, state, is_current=following is None),
    }


def other_matter(dispatch: Dispatch) -> SecondMatter | None:
    """Return the second matter of a report, unless this agency is competent for it, too."""
    second = dispatch.second_matter
    return second if second and second.agency != dispatch.agency else None


def _suggested_id(dispatch: Dispatch, state: AgencyCaseState, *, is_current: bool) -> UUID | None:
    if dispatch.suggestion is None or not is_current or _TABS[state] == "done":
        return None
    return dispatch.suggestion.of


def _state(
    dispatch: Dispatch, course: AnsweredDispatch, following: Dispatch | None, repeated_at: Sequence[datetime]
) -> AgencyCaseState:
    if following is None:
        return course.state_after_messages(repeated_at)
    if not following.own_case:
        return "digabung"
    if course.state == "ditolak":
        return "ditolak"
    is_reopened_here = following.agency == dispatch.agency and following.reopened > dispatch.reopened
    return "dibuka-lagi" if is_reopened_here else "dipindahkan"


def _has(answers: Sequence[CaseAnswer], verdicts: frozenset[str]) -> bool:
    return any(answer.verdict in verdicts for answer in answers)


def _sender_wrote_at(written_at: Sequence[datetime], counted: Sequence[CaseAnswer]) -> datetime | None:
    """Return the time of the sender's last message, if no answer to the sender follows it."""
    last_at = max(written_at, default=None)
    if last_at is None or _has([answer for answer in counted if answer.at >= last_at], _ANSWERS_TO_SENDER):
        return None
    return last_at


def _unopposed_since(
    state: AgencyCaseState, counted: Sequence[CaseAnswer], written_at: Sequence[datetime]
) -> datetime | None:
    """Return the time of the response that stands last in an open case; `None` if a citizen has written since."""
    if state != "proses" or not counted or counted[-1].verdict != "responded":
        return None
    responded_at = counted[-1].at
    return None if any(at > responded_at for at in written_at) else responded_at


def _dangers(dispatch: Dispatch, accompanying: Sequence[DangerReport]) -> Sequence[DangerReport]:
    """Return the dangers of a case at its agency, its own first.

    A report that came to the case before this dispatch came to the agency with it.
    """
    own = [DangerReport(dispatch.at, dispatch.danger)] if dispatch.danger else []
    return [*own, *(DangerReport(max(report.at, dispatch.at), report.danger) for report in accompanying)]


def _waiting_danger(dangers: Sequence[DangerReport], counted: Sequence[CaseAnswer]) -> DangerReport | None:
    """Return the oldest danger without an answer of the agency after it; `None` without one."""
    answered_at = max((answer.at for answer in counted if answer.verdict in _DANGER_ANSWERS), default=None)
    waiting = [report for report in dangers if answered_at is None or report.at > answered_at]
    return min(waiting, key=lambda report: report.at, default=None)


def _refusals(courses: Sequence[AnsweredDispatch], hop: int) -> int:
    """Return the number of agencies that refused before this hop. Triage does not refuse: it decides."""
    return sum(
        course.state == "ditolak" and course.dispatch.agency != TRIAGE
        for course in courses
        if course.dispatch.hop < hop
    )
