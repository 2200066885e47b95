"""Marker of a rebuild of the read model of oversight, and an index of the counts of one figure."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_TABLE = "oversight_day"
_INDEX = "ix_oversight_day_measure"
_EARLIER_INDEX = "ix_oversight_day_kind"


def upgrade() -> None:
    """Apply."""
    op.create_table("oversight_rebuild", sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False))
    op.create_index(_INDEX, _TABLE, ["scope_kind", "measure", "day", "scope", "bucket", "channel", "number"])
    op.drop_index(_EARLIER_INDEX, _TABLE)


def downgrade() -> None:
    """Undo."""
    op.create_index(_EARLIER_INDEX, _TABLE, ["scope_kind", "day"])
    op.drop_index(_INDEX, _TABLE)
    op.drop_table("oversight_rebuild")
