"""Cases to which the complaints of a batch belong: read at once, and kept up to date with what the batch decides."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import Connection

from messages.shapes import Complaint, Dispatch
from router.answer_store import Closing, find_closings
from router.cases.hops import last_dispatch_of_case
from router.store import followed_complaints, latest_stored_dispatches, lock_complaints


class KnownCases:
    """Latest dispatches and closings of the complaints that those of a batch name, and of their cases.

    They are locked and read when the first one is asked for, and again after `forget`. Suggestions of these dispatches
    may be settled, so no next hop is made of them. `followed_ids` are complaints of the batch that others belong to, or
    once did, before it is routed.
    """

    def __init__(
        self, connection: Connection, complaints: Collection[Complaint], followed_ids: Collection[UUID]
    ) -> None:
        self._connection = connection
        self._complaint_ids = {complaint.id for complaint in complaints}
        named_ids = (
            related for complaint in complaints for related in (complaint.relation.of, complaint.similar_closed_case)
        )
        self._named_ids = {named if isinstance(named, UUID) else named.of for named in named_ids if named}
        # `None` if it must be read again.
        self._followed: set[UUID] | None = set(followed_ids)
        self._read_ids: set[UUID] = set()
        self._latest: dict[UUID, Dispatch] = {}
        self._closings: dict[UUID, Closing] = {}

    def find_case(self, complaint_id: UUID | None) -> Dispatch | None:
        """Return the latest dispatch of the case that a complaint is or accompanies: `last_dispatch_of_case`."""
        return last_dispatch_of_case(complaint_id, self.find_latest)

    def find_latest(self, complaint_id: UUID) -> Dispatch | None:
        """Return the latest dispatch of a complaint, `None` if the router does not know it (yet)."""
        self._read({complaint_id, *self._named_ids})
        return self._latest.get(complaint_id)

    def find_closing(self, latest: Dispatch) -> Closing | None:
        """Return the closing of a case by its latest dispatch; `None` for an open one."""
        return self._closings.get(latest.id)

    def is_routed(self, complaint_id: UUID) -> bool:
        """Return True if the batch has routed a complaint, or if it was routed before and others belong to it here."""
        self._read(self._named_ids)
        return complaint_id in self._latest

    def is_followed(self, complaint_id: UUID) -> bool:
        """Return True if other complaints belong to one of the batch, or once did."""
        if self._followed is None:
            self._followed = set(followed_complaints(self._connection, self._complaint_ids))
        return complaint_id in self._followed

    def note(self, dispatches: Iterable[Dispatch]) -> None:
        """Note dispatches that the batch has led to: each is the latest one of its complaint."""
        for dispatch in dispatches:
            self._read_ids.add(dispatch.complaint_id)
            self._latest[dispatch.complaint_id] = dispatch
            self.note_relation(dispatch)

    def note_relation(self, dispatch: Dispatch) -> None:
        """Note that a complaint belongs to the one that its dispatch names."""
        if self._followed is not None and dispatch.relation.of:
            self._followed.add(dispatch.relation.of)

    def forget(self) -> None:
        """Forget everything: a record of another sort was routed, which may change any case."""
        self._followed = None
        self._read_ids.clear()
        self._latest.clear()
        self._closings.clear()

    def _read(self, complaint_ids: Collection[UUID]) -> None:
        """Lock and read those of these complaints that were not read before, then those that they accompany."""
        while unread_ids := set(complaint_ids) - self._read_ids:
            lock_complaints(self._connection, unread_ids)
            latest = latest_stored_dispatches(self._connection, unread_ids)
            self._read_ids |= unread_ids
            self._latest |= latest
            self._closings |= find_closings(self._connection, [dispatch.id for dispatch in latest.values()])
            complaint_ids = [
                of for dispatch in latest.values() if not dispatch.own_case and (of := dispatch.relation.of)
            ]
