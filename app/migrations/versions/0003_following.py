"""What follows a complaint goes where that lies."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("router_dispatch", sa.Column("follows", sa.Uuid(), nullable=True))
    op.create_index("ix_router_dispatch_follows", "router_dispatch", ["follows"])
    op.create_index("ix_router_dispatch_position", "router_dispatch", ["position"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_router_dispatch_position", "router_dispatch")
    op.drop_index("ix_router_dispatch_follows", "router_dispatch")
    op.drop_column("router_dispatch", "follows")
