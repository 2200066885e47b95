"""Tables of webhooks and of e-mail notices."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _texts(*names: str) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "desk_webhook",
        sa.Column("id", sa.Uuid(), primary_key=True),
        *_texts("agency", "address", "kinds", "secret", "previous_secret"),
        _time("previous_secret_until", nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        *_texts("created_by"),
        _time("created_at"),
        *_texts("off_reason"),
        _time("off_at", nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        _time("paused_until", nullable=True),
        _time("last_success_at", nullable=True),
    )
    op.create_index("ix_desk_webhook_agency", "desk_webhook", ["agency"])
    op.create_table(
        "desk_webhook_delivery",
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        *_texts("agency", "kind", "number", "case_state"),
        _time("changed_at"),
        *_texts("status"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("first_attempt_at", nullable=True),
        _time("next_at"),
        *_texts("lease"),
        _time("leased_until", nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=False),
        *_texts("error"),
        _time("finished_at", nullable=True),
        sa.UniqueConstraint("change_id", "webhook_id", name="uq_desk_webhook_delivery_change"),
    )
    for name, columns in _DELIVERY_INDEXES.items():
        op.create_index(f"ix_desk_webhook_delivery_{name}", "desk_webhook_delivery", columns)
    op.create_table(
        "desk_mail",
        sa.Column("id", sa.Uuid(), primary_key=True),
        *_texts("kind", "content", "status"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("made_at"),
        _time("next_at"),
        _time("expires_at"),
        *_texts("lease"),
        _time("leased_until", nullable=True),
        *_texts("error"),
        _time("finished_at", nullable=True),
    )
    op.create_index("ix_desk_mail_due", "desk_mail", ["status", "next_at"])
    op.create_index("ix_desk_mail_age", "desk_mail", ["status", "made_at"])
    op.create_table(
        "desk_mail_notice",
        sa.Column("change_id", sa.Uuid(), primary_key=True),
        *_texts("agency", "number"),
        _time("changed_at"),
        _time("notified_at", nullable=True),
    )
    op.create_index("ix_desk_mail_notice_agency", "desk_mail_notice", ["agency", "notified_at"])


_DELIVERY_INDEXES = {
    "due": ["webhook_id", "status", "next_at"],
    "case": ["webhook_id", "number", "position"],
    "list": ["webhook_id", "position"],
    "lease": ["agency", "leased_until"],
    "age": ["status", "changed_at"],
}


def downgrade() -> None:
    """Undo."""
    for name in ("desk_mail_notice", "desk_mail"):
        op.drop_table(name)
    op.drop_table("desk_webhook_delivery")
    op.drop_table("desk_webhook")
