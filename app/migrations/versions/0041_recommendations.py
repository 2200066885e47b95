"""Recommendations of overseers and their answers: with words for the desk, without for oversight."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_DESK, _OVERSIGHT = "desk_recommendation", "oversight_recommendation"
_LISTED = "ix_oversight_recommendation_act"
_FORMER_KINDS = "received,answered,citizen-wrote,moved,due,overdue,three-times-overdue"


def upgrade() -> None:
    """Apply."""
    op.create_table(_DESK, *_columns("text", "actor"))
    op.create_table(_OVERSIGHT, *_columns(), sa.Column("account_id", sa.Uuid(), nullable=True))
    for table in (_DESK, _OVERSIGHT):
        for column in ("recommendation_id", "complaint_id"):
            op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index(_LISTED, _OVERSIGHT, ["act", "at", "id"])
    # A webhook that had all kinds of changes has the new ones, too.
    webhooks = sa.table("desk_webhook", sa.column("kinds"))
    all_kinds = f"{_FORMER_KINDS},recommended,recommendation-due,recommendation-overdue"
    op.execute(webhooks.update().where(webhooks.c.kinds == _FORMER_KINDS).values(kinds=all_kinds))


def downgrade() -> None:
    """Undo."""
    op.drop_table(_OVERSIGHT)
    op.drop_table(_DESK)


def _columns(*texts: str) -> Sequence[sa.Column[Any]]:
    names = ("act", "kind", "agency", *texts)
    return (
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("recommendation_id", "complaint_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in names),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
