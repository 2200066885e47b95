"""Messages of each person, and persons who are forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# Reports of earlier versions whose sender a table knows. All were sealed with the shared key.
_EARLIER_REPORTS = """
INSERT INTO person_report (complaint_id, message_id, sender, received_at, has_shared_seal, forgotten_at)
SELECT recipient.complaint_id, recipient.message_id, recipient.sender, complaint.received_at, :yes, NULL
FROM replies_recipient AS recipient JOIN ledger_complaint AS complaint ON complaint.id = recipient.complaint_id
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "person_report",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_shared_seal", sa.Boolean(), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_person_report_sender", "person_report", ["sender"])
    op.create_table(
        "forgotten_sender",
        sa.Column("sender", sa.String(), primary_key=True),
        sa.Column("asked_for", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_forgotten_sender_asked_for", "forgotten_sender", ["asked_for"])
    op.execute(sa.text(_EARLIER_REPORTS).bindparams(yes=True))


def downgrade() -> None:
    """Undo. A rebuild or replay afterwards brings the words of forgotten persons back."""
    op.drop_table("forgotten_sender")
    op.drop_table("person_report")
