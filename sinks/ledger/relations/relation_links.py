"""Chains of repeats in the ledger: from a report to its sender's first one, and to the case that it belongs to."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from sinks.ledger.relations.current_relation import CurrentRelation, relations_by_id

# Returns the complaint that a chain goes on with; `None` at its end.
NextId: TypeAlias = Callable[[CurrentRelation], UUID | None]


class SenderCase(NamedTuple):
    """The reports of one sender in one case: those that follow from `first_report_id`."""

    case_id: UUID
    first_report_id: UUID


class RelationLinks:
    """Current relations by complaint. Those that a chain leads to are read, one statement for each of its links."""

    def __init__(self, connection: Connection, relations: Collection[CurrentRelation] = ()) -> None:
        self._connection = connection
        self._relations: dict[UUID, CurrentRelation | None] = {relation.id: relation for relation in relations}

    def find(self, complaint_id: UUID | None) -> CurrentRelation | None:
        """Return the relation of a complaint that was read; `None` for one that is not in the ledger (yet)."""
        return self._relations.get(complaint_id) if complaint_id else None

    def read(self, complaint_ids: Collection[UUID]) -> None:
        """Read the relations of these complaints that were not read before."""
        missing = sorted(set(complaint_ids) - self._relations.keys())
        self._relations |= dict.fromkeys(missing)
        relations = relations_by_id(self._connection, missing).values() if missing else ()
        self._relations |= {relation.id: relation for relation in relations}

    def joined(self, complaint_ids: Collection[UUID]) -> set[UUID]:
        """Return those that belong to the case of another citizen: joins, and repeats of joins."""
        self.read(complaint_ids)
        followers = [id_ for id_ in complaint_ids if (relation := self.find(id_)) and relation.case_id != relation.id]
        return {id_ for id_, end in self._ends(followers, _next_to_case).items() if _joins(self.find(end))}

    def sender_cases(self, complaint_ids: Collection[UUID]) -> Mapping[UUID, SenderCase]:
        """Return the case and the sender's first report of each complaint.

        Only the repeats that the normalizer found count for the sender: a report that a person merged may be another
        citizen's.
        """
        self.read(complaint_ids)
        first_ids = self._ends(complaint_ids, lambda relation: relation.originally_repeated_id)
        return {
            id_: SenderCase(relation.case_id if (relation := self.find(id_)) else id_, first_id)
            for id_, first_id in first_ids.items()
        }

    def _ends(self, complaint_ids: Collection[UUID], next_id: NextId) -> Mapping[UUID, UUID]:
        """Return the last complaint of the chain that begins at each complaint."""
        ends = {complaint_id: complaint_id for complaint_id in complaint_ids}
        while True:
            ends = {complaint_id: self._end(end, next_id) for complaint_id, end in ends.items()}
            missing = set(ends.values()) - self._relations.keys()
            if not missing:
                return ends
            self.read(missing)

    def _end(self, complaint_id: UUID, next_id: NextId) -> UUID:
        """Follow a chain to its last complaint, or to one that was not read yet."""
        followed: set[UUID] = set()
        while (relation := self.find(complaint_id)) and complaint_id not in followed:
            followed.add(complaint_id)
            complaint_id = next_id(relation) or complaint_id
        return complaint_id


def _next_to_case(relation: CurrentRelation) -> UUID | None:
    is_end = _joins(relation) or relation.repeated_id == relation.case_id
    return None if is_end else relation.repeated_id


def _joins(relation: CurrentRelation | None) -> bool:
    return relation is not None and relation.relation == "joins" and relation.case_id != relation.id
