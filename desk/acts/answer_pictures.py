"""Takes the pictures that an agency attaches to its answers: cleaned as those of citizens, sealed, and stored once."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, select
from sqlmodel import col

from cases.pictures.store import dispatch_pictures
from cases.pictures.tables import AnswerPicture
from config.database import insert_statement, read_transaction, write_transaction
from messages import ids
from messages.sealing import Sealer
from messages.shapes import Attachment, Dispatch
from pages.files.cleaning import clean_file
from pages.refusals import Refused
from privacy.forgotten import forgotten_complaints

# Pictures of one dispatch that no answer names yet: a person who tries again and again fills no disk.
MAX_UNSENT = 20

# Holds one of the places for files that are cleaned at once, for a client. Raises `Refused` (503) if none is free.
Place = Callable[[str], AbstractContextManager[None]]


class AnswerPictures:
    """The pictures. `take_space` counts bytes; it raises `Refused` (503) if there is no space. `now` is the clock."""

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

    def of_dispatch(self, dispatch_id: UUID) -> Sequence[Attachment]:
        """Return all pictures that came for answers to a dispatch."""
        with read_transaction(self._engine) as connection:
            return list(dispatch_pictures(connection, [dispatch_id]).get(dispatch_id, {}).values())

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
        picture = Attachment(
            id=ids.answer_picture_id(dispatch.id, hashlib.sha256(content).hexdigest()),
            media_type=clean.media_type,
            size=len(clean.content),
            sha256=hashlib.sha256(clean.content).hexdigest(),
        )
        self._take_space(picture.size)
        now = self._now()
        row = {
            **picture.model_dump(),
            "dispatch_id": dispatch.id,
            "complaint_id": dispatch.complaint_id,
            "agency": dispatch.agency,
            "body": self._sealer.seal(clean.content, picture.id),
            "kept_at": now,
            "named_at": None,
        }
        with write_transaction(self._engine) as connection:
            _check(connection, dispatch, draft)
            statement = insert_statement(connection, AnswerPicture).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"kept_at": now}))
            # The first stored version counts: another version of Pillow encodes the same picture with other bytes.
            return dispatch_pictures(connection, [dispatch.id])[dispatch.id][picture.id]


def _check(connection: Connection, dispatch: Dispatch, draft: Collection[UUID] | None) -> None:
    """Raise `Refused` if no picture may be stored for a dispatch. Delete the oldest unsent one that is in the way."""
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
