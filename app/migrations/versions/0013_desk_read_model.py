"""Tables of the desk's read model, and its index of words."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_FACTS = ("desk_dispatch", "desk_answer", "desk_complaint", "desk_correction")


def upgrade() -> None:
    """Apply."""
    _create_facts()
    _create_cases()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE desk_search (dispatch_id UUID PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_desk_search_words ON desk_search USING gin (words)")
    else:
        op.execute("CREATE VIRTUAL TABLE desk_search USING fts5(dispatch_id UNINDEXED, words)")


def downgrade() -> None:
    """Undo."""
    op.execute("DROP TABLE desk_search")
    for table in ("desk_case", *_FACTS):
        op.drop_table(table)


def _create_facts() -> None:
    op.create_table(
        "desk_dispatch",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("own_case", sa.Boolean(), nullable=False),
        sa.Column("of", sa.Uuid()),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("is_latest", "is_from_sender", "is_message")),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("dispatch", sa.String(), nullable=False),
        sa.Column("shape_version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_desk_dispatch_tracking", "desk_dispatch", ["tracking"])
    op.create_index("ix_desk_dispatch_complaint", "desk_dispatch", ["complaint_id", "hop"])
    op.create_index("ix_desk_dispatch_accompanying", "desk_dispatch", ["of", "agency", "relation", "is_latest", "at"])
    op.create_table(
        "desk_answer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("verdict", "text")),
        sa.Column("suggested_agency", sa.String()),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("position", sa.String(), nullable=False),
    )
    op.create_index("ix_desk_answer_dispatch_id", "desk_answer", ["dispatch_id"])
    op.create_table(
        "desk_complaint",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("anonim", sa.Boolean(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid()),
    )
    op.create_index("ix_desk_complaint_of", "desk_complaint", ["of"])
    op.create_table(
        "desk_correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid()),
        sa.Column("apart_from", sa.Uuid()),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_desk_correction_complaint_id", "desk_correction", ["complaint_id"])
    op.create_index("ix_desk_correction_of", "desk_correction", ["of"])


def _create_cases() -> None:
    op.create_table(
        "desk_case",
        sa.Column("dispatch_id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tracking", "agency", "tab", "state")),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("is_open", "is_current")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dispatched_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("clock_stopped", sa.Boolean(), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("unopposed_since", _TIME),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("hop", "refusals", "reopened", "joined", "pictures")
        ),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("danger", "topic", "region", "channel", "kind", "title", "text", "place")
        ),
        sa.Column("rahasia", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_desk_case_complaint", "desk_case", ["complaint_id", "agency", "hop"])
    for name, columns in (
        ("due", ["due_at", "dispatch_id"]),
        ("changed", ["changed_at", "dispatch_id"]),
        ("topic", ["topic", "due_at", "dispatch_id"]),
        ("region", ["region", "due_at", "dispatch_id"]),
        ("joined", ["joined", "dispatch_id"]),
        ("refusals", ["refusals", "dispatch_id"]),
    ):
        op.create_index(f"ix_desk_case_{name}", "desk_case", ["agency", "tab", *columns])
    op.create_index("ix_desk_case_unopposed", "desk_case", ["unopposed_since", "dispatch_id"])
    op.create_index("ix_desk_case_open", "desk_case", ["agency", "is_open", "due_at", "dispatch_id"])
