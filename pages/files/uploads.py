"""Files of a form after it was read: what came, and the refusal of a file that is not taken."""

from typing import IO

from pages.files.cleaning import MAX_FILE_BYTES
from pages.files.multipart import MAX_FILES_BYTES, UploadedFile
from pages.refusals import FieldError, Refused
from pages.sizes import readable_size
from pages.translation.message import Message
from pages.translation.message import message as _


def is_empty_field(upload: UploadedFile) -> bool:
    """Return True for a file field without a file. Browsers send it as an empty file without a name."""
    return not upload.name and not upload.size


def require_content(upload: UploadedFile) -> IO[bytes]:
    """Return the file. Raises `Refused` (`file_too_large`) for one that was not kept."""
    if upload.content is None:
        limit = _("{one_file} (semua: {all_files})").filled(
            one_file=readable_size(MAX_FILE_BYTES), all_files=readable_size(MAX_FILES_BYTES)
        )
        raise Refused("file_too_large", limit=limit)
    return upload.content


def read_upload(content: IO[bytes]) -> bytes:
    """Return all bytes of a file."""
    content.seek(0)
    return content.read()


def fault_of_file(problem: Message, name: str) -> Message:
    """Return the sentence about a file that was not taken, after the file's name."""
    return _("{file}: {problem}").filled(file=name or _("Berkas"), problem=problem)


def refusal_of_file(refused: Refused, name: str) -> Refused:
    """Return the refusal with its message moved to the field `files`, after the file's name."""
    refused.field_errors = (FieldError("files", fault_of_file(refused.message, name)),)
    return refused
