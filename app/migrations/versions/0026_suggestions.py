"""Suggestions of likely duplicates, the decisions of persons about them, and the pairs that are kept apart."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_CORRECTIONS = ("ledger_correction", "desk_correction")


def upgrade() -> None:
    """Apply. Corrections of earlier versions keep an empty evidence: none of them denies a suggestion."""
    op.create_table(
        "ledger_suggestion",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("suggested_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("suggested_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_ledger_suggestion_suggested_id", "ledger_suggestion", ["suggested_id"])
    op.create_index("ix_ledger_suggestion_suggested_at", "ledger_suggestion", ["suggested_at", "complaint_id"])
    op.create_table(
        "duplicate_decision",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("suggested_id", sa.Uuid(), primary_key=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("correction", sa.String(), nullable=False),
    )
    op.create_index("ix_duplicate_decision_decided_at", "duplicate_decision", ["decided_at", "complaint_id"])
    op.create_table(
        "router_kept_apart",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("apart_from", sa.Uuid(), primary_key=True),
    )
    for table in _CORRECTIONS:
        op.add_column(table, sa.Column("evidence", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_desk_correction_apart_from", "desk_correction", ["apart_from"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_desk_correction_apart_from", "desk_correction")
    for table in _CORRECTIONS:
        op.drop_column(table, "evidence")
    for table in ("router_kept_apart", "duplicate_decision", "ledger_suggestion"):
        op.drop_table(table)
