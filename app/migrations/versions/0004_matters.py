"""What complaints are compared with, and the keys by which they are found."""

import sqlalchemy as sa
from alembic import op

from config.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "normalize_matter",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("root", sa.Uuid(), nullable=False),
        sa.Column("own", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
    )
    for column in ("root", "own", "sender", "at"):
        op.create_index(f"ix_normalize_matter_{column}", "normalize_matter", [column])
    op.create_table(
        "normalize_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", "slot"),
    )
    op.create_index("ix_normalize_key_at", "normalize_key", ["at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("normalize_key")
    op.drop_table("normalize_matter")
