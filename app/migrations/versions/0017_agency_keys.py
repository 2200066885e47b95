"""Keys of the programming interface of agencies, its idempotency keys, and the numbers of changes that it lists."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLES = ("desk_idempotency_key", "desk_key", "desk_case_change")
_CHANGES = sa.table(
    "desk_case_change", sa.column("dispatch_id", sa.Uuid()), sa.column("agency"), sa.column("seq", sa.BigInteger())
)
_CASES = sa.table("desk_case", sa.column("dispatch_id", sa.Uuid()), sa.column("agency"), sa.column("changed_at"))


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "desk_case_change",
        sa.Column("dispatch_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_desk_case_change_seq", "desk_case_change", ["agency", "seq"], unique=True)
    op.create_index("ix_desk_case_dispatched", "desk_case", ["agency", "dispatched_at", "dispatch_id"])
    _number_existing_cases()
    op.create_table(
        "desk_key",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        _time("created_at"),
        _time("expires_at", nullable=True),
        _time("revoked_at", nullable=True),
        _time("last_used_at", nullable=True),
    )
    op.create_index("ix_desk_key_agency", "desk_key", ["agency"])
    op.create_table(
        "desk_idempotency_key",
        sa.Column("digest", sa.String(), primary_key=True),
        sa.Column("payload", sa.String(), nullable=False),
        _time("used_at"),
    )
    op.create_index("ix_desk_idempotency_key_used_at", "desk_idempotency_key", ["used_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_desk_case_dispatched", "desk_case")
    for table in _TABLES:
        op.drop_table(table)


def _number_existing_cases() -> None:
    """Number the cases of each agency by their last change."""
    order = sa.func.row_number().over(
        partition_by=_CASES.c.agency, order_by=(_CASES.c.changed_at, _CASES.c.dispatch_id)
    )
    numbered = sa.select(_CASES.c.dispatch_id, _CASES.c.agency, order)
    op.execute(sa.insert(_CHANGES).from_select(["dispatch_id", "agency", "seq"], numbered))


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
