"""Bounds the work that the structure of a picture causes, before it is decoded. Pure.

A decoder spends time on each scan and on each segment, however few bytes it has: a JPEG of 160 KB with empty scans took
40 seconds, and two of them blocked the pictures of everybody. The number of pixels is bounded in `cleaning.py`.
"""

import re
from collections.abc import Iterator

# Encoders write 10 scans for a color picture and 18 for CMYK. Each scan decodes all blocks of the picture again.
MAX_SCANS = 20
# Cameras write up to about 150 segments (a depth map in pieces of 64 KB).
MAX_SEGMENTS = 1_000
# Bytes between two segments, in all. Some encoders fill with 0xFF (ITU T.81, B.1.1.2).
MAX_FILL_BYTES = 10_000
# Encoders write the data of a picture in chunks of 8 KB or more.
MAX_CHUNKS = 5_000

_JPEG_START = b"\xff\xd8"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
# The next marker with a segment: no 0xFF of the data (which is followed by 0x00), no restart marker and no TEM. Of fill
# bytes the last one belongs to the marker.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)
# Smaller markers are reserved. A decoder may skip them without their segment.
_FIRST_MARKER = 0xC0
_LENGTH_BYTES = 2
# Before the first scan Pillow goes on after these without skipping a segment: an extension (C8, F0 to FD), a start or
# an end of a picture.
_WITHOUT_SEGMENT = frozenset({0xC8, 0xD8, _END_OF_IMAGE, *range(0xF0, 0xFE)})
# Length, type and checksum of a PNG chunk.
_CHUNK_OVERHEAD = 12


class TooComplex(ValueError):
    """The picture would take long to decode for its size, or its structure is damaged."""


def check_structure(content: bytes) -> None:
    """Raise `TooComplex` for a JPEG or PNG beyond the limits above. WebP has no scans, and its chunks cost nothing."""
    if content.startswith(_JPEG_START):
        _check_jpeg(content)
    elif content.startswith(_PNG_START):
        _check_png(content)


def _check_jpeg(content: bytes) -> None:
    scans = 0
    for segments, marker in enumerate(_jpeg_markers(content), start=1):
        scans += marker == _START_OF_SCAN
        if scans > MAX_SCANS or segments > MAX_SEGMENTS:
            raise TooComplex("scans or segments")


def _jpeg_markers(content: bytes) -> Iterator[int]:
    """Yield the marker of each segment, up to the end of the first picture.

    The length of a segment is skipped, so that a preview inside a segment does not count. Pillow reads the bytes before
    the first scan one by one, in Python and past an end; from the first scan on, libjpeg reads.
    """
    position, fill_bytes, has_scan, in_scan = len(_JPEG_START), 0, False, False
    while match := _MARKER.search(content, position):
        if not in_scan:
            fill_bytes += match.start() - position
            _check_fill_bytes(fill_bytes)
        marker = content[match.end() - 1]
        if marker == _END_OF_IMAGE and has_scan:
            return
        if marker < _FIRST_MARKER:
            raise TooComplex("reserved marker")
        yield marker
        position = match.end()
        if has_scan or marker not in _WITHOUT_SEGMENT:
            position += max(int.from_bytes(content[position : position + _LENGTH_BYTES], "big"), _LENGTH_BYTES)
        in_scan = marker == _START_OF_SCAN
        has_scan = has_scan or in_scan
    if not has_scan:
        _check_fill_bytes(fill_bytes + len(content) - position)


def _check_fill_bytes(count: int) -> None:
    if count > MAX_FILL_BYTES:
        raise TooComplex("fill bytes")


def _check_png(content: bytes) -> None:
    position = len(_PNG_START)
    for _ in range(MAX_CHUNKS):
        if position >= len(content):
            return
        position += _CHUNK_OVERHEAD + int.from_bytes(content[position : position + 4], "big")
    raise TooComplex("chunks")
