"""Bounds on the structure of pictures: small files that would take long to decode."""

import io
import struct
import zlib

import pytest
from PIL import Image

from pages.files import picture_structure
from pages.files.cleaning import clean_file
from pages.files.picture_structure import TooComplex, check_structure
from pages.refusals import Refused
from tests.support.attachments import any_size


def _progressive_jpeg(mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (64, 48)).save(out, "JPEG", progressive=True)
    return out.getvalue()


def _last_scan(jpeg: bytes) -> bytes:
    return jpeg[jpeg.rindex(b"\xff\xda") : -2]


def _with_scans(count: int) -> bytes:
    """Return a progressive JPEG with `count` more scans, all empty of change."""
    jpeg = _progressive_jpeg()
    return jpeg[:-2] + _last_scan(jpeg) * count + jpeg[-2:]


def _after_start(inserted: bytes) -> bytes:
    jpeg = _progressive_jpeg()
    return jpeg[:2] + inserted + jpeg[2:]


def _png_chunk(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _png(chunks_before_data: bytes = b"", chunks_at_end: bytes = b"") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, "PNG")
    png = out.getvalue()
    header_end, end = png.index(b"IDAT") - 4, png.index(b"IEND") - 4
    return png[:header_end] + chunks_before_data + png[header_end:end] + chunks_at_end + png[end:]


@pytest.mark.parametrize(
    "content",
    [
        _with_scans(100),
        # A preview in a segment is not decoded. The scans after it are.
        _after_start(b"\xff\xe1\x00\x08\xff\xd8\xff\xda\x00\x02" + _with_scans(100)[2:]),
        # A decoder skips TEM and reserved markers without their segment, so that they hide nothing.
        _with_scans(0)[:-2] + b"\xff\x01" + _last_scan(_progressive_jpeg()) * 100 + b"\xff\xd9",
        _with_scans(0)[:-2] + b"\xff\x02\xff\xff" + _last_scan(_progressive_jpeg()) * 100 + b"\xff\xd9",
        _after_start(b"\xff\xfe\x00\x02" * 5_000),
        _after_start(b"\xff\xe3\x00\x00" * 5_000),
        _after_start(b"\xff\xe1\x00\x08Exif\0\0" * 5_000),
        _after_start(b"\xff" * 50_000),
        _after_start(b"\xff\x00" * 50_000),
        # Pillow reads the bytes before the first scan one by one, and skips only segments.
        b"\xff\xd8" + b"\xff" * 50_000,
        b"\xff\xd8\xff\xd9" + b"\xff" * 50_000,
        b"\xff\xd8" + (b"\xff\xf0\xff\xff" + b"\xff" * 65_533) * 2,
        b"\xff\xd8" + (b"\xff\xd8\xff\xff" + b"\xff" * 65_533) * 2,
        b"\xff\xd8\xff" + b"\xd9\xff" * 5_000,
        _png(_png_chunk(b"teSt") * 10_000),
        _png(_png_chunk(b"tEXt", b"a\0b") * 10_000),
        _png(b"", _png_chunk(b"IDAT") * 10_000),
    ],
    ids=[
        "scans", "scans after a preview", "scans after TEM", "scans after a reserved marker", "comments",
        "segments without length", "EXIF", "fill bytes", "stuffed bytes", "fill bytes to the end",
        "fill bytes after an end", "fill bytes after a reserved extension", "fill bytes after a second start", "ends",
        "chunks", "texts", "chunks of data",
    ],
)  # fmt: skip
def test_a_picture_with_an_expensive_structure_is_refused_undecoded(content: bytes) -> None:
    """The structure alone decides. The sender is told that this file cannot be read."""
    with pytest.raises(TooComplex):
        check_structure(content)
    with pytest.raises(Refused) as refused:
        clean_file(content, any_size)
    assert refused.value.reason == "file_unreadable"


@pytest.mark.parametrize(
    "content",
    [
        _progressive_jpeg(),
        _progressive_jpeg("CMYK"),
        _progressive_jpeg("L"),
        _with_scans(5),
        _after_start(b"\xff\xe2" + struct.pack(">H", 60_000) + b"\xff\xda" * 29_999),
        _after_start(b"\xff\xe1\x00\x08MAPDAT" * 150),
        _after_start(b"\xff" * 100),
        _png(_png_chunk(b"tEXt", b"a\0b") * 100),
        _progressive_jpeg() + _with_scans(100),
    ],
    ids=["color", "CMYK", "gray", "15 scans", "large segment", "depth map", "fill", "PNG", "second picture"],
)
def test_pictures_of_cameras_and_programs_are_accepted(content: bytes) -> None:
    """The limits are far from what encoders write."""
    check_structure(content)
    assert clean_file(content, any_size).content


def test_the_limit_of_scans_is_exact() -> None:
    """A color JPEG of Pillow has ten scans."""
    check_structure(_with_scans(picture_structure.MAX_SCANS - 10))
    with pytest.raises(TooComplex):
        check_structure(_with_scans(picture_structure.MAX_SCANS - 9))
