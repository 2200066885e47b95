"""Complaints of closed cases: later complaints do not repeat or join them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table("normalize_closed", sa.Column("complaint_id", sa.Uuid(), primary_key=True))


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("normalize_closed")
