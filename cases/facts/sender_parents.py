"""Reads which complaint each one repeats: whoever repeats a complaint is its sender."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, select
from sqlmodel import col

from cases.course.sender_chain import parents_of_chains
from cases.facts.tables import ComplaintFact, CorrectionFact
from config.conditions import is_one_of
from messages.shapes import KEPT_APART

_IDS: BindParameter[Any] = bindparam("ids")
# Statements are built once: each batch and each status page executes them.
_COMPLAINTS = select(col(ComplaintFact.id), col(ComplaintFact.relation), col(ComplaintFact.of)).where(
    is_one_of(col(ComplaintFact.id), _IDS)
)
# A denied suggestion overrides no merge with a third complaint.
_CORRECTIONS = (
    select(col(CorrectionFact.complaint_id), col(CorrectionFact.relation), col(CorrectionFact.of))
    .where(is_one_of(col(CorrectionFact.complaint_id), _IDS), col(CorrectionFact.evidence) != KEPT_APART)
    .order_by(col(CorrectionFact.at), col(CorrectionFact.id))
)


def sender_parents(connection: Connection, complaint_ids: Iterable[UUID]) -> Mapping[UUID, UUID | None]:
    """Return the complaint that each one repeats, `None` without one, for these and for all in their chains.

    A person's latest correction overrides what the complaint itself says. Each link of a chain needs two statements.
    """

    def read_parents(ids: Collection[UUID]) -> Mapping[UUID, UUID | None]:
        return direct_parents(connection, ids)

    return parents_of_chains(complaint_ids, read_parents)


def direct_parents(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, UUID | None]:
    """Return the complaint that each of these repeats, `None` without one. Unknown ones are left out."""
    ids = {"ids": complaint_ids}
    parents = {row.id: row.of if row.relation == "repeat" else None for row in connection.execute(_COMPLAINTS, ids)}
    latest = {row.complaint_id: row for row in connection.execute(_CORRECTIONS, ids)}
    # A split says that the matter is another one. The sender stays the one of the complaint itself.
    merged = {id_: row.of if row.relation == "repeat" else None for id_, row in latest.items() if row.relation != "new"}
    return parents | merged
