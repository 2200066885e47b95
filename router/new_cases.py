"""Complaints that belong to no other one: each is a case of its own, and many are stored by one statement."""

from collections.abc import Callable, Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import Connection

from messages.shapes import Complaint, Dispatch
from router.store import followed_complaints, store_hops_once


class NewCases:
    """The new cases of one batch. `complaint_ids` are those of all its complaints; `dispatch_of` decides about one.

    What is added waits for `store`, and nothing else may read or write the router's tables meanwhile.
    """

    def __init__(
        self, connection: Connection, complaint_ids: Collection[UUID], dispatch_of: Callable[[Complaint], Dispatch]
    ) -> None:
        self._connection = connection
        self._complaint_ids = complaint_ids
        self._dispatch_of = dispatch_of
        # Complaints that others belong to, which were routed before them; `None` if it must be read (again).
        self._followed: set[UUID] | None = None
        self._waiting: dict[UUID, tuple[str, Dispatch]] = {}

    def add(self, position: str, complaint: Complaint) -> bool:
        """Route a complaint of the record at `position`.

        Return False, and do nothing, if the complaint has a relation, is like a closed case, was added before, or if
        others belong to it.
        """
        if complaint.relation.kind != "new" or complaint.relation.of or complaint.again:
            return False
        if complaint.id in self._waiting or self.is_followed(complaint.id):
            return False
        self._waiting[complaint.id] = position, self._dispatch_of(complaint)
        return True

    def is_followed(self, complaint_id: UUID) -> bool:
        """Return True if other complaints belong to one of the batch, or once did."""
        if self._followed is None:
            self._followed = set(followed_complaints(self._connection, self._complaint_ids))
        return complaint_id in self._followed

    def store(self) -> Sequence[tuple[Dispatch, str]]:
        """Store the cases that were added since the last call.

        Return them with their JSON in the order of their records, without complaints that another record had led to
        before.
        """
        hops = list(self._waiting.values())
        self._waiting.clear()
        stored = store_hops_once(self._connection, hops)
        dispatches = (dispatch for _, dispatch in hops)
        return [(case, stored[case.complaint_id]) for case in dispatches if case.complaint_id in stored]

    def note_dispatches(self, dispatches: Iterable[Dispatch]) -> None:
        """Note the dispatches to which another complaint of the batch led: it belongs to the one that they name."""
        if self._followed is not None:
            self._followed |= {dispatch.relation.of for dispatch in dispatches if dispatch.relation.of}

    def note_changes(self) -> None:
        """Note that a record of another sort was routed, which may change who belongs to whom."""
        self._followed = None
