"""Counts of the unanswered cases in each agency's queue, by day. They were counted over the whole ledger before."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from typing import Any

import sqlalchemy as sa
from alembic import op

from config.time_zones import TimeZone

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_COUNTS = "ledger_queue_day"
_AGENCY, _AGENCY_AND_TIME = "ix_ledger_dispatch_agency", "ix_ledger_dispatch_agency_dispatched_at"
_ROWS_AT_ONCE = 10_000
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply. A million dispatches take some seconds."""
    op.create_index(_AGENCY_AND_TIME, "ledger_dispatch", ["agency", "dispatched_at"])
    op.drop_index(_AGENCY, "ledger_dispatch")
    counts = op.create_table(
        _COUNTS,
        sa.Column("agency", sa.String(), primary_key=True),
        *(sa.Column(name, _MOMENT, primary_key=True) for name in ("dispatched_day", "due_day")),
        sa.Column("number", sa.Integer(), nullable=False),
    )
    rows = op.get_bind().execute(_unanswered_cases(), execution_options={"yield_per": _ROWS_AT_ONCE})
    numbers = Counter((agency, *days) for agency, *days in _by_day(rows))
    if numbers:
        names = ("agency", "dispatched_day", "due_day")
        op.bulk_insert(counts, [{**dict(zip(names, key, strict=True)), "number": numbers[key]} for key in numbers])


def downgrade() -> None:
    """Undo. The earlier program counts over the whole ledger."""
    op.drop_table(_COUNTS)
    op.create_index(_AGENCY, "ledger_dispatch", ["agency"])
    op.drop_index(_AGENCY_AND_TIME, "ledger_dispatch")


def _unanswered_cases() -> sa.Select[Any]:
    """Return agency, time and due time of the latest dispatches that are cases of their own and have no answer."""
    dispatch = sa.table("ledger_dispatch", *_columns("id", "complaint_id", "agency", "hop"), *_details())
    later = dispatch.alias()
    answer = sa.table("ledger_answer", *_columns("dispatch_id", "agency"))
    has_later = sa.exists().where(later.c.complaint_id == dispatch.c.complaint_id, later.c.hop > dispatch.c.hop)
    has_answer = sa.exists().where(answer.c.dispatch_id == dispatch.c.id, answer.c.agency == dispatch.c.agency)
    columns = (dispatch.c.agency, dispatch.c.dispatched_at, dispatch.c.due_at)
    return sa.select(*columns).where(dispatch.c.own_case, ~has_later, ~has_answer)


def _columns(*names: str) -> Iterable[sa.ColumnClause[Any]]:
    return map(sa.column, names)


def _details() -> Iterable[sa.ColumnClause[Any]]:
    yield sa.column("own_case", sa.Boolean())
    yield from (sa.column(name, _MOMENT) for name in ("dispatched_at", "due_at"))


def _by_day(rows: Iterable[Any]) -> Iterator[tuple[str, datetime, datetime]]:
    for agency, dispatched_at, due_at in rows:
        yield agency, _start_of_day(dispatched_at), _start_of_day(due_at)


def _start_of_day(at: datetime) -> datetime:
    """Return the moment at which a day began in Jakarta, in UTC. SQLite returns and stores times without a zone."""
    day = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(TimeZone.WIB.value).date()
    start = datetime.combine(day, time(), TimeZone.WIB.value).astimezone(UTC)
    return start if at.tzinfo else start.replace(tzinfo=None)
