"""Time at which the router processed an answer, closings by the system, and an index of the replies to an address.

The closings by the system are taken from the ledger.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_BY_SYSTEM = """
UPDATE router_answer SET by_system = TRUE FROM ledger_answer
WHERE ledger_answer.id = router_answer.id AND ledger_answer.actor = 'Sistem SP4N-LAPOR!'
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("router_answer", sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("router_answer", sa.Column("by_system", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(_BY_SYSTEM)
    op.create_index("ix_replies_outbox_address", "replies_outbox", ["address", "started_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_replies_outbox_address", "replies_outbox")
    for name in ("by_system", "processed_at"):
        op.drop_column("router_answer", name)
