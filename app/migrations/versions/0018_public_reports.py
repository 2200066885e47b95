"""Reports of the public view, with their masked words."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TABLE = "public_report"
_FILTERS = ("agency", "topic", "province")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        _TABLE,
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("public_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("title", "text", "agency", "topic")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("region", "province", "state")),
        sa.Column("joined", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("received_at", "published_at", "changed_at")
        ),
    )
    op.create_index("ix_public_report_public_id", _TABLE, ["public_id"], unique=True)
    op.create_index("ix_public_report_newest", _TABLE, ["published_at", "public_id"])
    for name in _FILTERS:
        op.create_index(f"ix_public_report_{name}", _TABLE, [name, "published_at", "public_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table(_TABLE)
