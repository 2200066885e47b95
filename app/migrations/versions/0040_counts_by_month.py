"""Counts of provinces, agencies and topics by month instead of by day, and without what follows from other counts.

Counts of the nation stay by day. Of cases that missed a period or left it, no day matters any more. Open cases are the
counts of `finish_open`.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_NAMES = ("scope_kind", "scope", "day", "measure", "bucket", "channel", "number")
_TABLE = sa.table("oversight_day", *map(sa.column, _NAMES))
_COUNTS = _TABLE.c
_MONTHS = "oversight_day_by_month"


def upgrade() -> None:
    """Apply. The numbers of each month stay the same."""
    months = op.create_table(
        _MONTHS,
        *(sa.Column(name, sa.String()) for name in ("scope_kind", "scope")),
        sa.Column("day", sa.Date()),
        sa.Column("measure", sa.String()),
        sa.Column("bucket", sa.Integer()),
        sa.Column("channel", sa.String()),
        sa.Column("number", sa.Integer()),
    )
    key: dict[str, Any] = {name: _COUNTS[name] for name in _NAMES[:-1]}
    key |= {"day": _counted_day(), "bucket": _bucket()}
    number = sa.func.sum(_COUNTS.number)
    counts = sa.select(*(value.label(name) for name, value in key.items()), number.label("number"))
    counts = counts.where(_COUNTS.measure != "open_since").group_by(*key.values()).having(number != 0)
    op.execute(sa.insert(months).from_select(_NAMES, counts))
    op.execute(sa.delete(_TABLE))
    op.execute(sa.insert(_TABLE).from_select(_NAMES, sa.select(*(months.c[name] for name in _NAMES))))
    op.drop_table(_MONTHS)


def downgrade() -> None:
    """Undo. The earlier program has counts of its own for open cases. It adds days up, so it can use months, too."""
    values = (sa.literal("open_since") if name == "measure" else _COUNTS[name] for name in _NAMES)
    open_cases = sa.select(*values).where(_COUNTS.measure == "finish_open")
    op.execute(sa.insert(_TABLE).from_select(_NAMES, open_cases))


def _counted_day() -> Any:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    first_day = (
        sa.cast(sa.func.date_trunc(sa.literal_column("'month'"), _COUNTS.day), sa.Date())
        if is_postgresql
        else sa.func.date(_COUNTS.day, sa.literal_column("'start of month'"))
    )
    return sa.case((_COUNTS.scope_kind == sa.literal_column("'nation'"), _COUNTS.day), else_=first_day)


def _bucket() -> Any:
    has_passed = sa.or_(*(_COUNTS.measure.like(sa.literal_column(f"'%{end}'")) for end in ("missed", "dropped")))
    return sa.case((has_passed, sa.literal_column("0")), else_=_COUNTS.bucket)
