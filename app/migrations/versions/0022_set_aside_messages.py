"""Messages that are no reports, by the number that their senders were given."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLE = "ledger_set_aside"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        _TABLE,
        sa.Column("message_id", sa.Uuid(), primary_key=True),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_ledger_set_aside_tracking", _TABLE, ["tracking"])


def downgrade() -> None:
    """Undo."""
    op.drop_table(_TABLE)
