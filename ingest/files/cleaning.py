"""What a sender's file really is: sniffed by its content, its place read, its metadata gone. Pure."""

import io
import struct
import warnings
from typing import Literal, NamedTuple

from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import IFD, Base

from ingest.arrival import Refused

MediaType = Literal["image/jpeg", "image/png", "image/webp", "application/pdf"]

# What a phone's camera makes, with room to spare; also the bound on what one file holds in memory.
MAX_FILE_BYTES = 8_000_000
# A picture says in its first bytes how many millions of pixels it will unfold to. With so many, turned and with
# transparency, each kind was measured to hold 340 MB at most while it is cleaned.
_MOST_MEGAPIXELS = {"JPEG": 50, "PNG": 30, "WEBP": 16}
_MEGA = 1_000_000
# Enough to read a street sign; larger ones are made smaller.
_LONGEST_SIDE = 2560
_QUALITY = 85
_FORMATS: dict[str, MediaType] = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# Many phones put a second picture behind the first (a depth or brightness map): Pillow calls that JPEG an MPO.
_KINDS = {"MPO": "JPEG"} | {name: name for name in _FORMATS}
# EXIF's GPS tags.
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow raises where EXIF is damaged or lies.
_DAMAGED = (LookupError, ValueError, TypeError, ArithmeticError, SyntaxError, OSError, struct.error)
_MOST_DEGREES = {"latitude": 90.0, "longitude": 180.0}


class Coordinates(NamedTuple):
    """Degrees, north and east."""

    latitude: float
    longitude: float


class Clean(NamedTuple):
    """A file as it may be kept and shown; `spot` is where the camera said it was taken."""

    media_type: MediaType
    content: bytes
    spot: Coordinates | None


def cleaned(content: bytes) -> Clean:
    """Pictures are drawn anew, so that nothing but the picture is left; a PDF stays as it is.

    Raises `Refused`: `file_too_large`, `unknown_file_type`, `file_unreadable`.
    """
    if len(content) > MAX_FILE_BYTES:
        raise Refused("file_too_large", most=f"{MAX_FILE_BYTES // _MEGA} MB")
    if content.startswith(b"%PDF-"):
        return Clean("application/pdf", content, None)
    try:
        # The size is looked at by ourselves, and before anything is unfolded.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _picture(content)
    except UnidentifiedImageError as error:
        raise Refused("unknown_file_type") from error
    except (*_DAMAGED, MemoryError, EOFError, Image.DecompressionBombError) as error:
        raise Refused("file_unreadable") from error


def _picture(content: bytes) -> Clean:
    with Image.open(io.BytesIO(content), formats=list(_FORMATS)) as image:
        kind = _KINDS.get(image.format or "", "")
        if image.width * image.height > _MOST_MEGAPIXELS[kind] * _MEGA:
            raise Refused("file_too_large", most=f"{_MOST_MEGAPIXELS[kind]} megapiksel")
        spot, turn = _spot(image), _turn(image)
        # Of a JPEG no more is unfolded than is needed; and made smaller before it is turned, there is one large one.
        image.draft(None, (_LONGEST_SIDE, _LONGEST_SIDE))
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        drawn = image.convert("RGB" if kind == "JPEG" else "RGBA")
    upright = drawn if turn is None else drawn.transpose(turn)
    # A picture made from the pixels alone has no EXIF, no comment, no profile, and nothing behind its end.
    bare = Image.frombytes(upright.mode, upright.size, upright.tobytes())
    out = io.BytesIO()
    bare.save(out, kind, quality=_QUALITY)
    return Clean(_FORMATS[kind], out.getvalue(), spot)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """How EXIF says it is to be turned; Pillow's own way writes EXIF anew, and fails where it is damaged."""
    try:
        return _TURNS.get(image.getexif().get(Base.Orientation, 1))
    except _DAMAGED:
        return None


def _spot(image: Image.Image) -> Coordinates | None:
    """Where EXIF says it was taken; a camera that says nonsense says nothing."""
    try:
        gps = image.getexif().get_ifd(IFD.GPSInfo)
        latitude = _degrees(gps[_LATITUDE], str(gps[_LATITUDE_REF]), "S", "latitude")
        longitude = _degrees(gps[_LONGITUDE], str(gps[_LONGITUDE_REF]), "W", "longitude")
    except _DAMAGED:
        return None
    # What a camera without a fix writes: a spot in the Atlantic.
    return Coordinates(latitude, longitude) if (latitude, longitude) != (0, 0) else None


def _degrees(parts: tuple[float, float, float], reference: str, negative: str, name: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    found = degrees + minutes / 60 + seconds / 3600
    if not 0 <= found <= _MOST_DEGREES[name]:
        raise ValueError(name)
    return round(-found if reference.strip("\0 ") == negative else found, 6)
