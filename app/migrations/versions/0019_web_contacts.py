"""Contacts of the form's reports, and codes that prove phone numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "web_contact",
        sa.Column("tracking", sa.String(), primary_key=True, nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("phone_proven_at", sa.DateTime(timezone=True)),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_digest", sa.String(), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True)),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_web_contact_email_digest", "web_contact", ["email_digest", "mailed_at"])
    op.create_table(
        "web_contact_code",
        sa.Column("id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("number_digest", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("code_digest", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_web_contact_code_number", "web_contact_code", ["number_digest", "made_at"])
    op.create_index("ix_web_contact_code_made_at", "web_contact_code", ["made_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("web_contact_code")
    op.drop_table("web_contact")
