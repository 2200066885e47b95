"""Closed cases that new complaints are like."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "ledger_closed_case",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("closed_id", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_own", sa.Boolean(), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("ledger_closed_case")
