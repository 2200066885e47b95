"""Opens a file, wherever it is stored: a picture of a report, or a file of an answer."""

from uuid import UUID

from sqlalchemy import Engine

from cases.pictures.store import read_picture
from ingest.files.attachments import read_stored_file
from messages.sealing import Sealer


def open_file(engine: Engine, sealer: Sealer, file_id: UUID) -> bytes | None:
    """Return the bytes; `None` if the file was deleted. Raises `DatabaseUnavailable` and `UnsealError`.

    The ids of both kinds never collide. Who calls it has checked that the reader may see the file.
    """
    content = read_stored_file(engine, sealer, file_id)
    if content is not None:
        return content
    of_answer = read_picture(engine, sealer, file_id)
    return of_answer.content if of_answer else None
