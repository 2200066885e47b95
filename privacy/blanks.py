"""Columns with words of persons, and what stands in them when the person is forgotten.

A sink blanks rows before it writes them, and the act of forgetting blanks those that are stored: both by one list.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, update
from sqlmodel import SQLModel, col

from config.conditions import is_one_of
from config.database import changed_rows
from privacy.forgotten import forgotten_complaints


class Blank(NamedTuple):
    """Table whose column `subject` is the id of a complaint. `values` replace what a forgotten person wrote."""

    table: type[SQLModel]
    subject: str
    values: Mapping[str, str]


def blank_rows(
    connection: Connection, blanks: Collection[Blank], rows_by_table: Mapping[type[SQLModel], Sequence[dict[str, Any]]]
) -> None:
    """Blank the rows to be written whose complaints are forgotten. One query for all tables."""
    subjects = {blank.table: blank for blank in blanks}
    rows = [(subjects[table], row) for table, rows in rows_by_table.items() if table in subjects for row in rows]
    if not rows:
        return
    forgotten = forgotten_complaints(connection, (row[blank.subject] for blank, row in rows))
    for blank, row in rows:
        if row[blank.subject] in forgotten:
            row.update(blank.values)


def blank_stored(connection: Connection, blank: Blank, complaint_ids: Collection[UUID]) -> int:
    """Blank the stored rows of these complaints. Return their number."""
    is_subject = is_one_of(col(getattr(blank.table, blank.subject)), complaint_ids)
    return changed_rows(connection.execute(update(blank.table).where(is_subject).values(dict(blank.values))))
