"""Closed cases, as the router's outcomes name them, and the regrouping after a person's correction.

No later complaint repeats or joins a closed case.

A complaint that is closed stays closed here, also if a person splits it from its case later. The order of answers and
corrections is unknown, and one case too many is better than a complaint that no agency sees. Only an objection of its
sender opens it again.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Exists, and_, func, literal, or_, update
from sqlmodel import col, select

from cases.clocks.deadlines import MayObject
from config.conditions import is_one_of
from config.database import UtcDateTime, insert_statement
from normalize.duplicates.store.tables import ClosedComplaint, ComparableRow


def is_still_closed() -> ColumnElement[bool]:
    """Return the SQL condition that a row of `ClosedComplaint` was not opened again."""
    reopened_at, closed_at = col(ClosedComplaint.reopened_at), col(ClosedComplaint.closed_at)
    return or_(reopened_at.is_(None), reopened_at < closed_at)


def is_closing_of(complaint_id: object) -> ColumnElement[bool]:
    """Return the SQL condition that a row of `ClosedComplaint` is the closing of the complaint in this column."""
    return and_(col(ClosedComplaint.complaint_id) == complaint_id, is_still_closed())


def is_closed(complaint_id: object) -> Exists:
    """Return the SQL condition that the complaint belongs to a closed case."""
    return select(literal(1)).where(is_closing_of(complaint_id)).exists()


def close_cases(connection: Connection, closings: Mapping[UUID, datetime]) -> None:
    """Store that these cases were closed, with all complaints that belong to them.

    `closings` are the times at which the bus took the closing answers. A case may belong to the matter of another one
    here, which is at another agency: that stays open.
    """
    _close(connection, closings)
    for complaint_id, closed_at in closings.items():
        _close_members(connection, complaint_id, closed_at)


def _close(connection: Connection, times: Mapping[UUID, datetime]) -> None:
    if not times:
        return
    statement = insert_statement(connection, ClosedComplaint)
    closed_at = statement.excluded.closed_at
    rows = [{"complaint_id": complaint_id, "closed_at": at} for complaint_id, at in sorted(times.items())]
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["complaint_id"], set_={"closed_at": closed_at}, where=_is_earlier(closed_at)
        ),
        rows,
    )


def _close_members(connection: Connection, case_id: UUID, closed_at: datetime | None) -> None:
    """Close the complaints that belong to a case, or repeat it."""
    members = select(ComparableRow.complaint_id, literal(closed_at, UtcDateTime()))
    is_member = or_(col(ComparableRow.root) == case_id, col(ComparableRow.own) == case_id)
    statement = insert_statement(connection, ClosedComplaint).from_select(
        ["complaint_id", "closed_at"], members.where(is_member)
    )
    new_values = {"closed_at": statement.excluded.closed_at}
    is_earlier = _is_earlier(statement.excluded.closed_at)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["complaint_id"], set_=new_values, where=is_earlier)
    )


def _is_earlier(closed_at: object) -> ColumnElement[bool]:
    stored = col(ClosedComplaint.closed_at)
    return or_(stored.is_(None), stored < closed_at)


def reopen_cases(connection: Connection, objections: Mapping[UUID, datetime], may_object: MayObject) -> None:
    """Open the cases again to which their senders object in time: later complaints may repeat and join them.

    A complaint that joined another sender's is a case of its own from then on; the other sender's stays closed.
    The closing of a case may be read after an objection that arrived after it: the objection is stored for then.
    """
    for complaint_id, at in sorted(objections.items()):
        query = select(ClosedComplaint.closed_at).where(
            col(ClosedComplaint.complaint_id) == complaint_id, is_still_closed()
        )
        row = connection.execute(query).one_or_none()
        own_root = select(ComparableRow.root).where(col(ComparableRow.complaint_id) == complaint_id)
        is_member = connection.execute(own_root).scalar_one_or_none() not in {None, complaint_id}
        if row is None:
            # The root decides about a member, and this sender may not open the root.
            if not is_member:
                _store_objection(connection, complaint_id, at)
            continue
        if row.closed_at is None or row.closed_at > at or not may_object(row.closed_at, at):
            continue
        if is_member:
            regroup(connection, complaint_id, complaint_id)
        members = select(ComparableRow.complaint_id).where(col(ComparableRow.root) == complaint_id)
        # One IN: PostgreSQL reads the whole table for an OR with a query of several rows.
        ids = members.union(select(literal(complaint_id)))
        is_of_case = col(ClosedComplaint.complaint_id).in_(ids)
        connection.execute(update(ClosedComplaint).where(is_of_case).values(reopened_at=at))


def _store_objection(connection: Connection, complaint_id: UUID, at: datetime) -> None:
    """Store the last objection to a case that is not closed: an earlier closing does not close it any more."""
    statement = insert_statement(connection, ClosedComplaint)
    reopened_at = statement.excluded.reopened_at
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["complaint_id"],
            set_={"reopened_at": reopened_at},
            where=col(ClosedComplaint.reopened_at) < reopened_at,
        ),
        [{"complaint_id": complaint_id, "reopened_at": at}],
    )


def close_merged(connection: Connection, root_id: UUID) -> None:
    """Close what a person has merged into a closed case."""
    query = select(ClosedComplaint.closed_at).where(col(ClosedComplaint.complaint_id) == root_id, is_still_closed())
    row = connection.execute(query).one_or_none()
    if row is not None:
        _close_members(connection, root_id, row.closed_at)


def regroup(connection: Connection, complaint_id: UUID, root_id: UUID) -> None:
    """Move a complaint to another root, with the complaints that the router moves with it.

    Of a root these are all that belong to it, else those that came to their root with this complaint. Then set the
    start of the old and of the new matter to the earliest arrival of the complaints that each has now.
    """
    own_row = col(ComparableRow.complaint_id) == complaint_id
    former_root_id = connection.execute(select(ComparableRow.root).where(own_row)).scalar_one_or_none()
    moved_ids = {complaint_id, *_followers(connection, complaint_id, former_root_id or complaint_id)}
    is_moved = is_one_of(col(ComparableRow.complaint_id), moved_ids)
    connection.execute(update(ComparableRow).where(is_moved).values(root=root_id))
    connection.execute(update(ComparableRow).where(own_row).values(parent=None if root_id == complaint_id else root_id))
    for changed_root_id in {root_id, former_root_id} - {None}:
        is_member = or_(col(ComparableRow.complaint_id) == changed_root_id, col(ComparableRow.root) == changed_root_id)
        since = connection.execute(select(func.min(ComparableRow.at)).where(is_member)).scalar_one()
        is_root = col(ComparableRow.complaint_id) == changed_root_id
        connection.execute(update(ComparableRow).where(is_root).values(since=since))


def _followers(connection: Connection, complaint_id: UUID, root_id: UUID) -> AbstractSet[UUID]:
    """Return the complaints of this root that belong to a complaint, to one that belongs to it, and so on."""
    ids, is_of_root = col(ComparableRow.complaint_id), col(ComparableRow.root) == root_id
    if complaint_id == root_id:
        return set(connection.execute(select(ids).where(is_of_root)).scalars())
    found, latest = {complaint_id}, {complaint_id}
    while latest:
        is_child = is_one_of(col(ComparableRow.parent), latest)
        latest = set(connection.execute(select(ids).where(is_child, is_of_root)).scalars()) - found
        found |= latest
    return found


def common_root(connection: Connection, first_id: UUID, second_id: UUID) -> UUID | None:
    """Return the root that two complaints belong to; `None` if they are two matters. An expired one is its own root."""
    ids = (first_id, second_id)
    query = select(ComparableRow.complaint_id, ComparableRow.root).where(
        is_one_of(col(ComparableRow.complaint_id), ids)
    )
    roots = {complaint_id: root or complaint_id for complaint_id, root in connection.execute(query)}
    root_id = roots.get(first_id, first_id)
    return root_id if root_id == roots.get(second_id, second_id) else None
