"""Which posts were taken in lately, so that X can be asked whether they are still there; the post's id is sealed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, Select, delete, select, update
from sqlmodel import Field, SQLModel, col

from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction
from messages.sealing import Sealed, Sealer
from messages.shapes import RawMessage


class PostRow(SQLModel, table=True):
    """A post by its message; `post` is X's id of this version, sealed under the message."""

    __tablename__ = "ingest_x_post"

    message_id: UUID = Field(primary_key=True)
    post: str
    taken_at: datetime = Field(sa_type=UtcDateTime, index=True)
    asked_at: datetime = Field(sa_type=UtcDateTime)


_POSTS = select(col(PostRow.message_id), col(PostRow.post))


class PostStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    def remember(self, messages: Iterable[RawMessage]) -> None:
        """Remember the posts of these messages; those that are known stay as they are."""
        rows = [
            {
                "message_id": raw.id,
                "post": self._sealer.seal(raw.provider_id.rpartition(":")[2].encode(), raw.id),
                "taken_at": raw.at,
                "asked_at": raw.at,
            }
            for raw in messages
        ]
        if rows:
            with write_transaction(self._engine) as connection:
                connection.execute(insert_statement(connection, PostRow).on_conflict_do_nothing(), rows)

    def due(self, before: datetime, most: int) -> Mapping[str, UUID]:
        """Up to `most` posts that were not asked about since `before`, longest not asked first, by X's id."""
        asked = col(PostRow.asked_at)
        return self._found(_POSTS.where(asked < before).order_by(asked).limit(most))

    def all(self) -> Mapping[str, UUID]:
        """Every post that is remembered."""
        return self._found(_POSTS)

    def _found(self, query: Select[UUID, str]) -> Mapping[str, UUID]:
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return {self._sealer.open(Sealed(row.post), row.message_id).decode(): row.message_id for row in rows}

    def asked(self, messages: Sequence[UUID], at: datetime) -> None:
        """These were asked about now."""
        with write_transaction(self._engine) as connection:
            connection.execute(update(PostRow).where(col(PostRow.message_id).in_(messages)).values(asked_at=at))

    def forget(self, messages: Sequence[UUID]) -> None:
        """These need not be asked about any more."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(PostRow).where(col(PostRow.message_id).in_(messages)))

    def forget_before(self, taken: datetime) -> None:
        """Nor what was taken in before this."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(PostRow).where(col(PostRow.taken_at) < taken))
