"""Makes changes of cases from the deadline events of oversight, for those who tell the agencies."""

from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import Connection, select
from sqlmodel import col

from cases.course.verdicts import FIRST_STATE
from cases.facts.tables import EventFact
from config.conditions import is_one_of
from config.reference.escalation import EscalatedClock, Moment
from desk.changes import CaseChange, ChangeKind, ReachedMoment
from desk.read_model.tables import DeskCase
from messages.recommendation import RECOMMENDATION_CLOCK

_MOMENTS: Mapping[str, Moment] = {
    "due": "near",
    "overdue": "passed",
    "twice-overdue": "twice",
    "three-times-overdue": "three_times",
}
# Changes by events of the clock of a recommendation. The agency is told again after two and three periods.
_OF_RECOMMENDATIONS: Mapping[str, ChangeKind] = {
    "due": "recommendation-due",
    "overdue": "recommendation-overdue",
    "twice-overdue": "recommendation-overdue",
    "three-times-overdue": "recommendation-overdue",
}


def deadline_changes(connection: Connection, events: Sequence[EventFact]) -> Sequence[CaseChange]:
    """Return the change of each event about the deadline of a case that an agency has.

    A case that the read model does not know yet has its first state: the events are days after the dispatch.
    """
    about_cases = [event for event in events if event.event in _MOMENTS and event.dispatch_id]
    if not about_cases:
        return ()
    query = select(col(DeskCase.dispatch_id), col(DeskCase.state)).where(
        is_one_of(col(DeskCase.dispatch_id), {event.dispatch_id for event in about_cases})
    )
    states = {row.dispatch_id: row.state for row in connection.execute(query)}
    return [
        CaseChange(
            event.id,
            _kind(event),
            event.agency,
            event.tracking,
            event.dispatch_id,
            states.get(event.dispatch_id, FIRST_STATE),
            event.at,
            ReachedMoment(cast("EscalatedClock", event.reason), _MOMENTS[event.event]),
        )
        for event in about_cases
        if event.dispatch_id
    ]


def _kind(event: EventFact) -> ChangeKind:
    if event.reason == RECOMMENDATION_CLOCK:
        return _OF_RECOMMENDATIONS[event.event]
    return cast("ChangeKind", event.event)
