"""Index of the decisions about suggestions that wait for the bus."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_INDEX, _TABLE = "ix_duplicate_decision_waiting", "duplicate_decision"


def upgrade() -> None:
    """Apply."""
    is_waiting = sa.text("correction <> ''")
    op.create_index(_INDEX, _TABLE, ["decided_at"], sqlite_where=is_waiting, postgresql_where=is_waiting)


def downgrade() -> None:
    """Undo."""
    op.drop_index(_INDEX, _TABLE)
