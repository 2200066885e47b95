"""The id of the key of the service, by which a start recognises another key."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_KEY = "service_key"


def upgrade() -> None:
    """Apply. The first process that is ready inserts the row."""
    op.create_table(
        _KEY,
        sa.Column("key_id", sa.String(), primary_key=True),
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table(_KEY)
