"""Takes the files that an agency attaches to its answers: cleaned, sealed, and stored once.

Pictures are cleaned as those of citizens. A document is built again from its pages.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, select
from sqlmodel import col

from cases.pictures.store import AnswerFile, dispatch_files
from cases.pictures.tables import AnswerPicture
from config.database import insert_statement, read_transaction, write_transaction
from messages import ids
from messages.sealing import Sealer
from messages.shapes import AnswerDocument, Attachment, Dispatch
from pages.files.cleaning import clean_file
from pages.files.document_cleaning import clean_document
from pages.refusals import Refused
from privacy.forgotten import forgotten_complaints

# Files of one dispatch that no answer names yet: a person who tries again and again fills no disk.
MAX_UNSENT = 20

FileT = TypeVar("FileT", Attachment, AnswerDocument)

# Holds one of the places for files that are cleaned at once, for a client. Raises `Refused` (503) if none is free.
Place = Callable[[str], AbstractContextManager[None]]


class AnswerPictures:
    """The files. `take_space` counts bytes; it raises `Refused` (503) if there is no space. `now` is the clock."""

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        place: Place,
        take_space: Callable[[int], None],
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._place = place
        self._take_space = take_space
        self._now = now

    def of_dispatch(self, dispatch_id: UUID) -> Mapping[UUID, AnswerFile]:
        """Return all files that came for answers to a dispatch, by id."""
        with read_transaction(self._engine) as connection:
            return dispatch_files(connection, [dispatch_id]).get(dispatch_id, {})

    def store(self, dispatch: Dispatch, read: Callable[[], bytes], draft: Collection[UUID] | None = None) -> Attachment:
        """Clean and store a picture for an answer to a dispatch. It is durable when this returns.

        `read` returns the bytes as they were sent; it is called when there is a free place. The caller has checked that
        the person may answer. `draft` are the pictures of a form that is being written: of a dispatch with many unsent
        ones, the oldest that is not among them makes room. Raises `Refused` for a file that is no picture or is too
        large, `busy`, `files_full`, `sender_forgotten`, and without a form `too_many_files` for such a dispatch.
        """
        with self._place(dispatch.agency):
            content = read()
            # The time of a picture is that of its pixels: the places bound it.
            clean = clean_file(content, _any_size)
        picture = Attachment(media_type=clean.media_type, **_identity(dispatch, content, clean.content))
        return self._keep(dispatch, picture, clean.content, draft)

    def store_document(
        self, dispatch: Dispatch, read: Callable[[], bytes], draft: Collection[UUID] | None = None
    ) -> AnswerDocument:
        """Clean and store a document. See `store`; for one that cannot be cleaned it raises `document_not_plain`."""
        with self._place(dispatch.agency):
            content = read()
            clean = clean_document(content)
        document = AnswerDocument(media_type="application/pdf", **_identity(dispatch, content, clean))
        return self._keep(dispatch, document, clean, draft)

    def _keep(self, dispatch: Dispatch, file: FileT, content: bytes, draft: Collection[UUID] | None) -> FileT:
        """Store a cleaned file; return it as it is stored."""
        self._take_space(file.size)
        now = self._now()
        row = {
            **file.model_dump(),
            "dispatch_id": dispatch.id,
            "complaint_id": dispatch.complaint_id,
            "agency": dispatch.agency,
            "body": self._sealer.seal(content, file.id),
            "kept_at": now,
            "named_at": None,
        }
        with write_transaction(self._engine) as connection:
            _check(connection, dispatch, draft)
            statement = insert_statement(connection, AnswerPicture).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"kept_at": now}))
            # The first stored version counts: another version of Pillow encodes the same picture with other bytes.
            stored = dispatch_files(connection, [dispatch.id])[dispatch.id][file.id]
            return type(file).model_validate(stored.model_dump())


def _identity(dispatch: Dispatch, sent: bytes, cleaned: bytes) -> dict[str, Any]:
    """Return the fields of a file that follow from its bytes, as sent and as cleaned."""
    return {
        "id": ids.answer_picture_id(dispatch.id, hashlib.sha256(sent).hexdigest()),
        "size": len(cleaned),
        "sha256": hashlib.sha256(cleaned).hexdigest(),
    }


def _check(connection: Connection, dispatch: Dispatch, draft: Collection[UUID] | None) -> None:
    """Raise `Refused` if no file may be stored for a dispatch. Delete the oldest unsent one that is in the way."""
    if forgotten_complaints(connection, [dispatch.complaint_id]):
        raise Refused("sender_forgotten")
    is_unsent = (col(AnswerPicture.dispatch_id) == dispatch.id, col(AnswerPicture.named_at).is_(None))
    query = select(func.count()).select_from(AnswerPicture).where(*is_unsent)
    if connection.execute(query).scalar_one() < MAX_UNSENT:
        return
    if draft is None:
        raise Refused("too_many_files", limit=MAX_UNSENT)
    by_age = select(col(AnswerPicture.id)).where(*is_unsent).order_by(col(AnswerPicture.kept_at), col(AnswerPicture.id))
    oldest = next(id_ for id_ in connection.execute(by_age).scalars() if id_ not in draft)
    connection.execute(delete(AnswerPicture).where(col(AnswerPicture.id) == oldest))


def _any_size(_megapixels: int) -> None:
    """Accept a picture of any number of pixels that the cleaning takes."""
