"""First dispatches of complaints that move no other one: those of a batch are stored together."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from messages.shapes import Complaint, Dispatch
from router.cases.known_cases import KnownCases
from router.store import Cause, store_hops_once, store_parents


class PendingDispatches:
    """The first dispatches of one batch that wait to be stored.

    `dispatch_of` decides about a complaint; it returns `None` if the complaint may move another one. Until `store`,
    nothing else may read or write the router's tables, except through `cases`.
    """

    def __init__(
        self, connection: Connection, cases: KnownCases, dispatch_of: Callable[[Complaint], Dispatch | None]
    ) -> None:
        self._connection = connection
        self._cases = cases
        self._dispatch_of = dispatch_of
        self._pending: list[tuple[Cause, Complaint, Dispatch]] = []

    def add(self, cause: Cause, complaint: Complaint) -> bool:
        """Route the complaint of a record. A complaint that another record led to leads to nothing.

        Return False, and do nothing, if the complaint may move another one.
        """
        if self._cases.is_routed(complaint.id):
            return True
        if self._cases.is_followed(complaint.id) or (dispatch := self._dispatch_of(complaint)) is None:
            return False
        self._pending.append((cause, complaint, dispatch))
        self._cases.note([dispatch])
        return True

    def store(self) -> Sequence[tuple[Dispatch, str]]:
        """Store the dispatches that were added since the last call, and to which complaint each belongs.

        Return them with their JSON in the order of their records, without complaints that another record had led to
        before.
        """
        if not self._pending:
            return ()
        pending, self._pending = self._pending, []
        stored = store_hops_once(self._connection, [(cause, dispatch) for cause, _, dispatch in pending])
        parents = {complaint.id: complaint.relation.of for _, complaint, _ in pending if complaint.id in stored}
        store_parents(self._connection, {id_: parent_id for id_, parent_id in parents.items() if parent_id})
        return [(dispatch, stored[complaint.id]) for _, complaint, dispatch in pending if complaint.id in stored]
