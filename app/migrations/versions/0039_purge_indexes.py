"""Indexes by which a purge finds the rows of a report, and numbers by which it finds the words of a case on SQLite."""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_INDEXES = (("normalize_seen", "complaint_id"), ("web_contact", "message_id"), ("desk_answer", "complaint_id"))
_ROWS_AT_ONCE = 1_000
# As `desk.read_model.search.row_number`.
_DROPPED_BITS = 65


def upgrade() -> None:
    """Apply."""
    for table, column in _INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("CREATE VIRTUAL TABLE numbered_search USING fts5(dispatch_id UNINDEXED, words)")
    rows = _numbered_rows(connection)
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        connection.exec_driver_sql(
            "INSERT OR REPLACE INTO numbered_search(rowid, dispatch_id, words) VALUES (?, ?, ?)", chunk
        )
    connection.exec_driver_sql("DROP TABLE desk_search")
    connection.exec_driver_sql("ALTER TABLE numbered_search RENAME TO desk_search")


def downgrade() -> None:
    """Undo. The words may keep their numbers."""
    for table, column in _INDEXES:
        op.drop_index(f"ix_{table}_{column}", table)


def _numbered_rows(connection: sa.Connection) -> Iterator[tuple[int, str, str]]:
    """Yield the rows of the index in the order of their new numbers."""
    query = "SELECT dispatch_id, words FROM desk_search ORDER BY dispatch_id"
    for dispatch_id, words in connection.exec_driver_sql(query):
        yield UUID(dispatch_id).int >> _DROPPED_BITS, dispatch_id, words
