"""The case that a case of the desk is perhaps the same as, for the list."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_TABLE = "desk_case"
_IS_SUGGESTED = sa.text("suggested_id IS NOT NULL")
_INDEXES = {
    "ix_desk_case_suggestion": ["agency", "tab", "due_at", "dispatch_id"],
    "ix_desk_case_suggested": ["suggested_id", "agency"],
}


def upgrade() -> None:
    """Apply. Cases of earlier versions are marked after `satupintu desk rebuild`."""
    op.add_column(_TABLE, sa.Column("suggested_id", sa.Uuid(), nullable=True))
    for name, columns in _INDEXES.items():
        op.create_index(name, _TABLE, columns, sqlite_where=_IS_SUGGESTED, postgresql_where=_IS_SUGGESTED)


def downgrade() -> None:
    """Undo."""
    for name in _INDEXES:
        op.drop_index(name, _TABLE)
    op.drop_column(_TABLE, "suggested_id")
