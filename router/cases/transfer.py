"""Moves complaints to their next agencies, each with the complaints that accompany it. Does not choose the agency."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import Connection

from cases.clocks.deadlines import Deadlines
from messages.shapes import Dispatch, Report
from router.cases.hops import accompanies_case, last_dispatch_of_case, next_hop_to_case
from router.store import (
    DISPATCHES_PER_CHUNK,
    Cause,
    descendants_in_case,
    dispatch_history,
    find_parent,
    linked_dispatches,
    lock_complaints,
    store_dispatches_once,
)


class CaseTransfer:
    """Moves complaints in one transaction. `cause` is the record which leads to the moves."""

    def __init__(self, connection: Connection, cause: Cause, deadlines: Deadlines) -> None:
        self.connection = connection
        self.cause = cause
        self.deadlines = deadlines

    def find_case(self, complaint_id: UUID | None) -> Dispatch | None:
        """Return the latest dispatch of the case that a complaint is or accompanies: `last_dispatch_of_case`.

        It locks the complaints between.
        """
        return last_dispatch_of_case(complaint_id, self._locked_latest)

    def first_of_sender(self, complaint_id: UUID) -> Dispatch:
        """Return the latest dispatch of the first complaint in a sender's chain of repeats: the sender's report."""
        dispatch = dispatch_history(self.connection, complaint_id)[-1]
        passed_ids: set[UUID] = set()
        while dispatch.relation.kind == "repeat" and not dispatch.own_case:
            passed_ids.add(dispatch.complaint_id)
            earlier_id = find_parent(self.connection, dispatch.complaint_id)
            if earlier_id is None or earlier_id in passed_ids:
                break
            dispatch = dispatch_history(self.connection, earlier_id)[-1]
        return dispatch

    def locked_history(self, complaint_id: UUID) -> Sequence[Dispatch]:
        """Return the complaint's dispatches, the first agency's first, and lock it.

        Until the transaction ends no other one moves the complaint or lets another complaint accompany it.
        """
        lock_complaints(self.connection, [complaint_id])
        return dispatch_history(self.connection, complaint_id)

    def accompanying_dispatches(self, dispatch: Dispatch) -> Iterable[Dispatch]:
        """Return the dispatches that move with a complaint: of a case all that accompany it, else its descendants.

        They can be iterated once, and are read as they are iterated.
        """
        if not dispatch.own_case and dispatch.relation.of:
            return descendants_in_case(self.connection, dispatch.complaint_id, dispatch.relation.of)
        linked = linked_dispatches(self.connection, dispatch.complaint_id)
        return (accompanying for accompanying in linked if not accompanying.own_case)

    def dispatches_to_take_along(
        self, previous: Dispatch, case: Dispatch, agency_of: Callable[[Report], str]
    ) -> Iterable[Dispatch]:
        """Return the dispatches that move with a complaint when it becomes a case of its own.

        A join may stay with the previous case. `previous` is the latest dispatch of the complaint, `case` the next one;
        `agency_of` returns the agency that the text of a report leads to.
        """
        accompanying = self.accompanying_dispatches(previous)
        if previous.own_case:
            return accompanying
        return [
            dispatch
            for dispatch in accompanying
            if accompanies_case(dispatch.relation, agency_of(dispatch.report), case)
        ]

    def dispatch_with_accompanying(
        self, dispatch: Dispatch, accompanying: Iterable[Dispatch], case: Dispatch
    ) -> Sequence[Dispatch]:
        """Store a dispatch and the next hop of each accompanying complaint; return what was stored.

        `case` is this dispatch, or the one that it accompanies. Return nothing if another record led to this hop.
        """
        return list(self.iterate_with_accompanying(dispatch, accompanying, case))

    def iterate_with_accompanying(
        self, dispatch: Dispatch, accompanying: Iterable[Dispatch], case: Dispatch
    ) -> Iterator[Dispatch]:
        """Do the same in chunks while the result is iterated: a case may have tens of thousands of complaints."""
        if store_dispatches_once(self.connection, self.cause, [dispatch]):
            yield dispatch
            yield from self._move_accompanying(accompanying, case, dispatch.at)

    def _move_accompanying(self, dispatches: Iterable[Dispatch], case: Dispatch, at: datetime) -> Iterator[Dispatch]:
        remaining = iter(dispatches)
        while chunk := list(islice(remaining, DISPATCHES_PER_CHUNK)):
            lock_complaints(self.connection, [dispatch.complaint_id for dispatch in chunk])
            hops = [
                next_hop_to_case(dispatch, case, at, self.deadlines)
                for dispatch in chunk
                if not _is_at_case(dispatch, case)
            ]
            # A complaint that a person has put elsewhere meanwhile has this hop already and stays there.
            moved_ids = store_dispatches_once(self.connection, self.cause, hops)
            cases = {dispatch.complaint_id: dispatch for dispatch in chunk if dispatch.own_case}
            for hop in hops:
                if hop.complaint_id not in moved_ids:
                    continue
                yield hop
                if former_case := cases.get(hop.complaint_id):
                    yield from self._move_accompanying(self.accompanying_dispatches(former_case), case, at)

    def _locked_latest(self, complaint_id: UUID) -> Dispatch | None:
        history = self.locked_history(complaint_id)
        return history[-1] if history else None


def _is_at_case(dispatch: Dispatch, case: Dispatch) -> bool:
    return not dispatch.own_case and (dispatch.agency, dispatch.relation.of) == (case.agency, case.complaint_id)
