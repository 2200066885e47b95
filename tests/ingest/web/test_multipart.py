"""The reader of forms with files: whatever the network does to a body, and whatever is sent as one."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.files.cleaning import MAX_FILE_BYTES
from ingest.web.multipart import MAX_FILES_BYTES, MULTIPART, PostedForm, posted_form, read_multipart

_TYPE = f"{MULTIPART}; boundary=batas"


def part(head: str, content: bytes) -> bytes:
    """One part of a body."""
    return f"--batas\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"


def field(name: str, value: bytes) -> bytes:
    """A field of a form."""
    return part(f'name="{name}"', value)


def file(name: str, content: bytes) -> bytes:
    """A file of a form."""
    return part(f'name="files"; filename="{name}"', content)


END = b"--batas--\r\n"
BODY = field("text", b"Lampu mati.\r\nGelap.") + file("a.jpg", b"\xff\xd8\r\n--bata" * 40) + field("name", b"") + END


async def _stream(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def read(
    form: PostedForm, chunks: Iterable[bytes], content_type: str = _TYPE, max_bytes: int = 100_000_000
) -> PostedForm:
    """What is made of a body that comes in these pieces."""
    asyncio.run(read_multipart(_stream(chunks), content_type, form, max_bytes))
    return form


def contents(form: PostedForm) -> list[bytes | None]:
    """The bytes of each file."""
    found: list[bytes | None] = []
    for upload in form.uploads:
        if upload.content:
            upload.content.seek(0)
        found.append(upload.content.read() if upload.content else None)
    return found


@given(st.lists(st.integers(0, len(BODY)), max_size=8))
def test_however_it_is_cut_it_is_the_same(cuts: list[int]) -> None:
    """A body may come in any pieces: names, values and files are the same, byte for byte."""
    edges = [0, *sorted(cuts), len(BODY)]
    with posted_form() as form:
        read(form, [BODY[start:end] for start, end in itertools.pairwise(edges)])

        assert form.fields == [(b"text", b"Lampu mati.\r\nGelap."), (b"name", b"")]
        assert [(upload.name, upload.size) for upload in form.uploads] == [("a.jpg", 400)]
        assert contents(form) == [b"\xff\xd8\r\n--bata" * 40]
        assert form.cut == ""


@given(st.integers(0, len(BODY) - len(END)))
def test_what_breaks_off_is_said(end: int) -> None:
    """What came before is there, half a file is none, and that it was not all is said."""
    with posted_form() as form:
        read(form, [BODY[:end]])

        assert form.cut == "broken_off"
        assert form.fields == [(b"text", b"Lampu mati.\r\nGelap."), (b"name", b"")][: len(form.fields)]
        assert contents(form) in ([], [None], [b"\xff\xd8\r\n--bata" * 40])


@given(st.binary(max_size=400), st.text(st.characters(max_codepoint=255), max_size=80))
def test_what_is_no_form_is_none(body: bytes, boundary: str) -> None:
    """Bytes and content types that nobody would send do no harm."""
    with posted_form() as form:
        read(form, [body], f"{MULTIPART}; boundary={boundary}")
    with posted_form() as form:
        read(form, [b"--batas\r\n", body, END])


@pytest.mark.parametrize("boundary", ["", "b" * 5_000])
def test_a_boundary_that_is_none(boundary: str) -> None:
    """A body that cannot be taken apart is one that broke off."""
    with posted_form() as form:
        assert read(form, [BODY], f"{MULTIPART}; boundary={boundary}").cut == "broken_off"


def test_a_file_too_large_is_read_past() -> None:
    """Its room is freed, what follows it is read, and it is known by name."""
    megabyte = b"0" * 1_000_000
    pieces = [file("besar.jpg", b"")[:-2], *[megabyte] * 9, b"\r\n", file("b.jpg", b"kecil"), field("text", b"Gelap.")]
    with posted_form() as form:
        read(form, [*pieces, END])

        assert [(upload.name, upload.size) for upload in form.uploads] == [("besar.jpg", 9_000_000), ("b.jpg", 5)]
        assert contents(form) == [None, b"kecil"]
        assert (form.fields, form.cut) == ([(b"text", b"Gelap.")], "")


def test_all_files_together_have_a_bound() -> None:
    """A fourth of the largest size is one too many; one given up leaves its room to the next."""
    large = b"0" * MAX_FILE_BYTES
    with posted_form() as form:
        read(form, [*(file(f"{number}.jpg", large) for number in range(4)), file("kecil.jpg", b"0" * 900_000), END])

        assert [upload.content is not None for upload in form.uploads] == [True, True, True, False, True]
        assert sum(len(content) for content in contents(form) if content) <= MAX_FILES_BYTES


def test_only_five_files_are_held() -> None:
    """The sixth is known by name and holds nothing."""
    with posted_form() as form:
        read(form, [*(file(f"{number}.jpg", b"x") for number in range(6)), END])

        assert [upload.content is not None for upload in form.uploads] == [True] * 5 + [False]


def test_a_stream_without_an_end_is_left() -> None:
    """Past the bound nothing more is read; the fields before it are there."""
    with posted_form() as form:
        read(form, [field("text", b"Gelap."), *[file("a.jpg", b"0" * 500)] * 10], max_bytes=2_000)

        assert (form.fields, form.cut) == ([(b"text", b"Gelap.")], "too_large")


def test_a_thousand_parts_are_too_many() -> None:
    """Nobody's form has so many fields."""
    with posted_form() as form:
        read(form, [field("text", b"") * 1_000, END])

        assert form.cut == "broken_off"
        assert len(form.fields) <= 200


def test_files_are_closed() -> None:
    """Whatever happens while a form is worked, no file of it stays."""
    with pytest.raises(ZeroDivisionError), posted_form() as form:  # noqa: PT012 - the block is what is tested
        read(form, [BODY])
        raise ZeroDivisionError
    assert all(upload.content and upload.content.closed for upload in form.uploads)
