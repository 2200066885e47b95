"""Reports of the public view by day, and the decisions of officers about them.

The public reports are deleted: some of them must not be read before an officer has released them, and only the service
can tell which. `satupintu public-rebuild` writes the others again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_REPORT, _RELEASE = "public_report", "public_release"
_FILTERS = ("agency", "topic", "province", "city", "is_closed")
_WORDS = ("title", "text", "agency", "topic", "region", "province", "city", "state")


def upgrade() -> None:
    """Apply."""
    op.drop_table(_REPORT)
    op.create_table(
        _REPORT,
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("shown_from", sa.Date(), primary_key=True),
        sa.Column("shown_until", sa.Date(), nullable=True),
        sa.Column("public_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _WORDS),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("joined", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("published_on", "changed_on")),
    )
    for name in ("shown_until", "public_id"):
        op.create_index(f"ix_public_report_{name}", _REPORT, [name])
    op.create_index("ix_public_report_newest", _REPORT, ["published_on", "public_id"])
    for name in _FILTERS:
        op.create_index(f"ix_public_report_{name}", _REPORT, [name, "published_on", "public_id"])
    op.create_table(
        _RELEASE,
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("is_released", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_derived", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_public_release_is_derived", _RELEASE, ["is_derived"])


def downgrade() -> None:
    """Undo. The public reports must be written again by `satupintu public-rebuild`."""
    op.drop_table(_RELEASE)
    op.drop_table(_REPORT)
    op.create_table(
        _REPORT,
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("public_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("title", "text", "agency", "topic")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("region", "province", "state")),
        sa.Column("joined", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("received_at", "published_at", "changed_at")
        ),
        sa.Column("city", sa.String(), nullable=False, server_default=""),
        sa.Column("is_closed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_public_report_public_id", _REPORT, ["public_id"], unique=True)
    op.create_index("ix_public_report_newest", _REPORT, ["published_at", "public_id"])
    for name in _FILTERS:
        op.create_index(f"ix_public_report_{name}", _REPORT, [name, "published_at", "public_id"])
