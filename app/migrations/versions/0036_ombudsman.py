"""Hand-over of cases to the Ombudsman: the question to the sender, the consent, and the files that were made."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. All stored hand-overs of earlier versions are of files that were made."""
    op.add_column(
        "oversight_hand_over",
        sa.Column("event", sa.String(), nullable=False, server_default="handed-to-ombudsman"),
    )
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "oversight_consent",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("ask_at", moment, nullable=True),
        sa.Column("asked_at", moment, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("answer_act", sa.String(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=True),
        sa.Column("next_at", moment, nullable=True),
    )
    op.create_index("ix_oversight_consent_next", "oversight_consent", ["next_at"])
    op.create_index("ix_oversight_consent_state", "oversight_consent", ["state", "answered_at"])
    op.create_table(
        "normalize_ombudsman_question",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("asked_at", moment, nullable=False),
    )
    op.create_index("ix_normalize_ombudsman_question_asked_at", "normalize_ombudsman_question", ["asked_at"])
    op.create_table(
        "ledger_ombudsman",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("event", sa.String(), primary_key=True),
        sa.Column("at", moment, nullable=False),
    )
    op.create_table(
        "ombudsman_export",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("exported_at", moment, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("ombudsman_export")
    op.drop_table("ledger_ombudsman")
    op.drop_table("normalize_ombudsman_question")
    op.drop_table("oversight_consent")
    op.drop_column("oversight_hand_over", "event")
