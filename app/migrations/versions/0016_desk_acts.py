"""Tables of the desk's own state: acts on their way, notes, templates, units and officers of cases."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TABLES = ("desk_act", "desk_note", "desk_template", "desk_assignment", "desk_holder")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "desk_act",
        _id("id"),
        _id("dispatch_id", is_key=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_texts("agency", "account_id", "actor", "verdict", "text"),
        sa.Column("suggested_agency", sa.String()),
        *_texts("answer"),
        _time("at"),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("dispatch_id", "version"),
    )
    op.create_index("ix_desk_act_published_at", "desk_act", ["published_at", "at"])
    op.create_table(
        "desk_note", _id("id"), _id("complaint_id", is_key=False), *_texts("agency", "actor", "text"), _time("at")
    )
    op.create_index("ix_desk_note_case", "desk_note", ["complaint_id", "agency", "at"])
    op.create_table("desk_template", _id("id"), *_texts("agency", "title", "text", "actor"), _time("changed_at"))
    op.create_index("ix_desk_template_agency", "desk_template", ["agency"])
    op.create_table(
        "desk_assignment",
        _id("id"),
        _id("dispatch_id", is_key=False),
        *_texts("agency", "unit", "account_id", "name", "actor", "why"),
        _time("at"),
    )
    op.create_index("ix_desk_assignment_case", "desk_assignment", ["dispatch_id", "at"])
    op.create_table("desk_holder", _id("dispatch_id"), *_texts("agency", "unit", "account_id", "name"))
    op.create_index("ix_desk_holder_account", "desk_holder", ["agency", "account_id", "dispatch_id"])
    op.create_index("ix_desk_holder_unit", "desk_holder", ["agency", "unit", "dispatch_id"])


def downgrade() -> None:
    """Undo."""
    for table in _TABLES:
        op.drop_table(table)


def _id(name: str, *, is_key: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), primary_key=is_key, nullable=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
