"""City and end of the reports of the public view, with the indexes of their filters."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TABLE = "public_report"
_FILTERS = ("city", "is_closed")
# `33.74` and `33.74.01` are in the city 33.74.
_SET_FILTERS = """
UPDATE public_report SET
    city = CASE WHEN length(region) >= 5 THEN substr(region, 1, 5) ELSE '' END,
    is_closed = state IN ('selesai', 'bukan-laporan', 'ditarik')
"""


def upgrade() -> None:
    """Apply."""
    op.add_column(_TABLE, sa.Column("city", sa.String(), nullable=False, server_default=""))
    op.add_column(_TABLE, sa.Column("is_closed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(_SET_FILTERS)
    for name in _FILTERS:
        op.create_index(f"ix_public_report_{name}", _TABLE, [name, "published_at", "public_id"])


def downgrade() -> None:
    """Undo."""
    for name in _FILTERS:
        op.drop_index(f"ix_public_report_{name}", _TABLE)
        op.drop_column(_TABLE, name)
