"""Opens a picture, wherever it is stored: that of a report, or that of an answer."""

from sqlalchemy import Engine

from cases.pictures.store import read_picture
from ingest.files.attachments import read_stored_file
from messages.sealing import Sealer
from messages.shapes import Attachment


def open_picture(engine: Engine, sealer: Sealer, picture: Attachment) -> bytes | None:
    """Return the bytes; `None` if the picture was deleted. Raises `DatabaseUnavailable` and `UnsealError`.

    The ids of both kinds never collide. Who calls it has checked that the reader may see the picture.
    """
    content = read_stored_file(engine, sealer, picture.id)
    if content is not None:
        return content
    of_answer = read_picture(engine, sealer, picture.id)
    return of_answer.content if of_answer else None
