"""Danger to life of which the reports of a case tell, as an SQL expression."""

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.tables import DispatchFact


def case_danger() -> ColumnElement[str]:
    """Return the danger in the case of a dispatch, or in a report that accompanies the case now; "" without one."""
    follower, later = aliased(DispatchFact), aliased(DispatchFact)
    has_later = and_(col(later.complaint_id) == col(follower.complaint_id), col(later.hop) > col(follower.hop))
    of_followers = (
        select(func.max(col(follower.danger)))
        .where(col(follower.of) == col(DispatchFact.complaint_id), col(follower.own_case).is_(other=False))
        .where(~exists().where(has_later))
        .correlate(DispatchFact)
        .scalar_subquery()
    )
    return func.coalesce(func.nullif(col(DispatchFact.danger), ""), of_followers, "")
