"""Time at which a file was last sent: a file that is sent again must not be purged by its first time."""

import sqlalchemy as sa
from alembic import op

from config.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    never = sa.text("'2000-01-01 00:00:00+00'")
    op.add_column("ingest_attachment", sa.Column("brought_at", UtcDateTime(), nullable=False, server_default=never))
    op.execute("UPDATE ingest_attachment SET brought_at = kept_at")


def downgrade() -> None:
    """Undo."""
    op.drop_column("ingest_attachment", "brought_at")
