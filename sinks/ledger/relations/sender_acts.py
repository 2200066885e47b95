"""Facts of the sender of a case: a withdrawal, a wish to be forgotten, and secrecy, by any of the sender's reports."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, CompoundSelect, Connection, Row, bindparam, or_, select, union
from sqlmodel import col

from cases.facts.tables import ComplaintFact, DispatchFact
from config.conditions import is_one_of
from sinks.ledger.relations.relation_links import RelationLinks, SenderCase

_ACTS = ("withdraws", "objects", "asks-to-be-forgotten")
_NAMES = ("id", "of", "act", "received_at", "anonim", "rahasia")


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """Facts of one sender in one case. `withdrawn_at` is `None` without a withdrawal, and after a later objection.

    `is_private`: one of the sender's reports about the matter is anonymous or confidential.
    """

    withdrawn_at: datetime | None = None
    is_private: bool = False
    is_confidential: bool = False
    asks_to_be_forgotten: bool = False


def read_sender_facts(
    connection: Connection, links: RelationLinks, complaint_ids: Collection[UUID], case_ids: Collection[UUID]
) -> Mapping[SenderCase, SenderFacts]:
    """Return the facts of the senders of these complaints, which belong to these cases.

    A report that joins a case, or that a person merged into it, belongs to another sender.
    """
    rows = _rows(connection, complaint_ids, case_ids)
    senders = links.sender_cases({id_ for row in rows for id_ in (row.id, row.of) if id_})
    rows_by_sender: defaultdict[SenderCase, set[Row[Any]]] = defaultdict(set)
    acts_by_sender: defaultdict[SenderCase, set[Row[Any]]] = defaultdict(set)
    for row in rows:
        rows_by_sender[senders[row.id]].add(row)
        if row.act in _ACTS and row.of:
            acts_by_sender[senders[row.of]].add(row)
    return {
        sender: _sender_facts(rows_by_sender[sender], acts_by_sender[sender])
        for sender in (*links.sender_cases(complaint_ids).values(), *links.sender_cases(case_ids).values())
    }


def _sender_facts(reports: Collection[Row[Any]], acts: Collection[Row[Any]]) -> SenderFacts:
    latest = max((row for row in acts if row.act in {"withdraws", "objects"}), key=_order, default=None)
    return SenderFacts(
        withdrawn_at=latest.received_at if latest and latest.act == "withdraws" else None,
        is_private=any(row.anonim or row.rahasia for row in reports),
        is_confidential=any(row.rahasia for row in reports),
        asks_to_be_forgotten=any(row.act == "asks-to-be-forgotten" for row in acts),
    )


def _order(row: Row[Any]) -> tuple[datetime, bool]:
    """Return the order of the acts of a sender. Of one moment, the objection is the later one: nothing is lost then."""
    return row.received_at, row.act == "objects"


def _rows(connection: Connection, complaint_ids: Collection[UUID], case_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Return the private complaints, and the acts, of these complaints and of all that accompany these cases."""
    given_ids = list({*complaint_ids, *case_ids})
    return connection.execute(_rows_query(), {"case_ids": list(case_ids), "given_ids": given_ids}).all()


@cache
def _rows_query() -> CompoundSelect[Any]:
    """Return the query of these rows, built once. Its parameters are `case_ids` and `given_ids`."""
    case_ids: BindParameter[Any] = bindparam("case_ids")
    given_ids: BindParameter[Any] = bindparam("given_ids")
    complaint_id: Any = col(DispatchFact.complaint_id).label("id")
    accompanying = select(complaint_id).where(is_one_of(col(DispatchFact.of), case_ids))
    given = select(col(ComplaintFact.id)).where(is_one_of(col(ComplaintFact.id), given_ids))
    reports = union(accompanying, given).cte("reports")
    columns: Sequence[Any] = [col(getattr(ComplaintFact, name)) for name in _NAMES]
    is_act = col(ComplaintFact.act).in_(_ACTS)
    has_facts = or_(is_act, col(ComplaintFact.anonim), col(ComplaintFact.rahasia))
    own = select(*columns).join(reports, reports.c.id == col(ComplaintFact.id)).where(has_facts)
    # A follow-up may not have been dispatched yet.
    following = select(*columns).join(reports, reports.c.id == col(ComplaintFact.of)).where(has_facts)
    return union(own, following)
