"""The read model of oversight: facts, one row for each report, and counts by day."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_TABLES = (
    *("oversight_report", "oversight_dispatch", "oversight_answer", "oversight_correction"),
    *("oversight_hand_over", "oversight_case", "oversight_day", "oversight_pair_day"),
)


def upgrade() -> None:
    """Apply. The stage fills the tables; `satupintu oversight rebuild` does so again."""
    op.create_table(
        "oversight_report",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid(), nullable=True),
    )
    op.create_table(
        "oversight_dispatch",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("own_case", sa.Boolean(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
    )
    op.create_index("ix_oversight_dispatch_complaint", "oversight_dispatch", ["complaint_id", "hop"])
    op.create_index("ix_oversight_dispatch_of", "oversight_dispatch", ["of", "relation", "complaint_id"])
    op.create_table(
        "oversight_answer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
    )
    op.create_index("ix_oversight_answer_dispatch_id", "oversight_answer", ["dispatch_id"])
    op.create_table(
        "oversight_correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid(), nullable=True),
        sa.Column("is_denial", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_oversight_correction_complaint_id", "oversight_correction", ["complaint_id"])
    op.create_table(
        "oversight_hand_over",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_oversight_hand_over_complaint_id", "oversight_hand_over", ["complaint_id"])
    op.create_table(
        "oversight_case",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_own_case", sa.Boolean(), nullable=False),
        sa.Column("merged", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("first_agency", sa.String(), nullable=False),
        sa.Column("answer_agency", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("hops", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("closings", sa.Integer(), nullable=False),
        sa.Column("reopenings", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("forwarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forward_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forward_outcome", sa.String(), nullable=False),
        sa.Column("first_agency_outcome", sa.String(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touch_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touch_outcome", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_outcome", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("three_times_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ping_pong", sa.String(), nullable=False),
        sa.Column("tables_version", sa.String(), nullable=False),
    )
    op.create_index("ix_oversight_case_agency_due", "oversight_case", ["agency", "open_due_at"])
    op.create_index("ix_oversight_case_agency_received", "oversight_case", ["agency", "received_at", "complaint_id"])
    op.create_index("ix_oversight_case_due", "oversight_case", ["open_due_at"])
    op.create_index("ix_oversight_case_province_due", "oversight_case", ["province", "open_due_at"])
    op.create_index("ix_oversight_case_received", "oversight_case", ["received_at", "complaint_id"])
    op.create_index("ix_oversight_case_topic_due", "oversight_case", ["topic", "open_due_at"])
    op.create_index("ix_oversight_case_tracking", "oversight_case", ["tracking"])
    op.create_index("ix_oversight_case_version", "oversight_case", ["tables_version"])
    op.create_table(
        "oversight_day",
        sa.Column("scope_kind", sa.String(), primary_key=True),
        sa.Column("scope", sa.String(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("measure", sa.String(), primary_key=True),
        sa.Column("bucket", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("channel", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
    )
    op.create_index("ix_oversight_day_kind", "oversight_day", ["scope_kind", "day"])
    op.create_table(
        "oversight_pair_day",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("province", sa.String(), primary_key=True),
        sa.Column("topic", sa.String(), primary_key=True),
        sa.Column("refused_by", sa.String(), primary_key=True),
        sa.Column("next_agency", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
    )
    op.create_index("ix_oversight_pair_day_next_agency", "oversight_pair_day", ["next_agency", "day"])
    op.create_index("ix_oversight_pair_day_province", "oversight_pair_day", ["province", "day"])
    op.create_index("ix_oversight_pair_day_refused_by", "oversight_pair_day", ["refused_by", "day"])
    op.create_index("ix_oversight_pair_day_topic", "oversight_pair_day", ["topic", "day"])


def downgrade() -> None:
    """Undo."""
    for table in reversed(_TABLES):
        op.drop_table(table)
