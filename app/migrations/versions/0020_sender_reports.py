"""Reports of proven senders, the time at which a case was closed or opened again, and acts with their decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. The time of earlier closings is not known."""
    op.create_table(
        "normalize_sender_report",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        _time("at", nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("anonim", "rahasia")),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("lacks_place", "lacks_matter")),
        *(_time(name) for name in ("asked_at", "answered_at", "continued_at")),
    )
    op.create_index("ix_normalize_sender_report_sender", "normalize_sender_report", ["sender", "at"])
    op.create_index("ix_normalize_sender_report_at", "normalize_sender_report", ["at"])
    op.add_column("normalize_closed", _time("closed_at"))
    op.add_column("normalize_closed", _time("reopened_at"))
    op.add_column("normalize_decision", sa.Column("follow_up", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Undo. What a sender had opened again is closed."""
    for table, column in (
        ("normalize_decision", "follow_up"),
        ("normalize_closed", "reopened_at"),
        ("normalize_closed", "closed_at"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
    op.drop_table("normalize_sender_report")


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
