"""Reads which complaint each one repeats: whoever repeats a complaint is its sender."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Row, bindparam, select
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
        parameters = {"ids": ids}
        return direct_parents(connection.execute(_COMPLAINTS, parameters), connection.execute(_CORRECTIONS, parameters))

    return parents_of_chains(complaint_ids, read_parents)


def direct_parents(complaints: Iterable[Row[Any]], corrections: Iterable[Row[Any]]) -> Mapping[UUID, UUID | None]:
    """Return the complaint that each of some complaints repeats, `None` without one.

    The rows have the columns of their facts. `corrections` are in order, and without denied suggestions.
    """
    parents = {row.id: row.of if row.relation == "repeat" else None for row in complaints}
    latest = {row.complaint_id: row for row in corrections}
    # A split says that the matter is another one. The sender stays the one of the complaint itself.
    merged = {id_: row.of if row.relation == "repeat" else None for id_, row in latest.items() if row.relation != "new"}
    return parents | merged
