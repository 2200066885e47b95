"""Confidence, topic, region and actor of a dispatch; the suggested agency of a refusal; rules for refusal counts."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_INDEXES = (
    *(("ledger_dispatch", column) for column in ("agency", "of", "dispatched_at")),
    ("ledger_answer", "dispatch_id"),
)
_TEXTS = ("rules", "topic", "region", "actor")


def upgrade() -> None:
    """Apply."""
    none, sure, nothing = sa.text("'[]'"), sa.text("1"), sa.text("''")
    op.add_column("ledger_dispatch", sa.Column("alternatives", sa.String(), nullable=False, server_default=none))
    op.add_column("ledger_dispatch", sa.Column("confidence", sa.Float(), nullable=False, server_default=sure))
    for name in _TEXTS:
        op.add_column("ledger_dispatch", sa.Column(name, sa.String(), nullable=False, server_default=nothing))
    op.add_column("ledger_answer", sa.Column("theirs", sa.String(), nullable=True))
    op.add_column("ledger_answer", sa.Column("actor", sa.String(), nullable=False, server_default=nothing))
    for table, column in _INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])
    _fill(op.get_bind())


def downgrade() -> None:
    """Undo."""
    for table, column in _INDEXES:
        op.drop_index(f"ix_{table}_{column}", table)
    for name in ("actor", "theirs"):
        op.drop_column("ledger_answer", name)
    for name in (*_TEXTS, "confidence", "alternatives"):
        op.drop_column("ledger_dispatch", name)


def _fill(connection: sa.Connection) -> None:
    """Fill the rules of existing dispatches from their reasons."""
    table = sa.table("ledger_dispatch", sa.column("id", sa.Uuid()), sa.column("reasons"), sa.column("rules"))
    batch = sa.select(table.c.id, table.c.reasons).order_by(table.c.id).limit(_AT_ONCE)
    set_rules = sa.update(table).where(table.c.id == sa.bindparam("row")).values(rules=sa.bindparam("new_rules"))
    rows = connection.execute(batch).all()
    while rows:
        connection.execute(set_rules, [{"row": row.id, "new_rules": _rules(row.reasons)} for row in rows])
        rows = connection.execute(batch.where(table.c.id > rows[-1].id)).all()


def _rules(reasons: str) -> str:
    return "|".join(reason["rule"] for reason in json.loads(reasons))
