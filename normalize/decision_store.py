"""What was decided about each message, and by what its matter is recognised: decided once, then only repeated.

Both are read for a whole batch at once and written at its end. One normalizer at a time is between the two (see
`config.database.alone`), so what a batch reads holds until it writes.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert_statement, statement_chunks
from messages.shapes import Relation
from normalize.decision import Seen


class Decision(SQLModel, table=True):
    """One row per message: the record that it was decided for, and its relation."""

    __tablename__ = "normalize_decision"

    message_id: UUID = Field(primary_key=True)
    position: str
    relation: str


class SeenMatter(SQLModel, table=True):
    """One row per fingerprint or mark: the complaint that later ones with the same belong to."""

    __tablename__ = "normalize_seen"

    fingerprint: str = Field(primary_key=True)
    complaint_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


class Decisions:
    """The decisions about some messages, and those made now."""

    def __init__(self, connection: Connection, messages: Iterable[UUID]) -> None:
        self._connection = connection
        self._known: dict[UUID, tuple[str, Relation]] = {}
        self._made: list[dict[str, object]] = []
        for some in statement_chunks(sorted(set(messages))):
            query = select(Decision.message_id, Decision.position, Decision.relation)
            for message_id, position, relation in connection.execute(query.where(col(Decision.message_id).in_(some))):
                self._known[message_id] = (position, Relation.model_validate_json(relation))

    def of(self, message_id: UUID) -> tuple[str, Relation] | None:
        """The record that a message was decided for, and how."""
        return self._known.get(message_id)

    def add(self, message_id: UUID, position: str, relation: Relation) -> None:
        """A decision, from now on the one about this message."""
        self._known[message_id] = (position, relation)
        row = {"message_id": message_id, "position": position, "relation": relation.model_dump_json()}
        self._made.append(row)

    def write(self) -> None:
        """Keep what was added."""
        if self._made:
            self._connection.execute(insert_statement(self._connection, Decision), self._made)


class Marks:
    """What some fingerprints and marks lead to, and what was changed of it."""

    def __init__(self, connection: Connection, marks: Iterable[str]) -> None:
        self._connection = connection
        self._known: dict[str, Seen] = {}
        self._changed: set[str] = set()
        for some in statement_chunks(sorted(set(marks))):
            query = select(SeenMatter.fingerprint, SeenMatter.complaint_id, SeenMatter.at)
            for mark, complaint_id, at in connection.execute(query.where(col(SeenMatter.fingerprint).in_(some))):
                self._known[mark] = Seen(complaint_id, at)

    def get(self, mark: str) -> Seen | None:
        """The complaint that a mark leads to."""
        return self._known.get(mark)

    def put(self, mark: str, seen: Seen) -> None:
        """Let a mark lead to a complaint."""
        if self._known.get(mark) != seen:
            self._known[mark] = seen
            self._changed.add(mark)

    def write(self) -> None:
        """Keep what was changed."""
        known = ((mark, self._known[mark]) for mark in sorted(self._changed))
        rows = [{"fingerprint": mark, "complaint_id": seen.complaint_id, "at": seen.at} for mark, seen in known]
        if rows:
            statement = insert_statement(self._connection, SeenMatter)
            changed = {"complaint_id": statement.excluded.complaint_id, "at": statement.excluded.at}
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=["fingerprint"], set_=changed), rows
            )
