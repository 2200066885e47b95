"""The confidence of a case at triage: that of the likeliest agency. Before, it was that no agency could be found."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Nobody knows the probability of the likeliest agency of the earlier cases."""
    op.execute("UPDATE ledger_dispatch SET confidence = 0 WHERE agency = 'triage'")


def downgrade() -> None:
    """Undo nothing: the earlier values are lost, and no decision depends on them."""
