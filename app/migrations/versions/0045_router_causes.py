"""The record that leads to a dispatch, by position and id, and the partitions that the router holds."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_DISPATCH, _PARTITION = "router_dispatch", "router_partition"
# A first dispatch has the position of its own complaint. Complaints that a record moves have the same position.
_CAUSES = (
    (
        "UPDATE router_dispatch SET cause_id = cause.id FROM (SELECT position, complaint_id AS id FROM router_dispatch"
        " WHERE hop = 0 AND position <> '') AS cause WHERE cause.position = router_dispatch.position"
    ),
    (
        "UPDATE router_dispatch SET cause_id = cause.id FROM router_correction AS cause"
        " WHERE cause.position = router_dispatch.position AND router_dispatch.position <> ''"
    ),
    (
        "UPDATE router_dispatch SET cause_id = cause.id FROM router_answer AS cause"
        " WHERE cause.position = router_dispatch.position AND router_dispatch.position <> ''"
    ),
)


def upgrade() -> None:
    """Apply."""
    op.add_column(_DISPATCH, sa.Column("cause_id", sa.Uuid(), nullable=True))
    for statement in _CAUSES:
        op.execute(statement)
    op.create_table(
        _PARTITION,
        sa.Column("topic", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table(_PARTITION)
    op.drop_column(_DISPATCH, "cause_id")
