"""All text has the collation of bytes on PostgreSQL: with that of a language, the filter by region hid cases."""

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. `env.py` gives the text of all tables its collation after each migration, also after this one."""


def downgrade() -> None:
    """Undo. Text keeps its collation, which earlier versions of the program read too."""
