"""Danger to life of which the reports of a case tell, as an SQL expression."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.conditions import is_latest_dispatch
from cases.facts.tables import DispatchFact


def case_danger() -> ColumnElement[str]:
    """Return the danger in the case of a dispatch, or in a report that accompanies the case now; "" without one."""
    follower = aliased(DispatchFact)
    of_followers = (
        select(func.max(col(follower.danger)))
        .where(col(follower.of) == col(DispatchFact.complaint_id), col(follower.own_case).is_(other=False))
        .where(is_latest_dispatch(follower))
        .correlate(DispatchFact)
        .scalar_subquery()
    )
    return func.coalesce(func.nullif(col(DispatchFact.danger), ""), of_followers, "")
