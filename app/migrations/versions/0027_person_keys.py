"""Keys of persons, wrapped by a root key."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What is sealed already keeps the shared key."""
    op.create_table(
        "person_key",
        sa.Column("key_id", sa.String(), primary_key=True),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("wrapped", sa.String(), nullable=False),
        sa.Column("root_key_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
    )
    is_active = sa.text("retired_at IS NULL")
    op.create_index(
        "uq_person_key_active",
        "person_key",
        ["sender"],
        unique=True,
        sqlite_where=is_active,
        postgresql_where=is_active,
    )
    op.create_index("ix_person_key_sender", "person_key", ["sender"])
    op.create_index("ix_person_key_root", "person_key", ["root_key_id", "key_id"])


def downgrade() -> None:
    """Undo. What was sealed with the keys cannot be opened afterwards."""
    op.drop_table("person_key")
