"""Senders who were told that everybody may read reports."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_NOTICE = "ingest_public_notice"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        _NOTICE,
        sa.Column("sender", sa.String(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table(_NOTICE)
