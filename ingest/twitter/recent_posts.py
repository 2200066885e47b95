"""Store of recently received posts, for the check for withdrawn posts. The ids of the posts are sealed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Engine, Select, delete, select, update
from sqlmodel import Field, SQLModel, col

from config.conditions import is_one_of
from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction
from config.table_declaration import declared, deleted
from messages.sealing import Sealed, Sealer
from messages.shapes import RawMessage


class PostRow(SQLModel, table=True):
    """Row of one post, by its message. `post` is X's id of this version, sealed under the message id."""

    __tablename__ = "ingest_x_post"
    __table_args__ = declared(deleted("sealed id of the post"), retention="posts")

    message_id: UUID = Field(primary_key=True)
    post: str
    taken_at: datetime = Field(sa_type=UtcDateTime, index=True)
    asked_at: datetime = Field(sa_type=UtcDateTime)


_POSTS = select(col(PostRow.message_id), col(PostRow.post))


class ReceivedMention(NamedTuple):
    """The raw message of a post, and X's id of the post, which the message has in its sealed body alone."""

    raw: RawMessage
    provider_id: str


class PostStore:
    """Stores posts until their last check. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    def remember(self, mentions: Sequence[ReceivedMention]) -> None:
        """Store the posts of these messages. Posts that are stored already stay unchanged."""
        rows = [
            {
                "message_id": raw.id,
                "post": self._sealer.seal(provider_id.rpartition(":")[2].encode(), raw.id),
                "taken_at": raw.at,
                "asked_at": raw.at,
            }
            for raw, provider_id in mentions
        ]
        if rows:
            with write_transaction(self._engine) as connection:
                connection.execute(insert_statement(connection, PostRow).on_conflict_do_nothing(), rows)

    def due(self, checked_before: datetime, max_posts: int) -> Mapping[str, UUID]:
        """Return up to `max_posts` posts whose last check is before `checked_before`, by X's id, longest ago first."""
        checked_at = col(PostRow.asked_at)
        return self._read(_POSTS.where(checked_at < checked_before).order_by(checked_at).limit(max_posts))

    def _read(self, query: Select[UUID, str]) -> Mapping[str, UUID]:
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return {self._sealer.open(Sealed(row.post), row.message_id).decode(): row.message_id for row in rows}

    def mark_checked(self, message_ids: Sequence[UUID], at: datetime) -> None:
        """Record the time of the last check."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                update(PostRow).where(is_one_of(col(PostRow.message_id), message_ids)).values(asked_at=at)
            )

    def forget(self, message_ids: Sequence[UUID]) -> None:
        """Delete these posts. They need no check any more."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(PostRow).where(is_one_of(col(PostRow.message_id), message_ids)))

    def forget_received_before(self, moment: datetime) -> None:
        """Delete the posts that were received before `moment`."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(PostRow).where(col(PostRow.taken_at) < moment))
