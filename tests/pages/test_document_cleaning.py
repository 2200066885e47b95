"""An officer's PDF: only its pages are kept, and what cannot be kept whole is refused."""

import io
import zlib
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

from pages.files.document_cleaning import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_PAGES, clean_document
from pages.refusals import Refused

SECRET = "Rahasia-Pembuat"
WORDS = "Surat tanggapan"


def letter(change: Callable[[PdfWriter], object] = lambda _writer: None, pages: int = 1) -> bytes:
    """Return a letter with words on each page, after a change."""
    writer = PdfWriter()
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    for _ in range(pages):
        page = writer.add_blank_page(300, 300)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({WORDS}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)  # noqa: SLF001
        named = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
        fonts = DictionaryObject({NameObject("/F1"): named})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def laden(writer: PdfWriter) -> None:
    """Add metadata, programs, actions and a file to a letter."""
    writer.add_metadata({"/Author": SECRET})
    writer.add_attachment("gaji.txt", SECRET.encode())
    action = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(SECRET)}
    )
    writer.root_object[NameObject("/OpenAction")] = action
    writer.root_object[NameObject("/AA")] = DictionaryObject({NameObject("/WC"): action})
    page, metadata = writer.pages[0], DecodedStreamObject()
    metadata.set_data(SECRET.encode())
    page[NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})
    for holder in (writer.root_object, page, page["/Resources"]["/Font"]["/F1"]):  # type: ignore[index]
        holder[NameObject("/Metadata")] = writer._add_object(metadata)  # noqa: SLF001


def noted(kind: str) -> Callable[[PdfWriter], None]:
    """Return a change that adds an annotation."""

    def change(writer: PdfWriter) -> None:
        note = DictionaryObject({NameObject("/Subtype"): NameObject(kind), NameObject("/T"): TextStringObject(SECRET)})
        writer.pages[0][NameObject("/Annots")] = ArrayObject([note])

    return change


def packed(blanks: int) -> bytes:
    """Return a letter of which one object is in an object stream, behind so many blanks."""
    head, objects, offsets = b"%PDF-1.7\n", b"1 0 <</B 1>>" + b" " * blanks, {}
    parts = {
        2: b"<</Type/Catalog/Pages 3 0 R>>",
        3: b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        4: b"<</Type/Page/Parent 3 0 R/MediaBox[0 0 9 9]/Resources<</Properties 1 0 R>>>>",
        5: compressed(b"/Type/ObjStm/N 1/First 4", objects),
    }
    for number, part in parts.items():
        offsets[number] = len(head)
        head += b"%d 0 obj" % number + part + b"endobj\n"
    rows = b"\0\0\0\0\2\0\5\0" + b"".join(b"\1" + at.to_bytes(2, "big") + b"\0" for at in offsets.values())
    index = b"6 0 obj" + compressed(b"/Type/XRef/W[1 2 1]/Root 2 0 R/Size 6", rows) + b"endobj\n"
    return head + index + b"startxref\n%d\n%%%%EOF" % len(head)


def compressed(keys: bytes, content: bytes) -> bytes:
    """Return a compressed stream with these keys."""
    body = zlib.compress(content, 9)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n" % (keys, len(body)) + body + b"\nendstream "


def test_objects_in_a_stream() -> None:
    """They are read; a few bytes that become many are refused before anything reads them."""
    assert b"/B 1" in clean_document(packed(10))
    with pytest.raises(Refused) as refused:
        clean_document(packed(6_000_000))
    assert refused.value.reason == "file_unreadable"


def layered(writer: PdfWriter) -> None:
    """Add layers, of which a reader hides some."""
    writer.root_object[NameObject("/OCProperties")] = DictionaryObject()


@pytest.mark.parametrize("change", [laden, noted("/Link")])
def test_only_the_pages_stay(change: Callable[[PdfWriter], None]) -> None:
    """Their words are there; metadata, programs, actions, files and links are not."""
    sent = letter(change, pages=2)
    assert any(trace in sent for trace in (b"/OpenAction", b"/Annots"))
    clean = clean_document(sent)
    for trace in (SECRET, "JavaScript", "/OpenAction", "/AA", "/EmbeddedFile", "/Metadata", "/Annots", "/Author"):
        assert trace.encode() not in clean, trace
    assert [page.extract_text().strip() for page in PdfReader(io.BytesIO(clean)).pages] == [WORDS, WORDS]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (letter(lambda writer: writer.encrypt("kunci", algorithm="RC4-128")), "document_not_plain"),
        (letter(noted("/Widget")), "document_not_plain"),
        (letter(layered), "document_not_plain"),
        (letter(pages=MAX_DOCUMENT_PAGES + 1), "file_too_large"),
        (b"%PDF-1.7" + b"\0" * MAX_DOCUMENT_BYTES, "file_too_large"),
        (b"%PDF-1.7 surat", "file_unreadable"),
        (letter()[:200], "file_unreadable"),
        (letter(pages=0), "file_unreadable"),
        (b"", "file_unreadable"),
    ],
)
def test_what_is_refused(content: bytes, reason: str) -> None:
    """A locked one, one that would look different without what is removed, a long, large or broken one."""
    with pytest.raises(Refused) as refused:
        clean_document(content)
    assert refused.value.reason == reason
