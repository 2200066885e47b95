"""Reads and marks the pictures of answers. A picture belongs to one dispatch: no answer to another one shows it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select, update
from sqlmodel import col

from cases.facts.answer_content import picture_ids
from cases.pictures.tables import AnswerPicture
from config.conditions import is_one_of
from config.database import changed_rows, read_transaction
from messages.sealing import Sealed, Sealer
from messages.shapes import Attachment

_FILE_COLUMNS = tuple(col(getattr(AnswerPicture, name)) for name in ("id", "media_type", "size", "sha256"))


class OpenedPicture(NamedTuple):
    """A picture with its bytes."""

    media_type: str
    content: bytes


class AnswerWithPictures(Protocol):
    """The columns of `AnswerFact` that say which pictures an answer names."""

    id: UUID
    dispatch_id: UUID
    pictures: str


def answer_pictures(connection: Connection, answers: Iterable[Any]) -> Mapping[UUID, tuple[Attachment, ...]]:
    """Return the pictures of answers by the id of the answer, in its order; none for an answer that shows none.

    `answers` are shaped as `AnswerWithPictures`. A picture of another dispatch, and one that was deleted, is left out.
    """
    named = {(answer.id, answer.dispatch_id): picture_ids(answer.pictures) for answer in answers if answer.pictures}
    stored = dispatch_pictures(connection, {dispatch_id for _, dispatch_id in named})
    pictures: dict[UUID, tuple[Attachment, ...]] = {}
    for (answer_id, dispatch_id), ids in named.items():
        by_id = stored.get(dispatch_id, {})
        if shown := tuple(by_id[id_] for id_ in dict.fromkeys(ids) if id_ in by_id):
            pictures[answer_id] = shown
    return pictures


def dispatch_pictures(
    connection: Connection, dispatch_ids: Collection[UUID]
) -> Mapping[UUID, Mapping[UUID, Attachment]]:
    """Return the stored pictures of dispatches, by dispatch and id, also those that no answer names yet."""
    query = select(col(AnswerPicture.dispatch_id), *_FILE_COLUMNS).where(
        is_one_of(col(AnswerPicture.dispatch_id), dispatch_ids)
    )
    stored: defaultdict[UUID, dict[UUID, Attachment]] = defaultdict(dict)
    for row in connection.execute(query) if dispatch_ids else ():
        stored[row.dispatch_id][row.id] = Attachment.model_validate(row, from_attributes=True)
    return stored


def mark_named(connection: Connection, dispatch_id: UUID, ids: Collection[UUID], at: datetime) -> int:
    """Mark pictures of a dispatch as named by an answer. Return how many of them are stored for this dispatch."""
    if not ids:
        return 0
    is_named = (col(AnswerPicture.dispatch_id) == dispatch_id, is_one_of(col(AnswerPicture.id), ids))
    first_named_at = func.coalesce(col(AnswerPicture.named_at), at)
    return changed_rows(connection.execute(update(AnswerPicture).where(*is_named).values(named_at=first_named_at)))


def read_picture(engine: Engine, sealer: Sealer, picture_id: UUID) -> OpenedPicture | None:
    """Return a picture; `None` if it was deleted. Raises `DatabaseUnavailable` and `UnsealError`.

    Who calls it has checked that the reader may see an answer that names it.
    """
    columns = (col(AnswerPicture.media_type), col(AnswerPicture.body))
    with read_transaction(engine) as connection:
        row = connection.execute(select(*columns).where(col(AnswerPicture.id) == picture_id)).one_or_none()
    return OpenedPicture(row.media_type, sealer.open(Sealed(row.body), picture_id)) if row else None


def picture_bytes(engine: Engine) -> int:
    """Return the size of all pictures of answers. Raises `DatabaseUnavailable`."""
    with read_transaction(engine) as connection:
        return int(connection.execute(select(func.coalesce(func.sum(col(AnswerPicture.size)), 0))).scalar_one())
