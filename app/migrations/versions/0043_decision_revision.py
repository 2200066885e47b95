"""The revision of what normalizers decide by: they decide without the lock, and hold it to write."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_REVISION = "normalize_revision"


def upgrade() -> None:
    """Apply. The first transaction that holds the lock inserts the row."""
    op.create_table(
        _REVISION,
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table(_REVISION)
