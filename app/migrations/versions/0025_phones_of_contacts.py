"""Digests of the numbers of contacts, by which their owners find their reports."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_TABLE = "web_contact"


def upgrade() -> None:
    """Apply. Contacts of earlier versions keep an empty digest."""
    op.add_column(_TABLE, sa.Column("phone_digest", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_web_contact_phone_digest", _TABLE, ["phone_digest"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_web_contact_phone_digest", _TABLE)
    op.drop_column(_TABLE, "phone_digest")
