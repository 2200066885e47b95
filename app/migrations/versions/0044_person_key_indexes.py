"""Fewer indexes of the persons' keys: each new sender changed a page of each of them."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_TABLE = "person_key"
_IS_RETIRED = sa.text("retired_at IS NOT NULL")


def upgrade() -> None:
    """Apply. The index of active keys finds the others by sender; the root keys were never looked for by theirs."""
    op.drop_index("ix_person_key_root", _TABLE)
    op.drop_index("ix_person_key_sender", _TABLE)
    op.create_index("ix_person_key_retired", _TABLE, ["sender"], sqlite_where=_IS_RETIRED, postgresql_where=_IS_RETIRED)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_person_key_retired", _TABLE)
    op.create_index("ix_person_key_sender", _TABLE, ["sender"])
    op.create_index("ix_person_key_root", _TABLE, ["root_key_id", "key_id"])
