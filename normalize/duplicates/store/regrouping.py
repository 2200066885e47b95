"""Regrouping of complaints after a person's correction."""

from uuid import UUID

from sqlalchemy import Connection, func, or_, update
from sqlmodel import col, select

from config.conditions import is_one_of
from normalize.duplicates.store.tables import ComparableRow


def regroup(connection: Connection, complaint_id: UUID, root_id: UUID) -> None:
    """Move a complaint, and all complaints that repeat it or belong to it, to another root.

    Then set the start of the old and of the new matter to the earliest arrival of the complaints that each has now.
    """
    columns = (col(ComparableRow.complaint_id), col(ComparableRow.root), col(ComparableRow.own))
    is_moved = or_(*(column == complaint_id for column in columns))
    previous_root_ids = set(connection.execute(select(ComparableRow.root).where(is_moved)).scalars())
    connection.execute(update(ComparableRow).where(is_moved).values(root=root_id))
    for changed_root_id in {root_id, *previous_root_ids} - {None}:
        is_member = or_(col(ComparableRow.complaint_id) == changed_root_id, col(ComparableRow.root) == changed_root_id)
        since = connection.execute(select(func.min(ComparableRow.at)).where(is_member)).scalar_one()
        is_root = col(ComparableRow.complaint_id) == changed_root_id
        connection.execute(update(ComparableRow).where(is_root).values(since=since))


def common_root(connection: Connection, first_id: UUID, second_id: UUID) -> UUID | None:
    """Return the root that two complaints belong to; `None` if they are two matters. An expired one is its own root."""
    ids = (first_id, second_id)
    query = select(ComparableRow.complaint_id, ComparableRow.root).where(
        is_one_of(col(ComparableRow.complaint_id), ids)
    )
    roots = {complaint_id: root or complaint_id for complaint_id, root in connection.execute(query)}
    root_id = roots.get(first_id, first_id)
    return root_id if root_id == roots.get(second_id, second_id) else None
