"""Takes complaints to their next doors, and with each what goes along with it. Which door that is, others decide."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from messages.shapes import Dispatch
from router.lifecycle.linked import along
from router.store import dispatch_history, following, hold, route_once, under


def case_of(connection: Connection, of: UUID | None) -> Dispatch | None:
    """Where the case now is that this complaint is or goes along with, held; `None` if it has not come (yet)."""
    case = None
    while of is not None and (way := way_held(connection, of)):
        case = way[-1]
        of = None if case.own_case else case.relation.of
    return case


def way_held(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    """As `way_so_far`; until the transaction ends no other moves the complaint, or lets another follow it."""
    hold(connection, [complaint_id])
    return dispatch_history(connection, complaint_id)


def together(connection: Connection, dispatch: Dispatch) -> Sequence[Dispatch]:
    """What goes along with a complaint: with a case all that follows it, with another what belongs to that one."""
    if not dispatch.own_case and dispatch.relation.of:
        return under(connection, dispatch.complaint_id, dispatch.relation.of)
    return [other for other in following(connection, dispatch.complaint_id) if not other.own_case]


def move(
    connection: Connection, position: str, dispatch: Dispatch, others: Sequence[Dispatch], case: Dispatch
) -> Sequence[Dispatch]:
    """This hop, and the next one of each of the others; `case` is this dispatch, or the one that it goes along with.

    Nothing, if another record led to this hop.
    """
    if not route_once(connection, position, dispatch):
        return ()
    return [dispatch, *_bring(connection, position, others, case, dispatch.at)]


def _bring(
    connection: Connection, position: str, others: Sequence[Dispatch], case: Dispatch, at: datetime
) -> Iterable[Dispatch]:
    hold(connection, [other.complaint_id for other in others])
    for other in others:
        there = not other.own_case and (other.agency, other.relation.of) == (case.agency, case.complaint_id)
        hop = along(other, case, at)
        # One that a person has put elsewhere meanwhile stays there.
        if there or not route_once(connection, position, hop):
            continue
        yield hop
        if other.own_case:
            yield from _bring(connection, position, together(connection, other), case, at)
