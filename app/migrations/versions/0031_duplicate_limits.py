"""Suggestions and claimed addresses of compared complaints, and the cases whose limit was reached."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_TABLE = "normalize_matter"
_SUGGESTED = sa.text("suggested IS NOT NULL")
_CLAIMED = sa.text("claimed <> ''")


def upgrade() -> None:
    """Apply. Complaints of earlier versions count for no limit of suggestions or of claimed addresses."""
    op.add_column(_TABLE, sa.Column("claimed", sa.String(), nullable=False, server_default=""))
    op.add_column(_TABLE, sa.Column("suggested", sa.Uuid(), nullable=True))
    for name, column, condition in (
        ("ix_normalize_matter_suggested", "suggested", _SUGGESTED),
        ("ix_normalize_matter_suggested_sender", "sender", _SUGGESTED),
        ("ix_normalize_matter_claimed", "claimed", _CLAIMED),
    ):
        op.create_index(name, _TABLE, [column], sqlite_where=condition, postgresql_where=condition)
    op.create_table(
        "normalize_limit",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("normalize_limit")
    for name in ("claimed", "suggested_sender", "suggested"):
        op.drop_index(f"ix_normalize_matter_{name}", _TABLE)
    op.drop_column(_TABLE, "suggested")
    op.drop_column(_TABLE, "claimed")
