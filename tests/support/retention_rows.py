"""Rows of the table of retention by what they name."""

from fnmatch import fnmatchcase

from config.reference.retention import RetentionRow, RetentionTable


def row_of(table: RetentionTable, item: str) -> RetentionRow | None:
    """Return the row that names an item such as `topic:raw-sms`; an exact name counts before a pattern."""
    exact = next((row for row in table.rows if item in row.items), None)
    if exact:
        return exact
    return next((row for row in table.rows if any(fnmatchcase(item, pattern) for pattern in row.items)), None)
