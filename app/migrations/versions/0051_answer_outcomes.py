"""Outcomes of answers at the router, in the ledger, at the desk and in oversight."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

_TABLES = ("ledger_answer_outcome", "desk_answer_outcome", "oversight_answer_outcome")


def upgrade() -> None:
    """Apply. An answer from before has no outcome: it counts by its time, as it did."""
    for table in _TABLES:
        op.create_table(
            table,
            sa.Column("answer_id", sa.Uuid(), primary_key=True),
            sa.Column("complaint_id", sa.Uuid(), nullable=False),
            sa.Column("case_id", sa.Uuid(), nullable=False),
            sa.Column("agency", sa.String(), nullable=False),
            sa.Column("hop", sa.Integer(), nullable=False),
            sa.Column("outcome", sa.String(), nullable=False),
        )


def downgrade() -> None:
    """Undo."""
    for table in reversed(_TABLES):
        op.drop_table(table)
