"""The version of its shape with each stored dispatch, so that a later version can read it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. All stored dispatches are of the first version."""
    op.add_column("router_dispatch", sa.Column("shape_version", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("router_dispatch", "shape_version")
