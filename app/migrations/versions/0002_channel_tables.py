"""Tables of the channels: attachments, devices, uploads, posts and SMS parts."""

import sqlalchemy as sa
from alembic import op

from config.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "ingest_asked_for_more",
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sender"),
    )
    op.create_table(
        "ingest_attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ingest_device",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("push", sa.String(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("device"),
    )
    op.create_table(
        "ingest_device_message",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("thread", sa.Uuid(), nullable=True),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("ix_ingest_device_message_device", "ingest_device_message", ["device"])
    op.create_table(
        "ingest_device_sequence",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("device", "sequence"),
    )
    op.create_table(
        "ingest_open311_request",
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("service_code", sa.String(), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tracking"),
    )
    op.create_index("ix_ingest_open311_request_client", "ingest_open311_request", ["client"])
    op.create_table(
        "ingest_sms_answer",
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("mark"),
    )
    op.create_index("ix_ingest_sms_answer_due", "ingest_sms_answer", ["due"])
    op.create_table(
        "ingest_sms_part",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("opened", UtcDateTime(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", "opened", "number"),
    )
    op.create_index("ix_ingest_sms_part_due", "ingest_sms_part", ["due"])
    op.create_table(
        "ingest_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("kept", sa.String(), nullable=False),
        sa.Column("refused", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ingest_upload_device", "ingest_upload", ["device"])
    op.create_index("ix_ingest_upload_expires_at", "ingest_upload", ["expires_at"])
    op.create_table(
        "ingest_upload_part",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "start"),
    )
    op.create_table(
        "ingest_x_post",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("ix_ingest_x_post_taken_at", "ingest_x_post", ["taken_at"])
    op.create_table(
        "replies_outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("says", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_replies_outbox_began", "replies_outbox", ["channel", "started_at"])
    op.create_index("ix_replies_outbox_complaint_id", "replies_outbox", ["complaint_id"])
    op.create_index("ix_replies_outbox_due", "replies_outbox", ["channel", "state", "next_at"])
    op.create_table(
        "replies_recipient",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("complaint_id"),
    )
    op.create_index("ix_replies_recipient_sender", "replies_recipient", ["sender"])
    op.create_table(
        "replies_unreachable",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_table(
        "replies_way",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("replies_way")
    op.drop_table("replies_unreachable")
    op.drop_table("replies_recipient")
    op.drop_table("replies_outbox")
    op.drop_table("ingest_x_post")
    op.drop_table("ingest_upload_part")
    op.drop_table("ingest_upload")
    op.drop_table("ingest_sms_part")
    op.drop_table("ingest_sms_answer")
    op.drop_table("ingest_open311_request")
    op.drop_table("ingest_device_sequence")
    op.drop_table("ingest_device_message")
    op.drop_table("ingest_device")
    op.drop_table("ingest_attachment")
    op.drop_table("ingest_asked_for_more")
