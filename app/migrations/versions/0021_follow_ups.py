"""Acts of senders, danger and reopenings in the ledger; the time of each answer at the router.

The router's answers get the bus's time that the ledger has, so that a case that was closed before can be reopened.
An answer that the ledger does not have gets the first day: its case cannot.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_COLUMNS = (
    *(("ledger_complaint", name) for name in ("act", "rating")),
    *(("ledger_dispatch", name) for name in ("act", "rating", "danger", "reopened")),
)
_DEFAULTS: dict[str, tuple[type[sa.String] | type[sa.Integer], str]] = {
    "act": (sa.String, "reports"),
    "rating": (sa.Integer, "0"),
    "danger": (sa.String, ""),
    "reopened": (sa.Integer, "0"),
}
_TAKE_OVER = """
UPDATE router_answer SET taken_at = recorded_at FROM ledger_answer WHERE ledger_answer.id = router_answer.id
"""


def upgrade() -> None:
    """Apply."""
    for table, name in _COLUMNS:
        type_, default = _DEFAULTS[name]
        op.add_column(table, sa.Column(name, type_(), nullable=False, server_default=default))
    first_day = sa.text("'1970-01-01 00:00:00'")
    taken_at = sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False, server_default=first_day)
    op.add_column("router_answer", taken_at)
    op.execute(_TAKE_OVER)


def downgrade() -> None:
    """Undo."""
    op.drop_column("router_answer", "taken_at")
    for table, name in reversed(_COLUMNS):
        op.drop_column(table, name)
