"""Index of the audit log that leads to the latest acts of one kind by one person."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_INDEX = "ix_audit_log_action"


def upgrade() -> None:
    """Apply."""
    op.create_index(_INDEX, "audit_log", ["action", "actor", "seq"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(_INDEX, "audit_log")
