"""Reads a posted form with its files, within bounds, and without giving up what was typed when a file breaks one.

In memory: the fields (256 KB at most) and 64 KB of each file; the rest of a file is on this machine's disk, unnamed,
and gone when the form is. A file that is too large is read past, so that the browser still gets an answer.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Literal

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from ingest.http.gate import MAX_BODY_BYTES

MAX_FILES = 5
MAX_FILE_BYTES = 8_000_000
MAX_FILES_BYTES = 25_000_000
# Someone who picks a dozen large photos still gets the form back; nobody sends us more than this.
_MAX_STREAM_BYTES = 100_000_000
# Fields and files of one form: ours has some thirty.
MAX_PARTS = 200
_IN_MEMORY_BYTES = 64_000
_LONGEST_NAME = 100

MULTIPART = "multipart/form-data"


@dataclass(slots=True)
class Upload:
    """A file as it came. `content` is `None` where it was too large, one too many or broke off."""

    name: str
    content: IO[bytes] | None
    size: int = 0


@dataclass(slots=True)
class PostedForm:
    """A form as it came: names and values untouched, in order. `cut` is the reason where not all of it was read."""

    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    cut: Literal["", "too_large", "broken_off"] = ""


@contextmanager
def posted_form() -> Iterator[PostedForm]:
    """A form to read into; its files are closed at the end of the block."""
    form = PostedForm()
    try:
        yield form
    finally:
        for upload in form.uploads:
            if upload.content:
                upload.content.close()


async def read_multipart(
    stream: AsyncIterator[bytes], content_type: str, form: PostedForm, most: int = _MAX_STREAM_BYTES
) -> None:
    """Read a `multipart/form-data` body (RFC 7578); `form.cut` says whether it was one, and read to its end."""
    try:
        reader = _Reader(form, parse_options_header(content_type)[1].get(b"boundary", b""))
    except FormParserError:
        form.cut = "broken_off"
        return
    try:
        async for chunk in stream:
            most -= len(chunk)
            if most < 0:
                form.cut = "too_large"
                break
            reader.parser.write(chunk)
            if reader.waiting:
                await run_in_threadpool(reader.store)
    except FormParserError:
        reader.ended = False
    if not reader.ended:
        form.cut = form.cut or "broken_off"
    reader.break_off()


class _Reader:
    """The parser's callbacks; `store` writes what came of the files, off the event loop."""

    def __init__(self, form: PostedForm, boundary: bytes) -> None:
        self.ended = False
        self.waiting: list[tuple[IO[bytes], bytes]] = []
        self._form = form
        self._fields_left = MAX_BODY_BYTES
        self._files_held = 0
        self._parts = 0
        self._name = b""
        self._value = bytearray()
        self._upload: Upload | None = None
        self._header = bytearray()
        self._said = bytearray()
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_part_data": self._data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    def store(self) -> None:
        """Write what waits."""
        for file, data in self.waiting:
            file.write(data)
        self.waiting.clear()

    def break_off(self) -> None:
        """Half a file is none; after the end there is no half one."""
        if self._upload:
            self._give_up(self._upload)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise FormParserError
        self._name, self._upload = b"", None
        for buffer in (self._value, self._header, self._said):
            buffer.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._said += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._said))
            self._name = options.get(b"name", b"")
            if b"filename" in options:
                self._open(options[b"filename"].decode("utf-8", "replace"))
        self._header.clear()
        self._said.clear()

    def _open(self, name: str) -> None:
        many = sum(upload.content is not None for upload in self._form.uploads) >= MAX_FILES
        content = None if many else SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - `posted` closes it
        self._upload = Upload(name[-_LONGEST_NAME:], content)
        self._form.uploads.append(self._upload)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._upload:
            self._file_data(self._upload, data[start:end])
            return
        self._fields_left -= end - start
        if self._fields_left < 0:
            self._form.cut = "too_large"
        else:
            self._value += data[start:end]

    def _file_data(self, upload: Upload, data: bytes) -> None:
        upload.size += len(data)
        if upload.content is None:
            return
        self._files_held += len(data)
        if upload.size > MAX_FILE_BYTES or self._files_held > MAX_FILES_BYTES:
            self._give_up(upload)
        else:
            self.waiting.append((upload.content, data))

    def _give_up(self, upload: Upload) -> None:
        """Free its room: only that it came is remembered."""
        if upload.content is None:
            return
        self.waiting = [(file, data) for file, data in self.waiting if file is not upload.content]
        self._files_held -= upload.size
        upload.content.close()
        upload.content = None

    def _part_end(self) -> None:
        if self._upload is None:
            self._form.fields.append((self._name, bytes(self._value)))
        self._upload = None

    def _end(self) -> None:
        self.ended = True
