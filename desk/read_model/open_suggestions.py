"""Conditions and lists of cases with an open suggestion: an earlier case that is perhaps the same.

A suggestion is open while both cases are, they are two, and no person has denied it. That depends on facts of both
cases, so it is not stored: `DeskCase.suggested_id` leads to the few cases that may have one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.conditions import is_latest_dispatch
from cases.facts.tables import CorrectionFact, DispatchFact
from config.conditions import is_one_of
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier, is_in_tier
from messages.shapes import KEPT_APART

# Cases that a page names as perhaps the same as its own.
MAX_SHOWN = 5
# Higher counts are not told apart.
_MAX_COUNT = 100


@dataclass(frozen=True, slots=True)
class SuggestingCases:
    """Cases of an agency that are perhaps the same as one of its cases: the first `numbers`, and the count of all."""

    numbers: Sequence[str]
    count: int


@cache
def has_open_suggestion() -> ColumnElement[bool]:
    """Return the SQL condition that a row of `DeskCase` has an open suggestion. It is built once: each case asks it."""
    latest, other = aliased(DispatchFact), aliased(DeskCase)
    complaint_id, suggested_id = col(DeskCase.complaint_id), col(DeskCase.suggested_id)
    is_other_case = and_(col(other.complaint_id) == col(latest.case_id), col(other.is_current))
    has_other = (
        exists()
        .select_from(latest)
        .where(col(latest.complaint_id) == suggested_id, is_latest_dispatch(latest))
        .where(is_other_case, col(other.complaint_id) != complaint_id, col(other.state) != "selesai")
    )
    first, second = col(CorrectionFact.complaint_id), col(CorrectionFact.apart_from)
    is_pair = or_(
        and_(first == complaint_id, second == suggested_id), and_(first == suggested_id, second == complaint_id)
    )
    is_denied = exists().where(is_pair, col(CorrectionFact.evidence) == KEPT_APART)
    # The literal condition lets SQLite use the partial indexes.
    return and_(suggested_id.is_not(None), has_other, ~is_denied)


def open_suggestions(connection: Connection, rows: Sequence[Row[Any]]) -> Collection[UUID]:
    """Return the dispatches of those of the rows of a list that have an open suggestion."""
    ids = [row.dispatch_id for row in rows if row.suggested_id]
    if not ids:
        return ()
    query = select(col(DeskCase.dispatch_id)).where(is_one_of(col(DeskCase.dispatch_id), ids), has_open_suggestion())
    return set(connection.execute(query).scalars())


def read_suggesting_cases(connection: Connection, tier: Tier, case: Row[Any]) -> SuggestingCases:
    """Return the cases of a tier that are perhaps the same as a case, oldest first."""
    conditions = (
        col(DeskCase.suggested_id) == case.complaint_id,
        is_in_tier(tier),
        has_open_suggestion(),
    )
    # They are few. With an order in the statement, SQLite would read all cases of the agency in this order.
    query = select(col(DeskCase.dispatched_at), col(DeskCase.dispatch_id), col(DeskCase.tracking)).where(*conditions)
    in_order = [row.tracking for row in sorted(connection.execute(query))[:_MAX_COUNT]]
    return SuggestingCases(in_order[:MAX_SHOWN], len(in_order))
