"""Comparable forms of earlier complaints, and the keys that find them."""

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
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, primary_key=True
        ),
        sa.Column("complaint_id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("root", sa.Uuid(), nullable=True),
        sa.Column("own", sa.Uuid(), nullable=True),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
    )
    op.create_index("ix_normalize_matter_at", "normalize_matter", ["at"])
    for column, sqlite_condition, postgresql_condition in (
        ("root", "root IS NOT NULL", "root IS NOT NULL"),
        ("own", "own IS NOT NULL", "own IS NOT NULL"),
        ("sender", "joined = 1", "joined"),
    ):
        op.create_index(
            f"ix_normalize_matter_{column}",
            "normalize_matter",
            [column],
            sqlite_where=sa.text(sqlite_condition),
            postgresql_where=sa.text(postgresql_condition),
        )
    op.create_table(
        "normalize_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "slot"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("normalize_key")
    op.drop_table("normalize_matter")
