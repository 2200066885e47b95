"""Reads and marks the files of answers: pictures and documents. A file belongs to one dispatch.

No answer to another dispatch shows it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import Connection, Engine, func, select, update
from sqlmodel import col

from cases.facts.answer_content import picture_ids
from cases.pictures.tables import AnswerPicture
from config.conditions import is_one_of
from config.database import read_transaction
from messages.sealing import Sealed, Sealer
from messages.shapes import AnswerDocument, Attachment

# A file that came for answers.
AnswerFile: TypeAlias = Attachment | AnswerDocument
_READ_FILE: TypeAdapter[AnswerFile] = TypeAdapter(Annotated[AnswerFile, Field(discriminator="media_type")])
_FILE_COLUMNS = tuple(col(getattr(AnswerPicture, name)) for name in ("id", "media_type", "size", "sha256"))


class OpenedPicture(NamedTuple):
    """A picture or document with its bytes."""

    media_type: str
    content: bytes


class AnswerFiles(NamedTuple):
    """What an answer shows beside its words."""

    pictures: tuple[Attachment, ...] = ()
    document: AnswerDocument | None = None


NO_FILES = AnswerFiles()


class AnswerWithFiles(Protocol):
    """The columns of `AnswerFact` that say which files an answer names."""

    id: UUID
    dispatch_id: UUID
    pictures: str
    document: UUID | None


def answer_files(connection: Connection, answers: Iterable[Any]) -> Mapping[UUID, AnswerFiles]:
    """Return the files of answers by the id of the answer, in its order; nothing for an answer that shows none.

    `answers` are shaped as `AnswerWithFiles`. A file of another dispatch, one that was deleted, and one of the other
    kind is left out.
    """
    named = [answer for answer in answers if answer.pictures or answer.document]
    stored = dispatch_files(connection, {answer.dispatch_id for answer in named})
    shown = {
        answer.id: chosen_files(stored.get(answer.dispatch_id, {}), picture_ids(answer.pictures), answer.document)
        for answer in named
    }
    return {id_: files for id_, files in shown.items() if files != NO_FILES}


def chosen_files(stored: Mapping[UUID, AnswerFile], pictures: Iterable[UUID], document: UUID | None) -> AnswerFiles:
    """Return the pictures and the document with these ids, as far as they are stored and of that kind."""
    named = [stored.get(id_) for id_ in dict.fromkeys(pictures)]
    found = stored.get(document) if document else None
    return AnswerFiles(
        tuple(file for file in named if isinstance(file, Attachment)),
        found if isinstance(found, AnswerDocument) else None,
    )


def dispatch_files(connection: Connection, dispatch_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, AnswerFile]]:
    """Return the stored files of dispatches, by dispatch and id, also those that no answer names yet."""
    query = select(col(AnswerPicture.dispatch_id), *_FILE_COLUMNS).where(
        is_one_of(col(AnswerPicture.dispatch_id), dispatch_ids)
    )
    stored: defaultdict[UUID, dict[UUID, AnswerFile]] = defaultdict(dict)
    for row in connection.execute(query) if dispatch_ids else ():
        stored[row.dispatch_id][row.id] = _READ_FILE.validate_python(row, from_attributes=True)
    return stored


def mark_named(connection: Connection, dispatch_id: UUID, ids: Collection[UUID], at: datetime) -> None:
    """Mark files of a dispatch as named by an answer: no purge of unsent ones deletes them."""
    if not ids:
        return
    is_named = (col(AnswerPicture.dispatch_id) == dispatch_id, is_one_of(col(AnswerPicture.id), ids))
    first_named_at = func.coalesce(col(AnswerPicture.named_at), at)
    connection.execute(update(AnswerPicture).where(*is_named).values(named_at=first_named_at))


def read_picture(engine: Engine, sealer: Sealer, picture_id: UUID) -> OpenedPicture | None:
    """Return a picture or document; `None` if it was deleted. Raises `DatabaseUnavailable` and `UnsealError`.

    Who calls it has checked that the reader may see an answer that names it.
    """
    columns = (col(AnswerPicture.media_type), col(AnswerPicture.body))
    with read_transaction(engine) as connection:
        row = connection.execute(select(*columns).where(col(AnswerPicture.id) == picture_id)).one_or_none()
    return OpenedPicture(row.media_type, sealer.open(Sealed(row.body), picture_id)) if row else None


def picture_bytes(engine: Engine) -> int:
    """Return the size of all files of answers. Raises `DatabaseUnavailable`."""
    with read_transaction(engine) as connection:
        return int(connection.execute(select(func.coalesce(func.sum(col(AnswerPicture.size)), 0))).scalar_one())
