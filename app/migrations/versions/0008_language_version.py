"""The version of the language model that a message was read with, beside each decision of the normalizer.

Earlier decisions have an empty version: the model had none when they were made.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("normalize_decision", sa.Column("language_version", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("normalize_decision", "language_version")
