"""The reader of forms with files, for any division of the body and any content."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.files.cleaning import MAX_FILE_BYTES
from pages.files.multipart import MAX_FILES_BYTES, MULTIPART, PostedForm, posted_form, read_multipart

_TYPE = f"{MULTIPART}; boundary=batas"


def part(head: str, content: bytes) -> bytes:
    """Return one part of a body."""
    return f"--batas\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"


def field(name: str, value: bytes) -> bytes:
    """Return a field of a form."""
    return part(f'name="{name}"', value)


def file(name: str, content: bytes) -> bytes:
    """Return a file of a form."""
    return part(f'name="files"; filename="{name}"', content)


END = b"--batas--\r\n"
BODY = field("text", b"Lampu mati.\r\nGelap.") + file("a.jpg", b"\xff\xd8\r\n--bata" * 40) + field("name", b"") + END


async def _stream(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def read(
    form: PostedForm, chunks: Iterable[bytes], content_type: str = _TYPE, max_bytes: int = 100_000_000
) -> PostedForm:
    """Read a body that arrives in these chunks."""
    asyncio.run(read_multipart(_stream(chunks), content_type, form, 256_000, max_bytes))
    return form


def contents(form: PostedForm) -> list[bytes | None]:
    """Return the bytes of each file."""
    contents_of_files: list[bytes | None] = []
    for upload in form.uploads:
        if upload.content:
            upload.content.seek(0)
        contents_of_files.append(upload.content.read() if upload.content else None)
    return contents_of_files


@given(st.lists(st.integers(0, len(BODY)), max_size=8))
def test_any_division_into_chunks(cuts: list[int]) -> None:
    """Names, values and files are the same byte for byte, for any division of the body."""
    edges = [0, *sorted(cuts), len(BODY)]
    with posted_form() as form:
        read(form, [BODY[start:end] for start, end in itertools.pairwise(edges)])

        assert form.fields == [(b"text", b"Lampu mati.\r\nGelap."), (b"name", b"")]
        assert [(upload.name, upload.size) for upload in form.uploads] == [("a.jpg", 400)]
        assert contents(form) == [b"\xff\xd8\r\n--bata" * 40]
        assert form.cut == ""


@given(st.integers(0, len(BODY) - len(END)))
def test_an_incomplete_body_is_marked(end: int) -> None:
    """Complete fields are kept, an incomplete file is dropped, and the form is marked as cut."""
    with posted_form() as form:
        read(form, [BODY[:end]])

        assert form.cut == "broken_off"
        assert form.fields == [(b"text", b"Lampu mati.\r\nGelap."), (b"name", b"")][: len(form.fields)]
        assert contents(form) in ([], [None], [b"\xff\xd8\r\n--bata" * 40])


@given(st.binary(max_size=400), st.text(st.characters(max_codepoint=255), max_size=80))
def test_other_bodies_do_no_harm(body: bytes, boundary: str) -> None:
    """Any bytes and content types are read without an error."""
    with posted_form() as form:
        read(form, [body], f"{MULTIPART}; boundary={boundary}")
    with posted_form() as form:
        read(form, [b"--batas\r\n", body, END])


@pytest.mark.parametrize("boundary", ["", "b" * 5_000])
def test_an_invalid_boundary(boundary: str) -> None:
    """A body without a valid boundary counts as cut."""
    with posted_form() as form:
        assert read(form, [BODY], f"{MULTIPART}; boundary={boundary}").cut == "broken_off"


def test_a_file_too_large_is_discarded() -> None:
    """Its space is freed, the following fields are read, and its name is known."""
    megabyte = b"0" * 1_000_000
    pieces = [file("besar.jpg", b"")[:-2], *[megabyte] * 9, b"\r\n", file("b.jpg", b"kecil"), field("text", b"Gelap.")]
    with posted_form() as form:
        read(form, [*pieces, END])

        assert [(upload.name, upload.size) for upload in form.uploads] == [("besar.jpg", 9_000_000), ("b.jpg", 5)]
        assert contents(form) == [None, b"kecil"]
        assert (form.fields, form.cut) == ([(b"text", b"Gelap.")], "")


def test_all_files_together_are_limited() -> None:
    """A fourth file of the maximum size is dropped. A dropped file leaves its space to the next file."""
    large = b"0" * MAX_FILE_BYTES
    with posted_form() as form:
        read(form, [*(file(f"{number}.jpg", large) for number in range(4)), file("kecil.jpg", b"0" * 900_000), END])

        assert [upload.content is not None for upload in form.uploads] == [True, True, True, False, True]
        assert sum(len(content) for content in contents(form) if content) <= MAX_FILES_BYTES


def test_only_five_files_are_held() -> None:
    """The sixth file has a name and no content."""
    with posted_form() as form:
        read(form, [*(file(f"{number}.jpg", b"x") for number in range(6)), END])

        assert [upload.content is not None for upload in form.uploads] == [True] * 5 + [False]


def test_an_endless_stream_is_not_read_to_its_end() -> None:
    """Nothing is read beyond the limit. The fields before it are kept."""
    with posted_form() as form:
        read(form, [field("text", b"Gelap."), *[file("a.jpg", b"0" * 500)] * 10], max_bytes=2_000)

        assert (form.fields, form.cut) == ([(b"text", b"Gelap.")], "too_large")


def test_a_thousand_parts_are_too_many() -> None:
    """No form has so many fields."""
    with posted_form() as form:
        read(form, [field("text", b"") * 1_000, END])

        assert form.cut == "broken_off"
        assert len(form.fields) <= 200


def test_files_are_closed() -> None:
    """The files are closed after any error."""
    with pytest.raises(ZeroDivisionError), posted_form() as form:  # noqa: PT012 - the block is what is tested
        read(form, [BODY])
        raise ZeroDivisionError
    assert all(upload.content and upload.content.closed for upload in form.uploads)
