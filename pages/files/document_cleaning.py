"""Cleans an officer's PDF: a new document is built from its pages, with what is drawn on them and nothing else. Pure.

No content stream is decompressed, and of streams with objects no more than `_MAX_OBJECT_BYTES`. What would change its
look without the removed parts is refused, not shown wrong.
"""

import io
import zlib
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from pages.refusals import Refused

MAX_DOCUMENT_BYTES = 5_000_000
MAX_DOCUMENT_PAGES = 50
# Objects that the pages reach. A letter of 50 pages has some thousand.
_MAX_OBJECTS = 20_000
# Of all object streams, decompressed. A reader takes a second for 15 MB of blanks in one (measured).
_MAX_OBJECT_BYTES = 5_000_000
_PAGE_KEYS = frozenset({"/Type", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Contents", "/Group"})
# Metadata, and what leads to other files or back into the old document. Actions and programs hang on what is left out
# with the page's other keys and with the catalog. A short name like `/A` is a glyph's or a picture's: it must stay.
_REMOVED_KEYS = frozenset(
    {"/AF", "/Alternates", "/LastModified", "/Metadata", "/OPI", "/Parent", "/PieceInfo", "/Ref", "/StructParent"}
    | {"/StructParents", "/Thumb"}
)
_OUTSIDE_STREAM_KEYS = frozenset({"/F", "/FFilter", "/FDecodeParms"})
_ERRORS = (
    PyPdfError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    OSError,
    RecursionError,
    zlib.error,
)


def clean_document(content: bytes) -> bytes:
    """Return the cleaned PDF. Metadata inside embedded JPEGs and fonts, and text under what covers it, stay.

    Raises `Refused`: `file_too_large` (bytes, pages), `document_not_plain` (a password, fields or notes, layers),
    `file_unreadable`.
    """
    if len(content) > MAX_DOCUMENT_BYTES:
        raise Refused("file_too_large", limit=f"{MAX_DOCUMENT_BYTES // 1_000_000} MB")
    try:
        return _rebuilt(PdfReader(io.BytesIO(content)))
    except (*_ERRORS, MemoryError) as error:
        raise Refused("file_unreadable") from error


def _rebuilt(reader: PdfReader) -> bytes:
    _check_object_streams(reader)
    if reader.is_encrypted or "/OCProperties" in reader.root_object:
        raise Refused("document_not_plain")
    if len(reader.pages) > MAX_DOCUMENT_PAGES:
        raise Refused("file_too_large", limit=f"{MAX_DOCUMENT_PAGES} halaman")
    writer = PdfWriter()
    bare_pages = []
    for page in reader.pages:
        if any(note.get_object().get("/Subtype") != "/Link" for note in page.get("/Annots", ArrayObject())):
            raise Refused("document_not_plain")
        for key in set(page) - _PAGE_KEYS:
            del page[key]
        bare_pages.append(page)
    if not bare_pages:
        raise Refused("file_unreadable")
    for holder in _reached(bare_pages):
        removed = _REMOVED_KEYS | (_OUTSIDE_STREAM_KEYS if isinstance(holder, StreamObject) else frozenset())
        for key in removed & set(holder):
            del holder[NameObject(key)]
    for page in bare_pages:
        writer.add_page(page)
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _check_object_streams(reader: PdfReader) -> None:
    """Raise `Refused` if the streams with objects are too large; the reader would decompress each whole."""
    left = _MAX_OBJECT_BYTES
    for number in {number for number, _ in reader.xref_objStm.values()}:
        stream = reader.get_object(number)
        filters = stream.get("/Filter") if isinstance(stream, StreamObject) else None
        if not isinstance(stream, StreamObject) or filters not in ("/FlateDecode", ["/FlateDecode"]):
            raise Refused("file_unreadable")
        left -= len(zlib.decompressobj().decompress(stream._data, left + 1))  # noqa: SLF001
        if left < 0:
            raise Refused("file_unreadable")


def _reached(pages: list[Any]) -> Iterator[DictionaryObject]:
    """Yield each dictionary that pages reach, after its keys may be removed. Raises `Refused` for too many objects."""
    waiting: list[Any] = list(pages)
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, IndirectObject):
            if (item.idnum, item.generation) in seen:
                continue
            seen.add((item.idnum, item.generation))
            item = item.get_object()
        if isinstance(item, DictionaryObject):
            count += 1
            yield item
            waiting += item.values()
        elif isinstance(item, ArrayObject):
            count += 1
            waiting += [part for part in item if isinstance(part, (IndirectObject, DictionaryObject, ArrayObject))]
        if count > _MAX_OBJECTS:
            raise Refused("file_unreadable")
