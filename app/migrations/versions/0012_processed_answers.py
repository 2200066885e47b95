"""Answers that the router processed; the bus's time and the position of each answer in the ledger.

The answers in the ledger are taken over: a case that was closed before must count as closed. Answers to a dispatch of
another agency are not. An answer to an accompanying report counts for the dispatch of its case at the same agency.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TAKE_OVER = """
INSERT INTO router_answer (id, position, dispatch_id, verdict, outcome)
SELECT id, '', dispatch_id, verdict, 'counted' FROM (
    SELECT answer.id AS id, answer.verdict AS verdict, CASE
        WHEN dispatch.own_case OR dispatch.of IS NULL THEN dispatch.id
        ELSE (
            SELECT cases.id FROM ledger_dispatch AS cases
            WHERE cases.complaint_id = dispatch.of AND cases.agency = dispatch.agency
            ORDER BY cases.hop DESC LIMIT 1
        ) END AS dispatch_id
    FROM ledger_answer AS answer
    JOIN ledger_dispatch AS dispatch
      ON dispatch.id = answer.dispatch_id AND dispatch.agency = answer.agency
      AND dispatch.complaint_id = answer.complaint_id
) AS answers WHERE dispatch_id IS NOT NULL
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "router_answer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
    )
    op.create_index("ix_router_answer_dispatch_id", "router_answer", ["dispatch_id"])
    first_day = sa.text("'1970-01-01 00:00:00'")
    recorded_at = sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=first_day)
    op.add_column("ledger_answer", recorded_at)
    op.add_column("ledger_answer", sa.Column("position", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_ledger_answer_position", "ledger_answer", ["position"])
    op.execute("UPDATE ledger_answer SET recorded_at = answered_at")
    op.execute(_TAKE_OVER)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_ledger_answer_position", "ledger_answer")
    for name in ("position", "recorded_at"):
        op.drop_column("ledger_answer", name)
    op.drop_index("ix_router_answer_dispatch_id", "router_answer")
    op.drop_table("router_answer")
