"""Tables of accounts: persons, sessions, invitations, second factors and sign-in attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("wants_digest", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("email"),
    )
    op.create_index("ix_account_agency", "account", ["agency"])
    op.create_table(
        "account_session",
        sa.Column("token_hash", sa.String(), primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id"])
    op.create_table(
        "account_pending_sign_in",
        sa.Column("token_hash", sa.String(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("continue_at", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("code_verifier", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_account_pending_sign_in_account_id", "account_pending_sign_in", ["account_id"])
    op.create_index("ix_account_pending_sign_in_created_at", "account_pending_sign_in", ["created_at"])
    op.create_table(
        "account_invitation",
        sa.Column("token_hash", sa.String(), primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("id"),
    )
    for column in ("account_id", "email", "agency"):
        op.create_index(f"ix_account_invitation_{column}", "account_invitation", [column])
    op.create_table(
        "account_sign_in_attempt",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subject", sa.String(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_account_sign_in_attempt_at", "account_sign_in_attempt", ["at"])
    op.create_index("ix_account_sign_in_attempt_subject_at", "account_sign_in_attempt", ["subject", "at"])
    op.create_table(
        "account_second_factor",
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "account_recovery_code",
        sa.Column("code_hash", sa.String(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
    )
    op.create_index("ix_account_recovery_code_account_id", "account_recovery_code", ["account_id"])


def downgrade() -> None:
    """Undo."""
    for table in (
        "account_recovery_code",
        "account_second_factor",
        "account_sign_in_attempt",
        "account_invitation",
        "account_pending_sign_in",
        "account_session",
        "account",
    ):
        op.drop_table(table)
