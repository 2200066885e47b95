"""Events of deadlines: the running clocks, what is told of them, and the kinds of notices to officers."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. All notices of earlier versions were about citizens who wrote."""
    op.add_column("desk_mail_notice", sa.Column("kind", sa.String(), nullable=False, server_default="citizen-wrote"))
    op.create_table(
        "oversight_notice",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
    )
    op.create_table(
        "oversight_clock",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("clock", sa.String(), primary_key=True),
        sa.Column("hop", sa.Integer(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("agency_hop", sa.Integer(), nullable=True),
        sa.Column("last_day_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("three_times_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_oversight_clock_next", "oversight_clock", ["next_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("oversight_clock")
    op.drop_table("oversight_notice")
    op.drop_column("desk_mail_notice", "kind")
