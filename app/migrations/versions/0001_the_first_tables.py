"""The first tables."""

import sqlalchemy as sa
from alembic import op

from config.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "ingest_cursor",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "ingest_idempotency_key",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "ledger_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ledger_answer_complaint_id", "ledger_answer", ["complaint_id"])

    op.create_table(
        "ledger_complaint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("anonim", sa.Boolean(), nullable=False),
        sa.Column("rahasia", sa.Boolean(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ledger_complaint_of", "ledger_complaint", ["of"])
    op.create_index("ix_ledger_complaint_tracking", "ledger_complaint", ["tracking"])

    op.create_table(
        "ledger_dispatch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("rules_version", sa.String(), nullable=False),
        sa.Column("dispatched_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ledger_dispatch_complaint_id", "ledger_dispatch", ["complaint_id"])

    op.create_table(
        "normalize_decision",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_table(
        "normalize_seen",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
    op.create_table(
        "router_dispatch",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("dispatch", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("complaint_id", "hop"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("router_dispatch")
    op.drop_table("normalize_seen")
    op.drop_table("normalize_decision")
    op.drop_table("ledger_dispatch")
    op.drop_table("ledger_complaint")
    op.drop_table("ledger_answer")
    op.drop_table("ingest_idempotency_key")
    op.drop_table("ingest_cursor")
