"""Links between complaints, and the corrections of persons."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("router_dispatch", sa.Column("follows", sa.Uuid(), nullable=True))
    op.create_index("ix_router_dispatch_follows", "router_dispatch", ["follows"])
    op.create_index("ix_router_dispatch_position", "router_dispatch", ["position"])
    op.create_table(
        "router_belonging",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("belongs_to", sa.Uuid(), nullable=False),
    )
    op.create_index("ix_router_belonging_belongs_to", "router_belonging", ["belongs_to"])
    op.create_table(
        "router_correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("position", sa.String(), nullable=False),
    )
    # What was dispatched before was a case of its own.
    op.add_column("ledger_dispatch", sa.Column("relation", sa.String(), nullable=False, server_default="new"))
    op.add_column("ledger_dispatch", sa.Column("of", sa.Uuid(), nullable=True))
    op.add_column("ledger_dispatch", sa.Column("own_case", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "ledger_correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid(), nullable=True),
        sa.Column("apart_from", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_ledger_correction_complaint_id", "ledger_correction", ["complaint_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("ledger_correction")
    for column in ("own_case", "of", "relation"):
        op.drop_column("ledger_dispatch", column)
    op.drop_table("router_correction")
    op.drop_table("router_belonging")
    op.drop_index("ix_router_dispatch_position", "router_dispatch")
    op.drop_index("ix_router_dispatch_follows", "router_dispatch")
    op.drop_column("router_dispatch", "follows")
