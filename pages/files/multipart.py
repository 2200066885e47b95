"""Reads a form with files (multipart/form-data) within limits, and keeps the typed fields even if a file exceeds one.

Memory: the fields (within the limit of the caller) and 64 KB of each file. The rest of a file goes to an unnamed
temporary file on this machine's disk, which is deleted with the form. The rest of a file that is too large is read and
discarded, because a browser reads the answer only after it has sent everything.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Literal

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from pages.files.cleaning import MAX_FILE_BYTES

MAX_FILES = 5
MAX_FILES_BYTES = 25_000_000
# A citizen who selects a dozen large photos still gets the form back. No form sends more than this.
_MAX_STREAM_BYTES = 100_000_000
# Fields and files of one form. Our form has about thirty.
MAX_PARTS = 200
_IN_MEMORY_BYTES = 64_000
_MAX_NAME_CHARACTERS = 100

MULTIPART = "multipart/form-data"


@dataclass(slots=True)
class UploadedFile:
    """A file of the field `field`. `content` is `None` if it was too large, one too many, or incomplete."""

    name: str
    content: IO[bytes] | None
    size: int = 0
    field: str = ""


@dataclass(slots=True)
class PostedForm:
    """A form as it came: names and values unchanged and in order. `cut` is the reason if not all of it was read."""

    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    uploads: list[UploadedFile] = field(default_factory=list)
    cut: Literal["", "too_large", "broken_off"] = ""


@contextmanager
def posted_form() -> Iterator[PostedForm]:
    """Return an empty form to read into. Its files are closed at the end of the block."""
    form = PostedForm()
    try:
        yield form
    finally:
        for upload in form.uploads:
            if upload.content:
                upload.content.close()


async def read_multipart(
    stream: AsyncIterator[bytes],
    content_type: str,
    form: PostedForm,
    max_fields_bytes: int,
    max_bytes: int = _MAX_STREAM_BYTES,
    max_files: int = MAX_FILES,
) -> None:
    """Read a `multipart/form-data` body (RFC 7578) into `form`. `form.cut` says if it was incomplete or too large.

    `max_fields_bytes` is the limit of all fields together.
    """
    try:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        reader = _FormReader(form, max_fields_bytes, max_files, boundary)
    except FormParserError:
        form.cut = "broken_off"
        return
    bytes_left = max_bytes
    try:
        async for chunk in stream:
            bytes_left -= len(chunk)
            if bytes_left < 0:
                form.cut = "too_large"
                break
            reader.parser.write(chunk)
            if reader.pending_writes:
                await run_in_threadpool(reader.write_pending)
    except FormParserError:
        reader.is_complete = False
    if not reader.is_complete:
        form.cut = form.cut or "broken_off"
    reader.drop_incomplete_file()


class _FormReader:
    """Callbacks of the parser. `write_pending` writes the data of files and must run outside the event loop."""

    def __init__(self, form: PostedForm, max_fields_bytes: int, max_files: int, boundary: bytes) -> None:
        self.is_complete = False
        self.pending_writes: list[tuple[IO[bytes], bytes]] = []
        self._form = form
        self._field_bytes_left = max_fields_bytes
        self._max_files = max_files
        self._file_bytes = 0
        self._parts = 0
        # State of the current part.
        self._name = b""
        self._value = bytearray()
        self._upload: UploadedFile | None = None
        self._header_name = bytearray()
        self._header_value = bytearray()
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end_form,
            },
        )

    def write_pending(self) -> None:
        """Write the data of files that was parsed since the last call."""
        for file, data in self.pending_writes:
            file.write(data)
        self.pending_writes.clear()

    def drop_incomplete_file(self) -> None:
        """Drop the file whose end did not arrive. Call this after the last chunk."""
        if self._upload:
            self._drop_content(self._upload)

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise FormParserError
        self._name, self._upload = b"", None
        for buffer in (self._value, self._header_name, self._header_value):
            buffer.clear()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._header_value))
            self._name = options.get(b"name", b"")
            if b"filename" in options:
                self._open_file(options[b"filename"].decode("utf-8", "replace"))
        self._header_name.clear()
        self._header_value.clear()

    def _open_file(self, name: str) -> None:
        open_files = sum(upload.content is not None for upload in self._form.uploads)
        # `posted_form` closes the file.
        content = None if open_files >= self._max_files else SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115
        self._upload = UploadedFile(name[-_MAX_NAME_CHARACTERS:], content, field=self._name.decode("utf-8", "replace"))
        self._form.uploads.append(self._upload)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._upload:
            self._add_file_data(self._upload, data[start:end])
            return
        self._field_bytes_left -= end - start
        if self._field_bytes_left < 0:
            self._form.cut = "too_large"
        else:
            self._value += data[start:end]

    def _add_file_data(self, upload: UploadedFile, data: bytes) -> None:
        upload.size += len(data)
        if upload.content is None:
            return
        self._file_bytes += len(data)
        if upload.size > MAX_FILE_BYTES or self._file_bytes > MAX_FILES_BYTES:
            self._drop_content(upload)
        else:
            self.pending_writes.append((upload.content, data))

    def _drop_content(self, upload: UploadedFile) -> None:
        """Free the space of a file. The form still knows that the file was sent."""
        if upload.content is None:
            return
        self.pending_writes = [(file, data) for file, data in self.pending_writes if file is not upload.content]
        self._file_bytes -= upload.size
        upload.content.close()
        upload.content = None

    def _end_part(self) -> None:
        if self._upload is None:
            self._form.fields.append((self._name, bytes(self._value)))
        self._upload = None

    def _end_form(self) -> None:
        self.is_complete = True
