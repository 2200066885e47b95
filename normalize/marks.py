"""The marks by which a later message finds the matter that an earlier one belongs to."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from config.database import insert
from messages.shapes import Relation
from normalize.draft import Follows
from normalize.store import SeenMatter, mark_of


def lead(connection: Connection, marks: Iterable[str], complaint_id: UUID, relation: Relation, at: datetime) -> None:
    """Let these marks lead to the complaint, or to the one of the same sender that it repeats; the last one counts."""
    matter = relation.of if relation.kind == "repeat" and relation.of else complaint_id
    for mark in sorted(marks):
        row = {"fingerprint": mark_of(Follows(mark, "")), "complaint_id": matter, "at": at}
        statement = insert(connection, SeenMatter).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["fingerprint"], set_=row))
