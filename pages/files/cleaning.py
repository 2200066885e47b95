"""Cleans a sender's file: detects its type by content, reads the place of a picture, removes its metadata. Pure."""

import io
import struct
import warnings
from collections.abc import Callable
from typing import Literal, NamedTuple

from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import GPS, IFD, Base

from pages.files.picture_structure import check_structure
from pages.refusals import Refused

MediaType = Literal["image/jpeg", "image/png", "image/webp"]

# Large enough for the photos of a phone's camera. It also limits the memory that one file takes.
MAX_FILE_BYTES = 8_000_000
# Limit of pixels, in millions. The header of a picture states the size before it is decoded. With these sizes, rotation
# and transparency, each format took at most 340 MB (measured) while it was cleaned.
_MAX_MEGAPIXELS = {"JPEG": 50, "PNG": 30, "WEBP": 16}
_MEGA = 1_000_000
# Pixels of the longer side, enough to read a street sign. Larger pictures are reduced.
_MAX_SIDE_PIXELS = 2560
# Pillow's scale from 1 to 95; 85 shows no visible loss.
_JPEG_QUALITY = 85
_MEDIA_TYPES: dict[str, MediaType] = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# Many phones append a second picture (a depth or brightness map) to a JPEG. Pillow calls such a file an MPO.
_FORMATS = {"MPO": "JPEG"} | {name: name for name in _MEDIA_TYPES}
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Exceptions that Pillow raises for damaged or wrong EXIF data.
_EXIF_ERRORS = (LookupError, ValueError, TypeError, ArithmeticError, SyntaxError, OSError, struct.error)
# Readers find the beginning of a PDF within its first kilobyte.
_PDF_START, _PDF_START_WITHIN_BYTES = b"%PDF-", 1_024
_MAX_LATITUDE = 90.0
_MAX_LONGITUDE = 180.0
_COORDINATE_DECIMALS = 6


class Coordinates(NamedTuple):
    """Degrees, positive to the north and east."""

    latitude: float
    longitude: float


class CleanFile(NamedTuple):
    """A picture without metadata. `coordinates` is the place that the camera wrote into it."""

    media_type: MediaType
    content: bytes
    coordinates: Coordinates | None


def clean_file(content: bytes, check_megapixels: Callable[[int], None]) -> CleanFile:
    """Return the cleaned file. A picture is encoded again, so that only its pixels remain.

    A PDF is not accepted: its author, scripts and embedded files cannot be removed with certainty (decision 0028).
    `check_megapixels` gets the size of a picture before it is decoded, each begun megapixel counted. It may raise
    `Refused`: a picture of few bytes can have many pixels, and its time is that of its pixels.

    Raises `Refused`: `file_too_large`, `pdf_not_accepted`, `unknown_file_type`, `file_unreadable`.
    """
    if len(content) > MAX_FILE_BYTES:
        raise Refused("file_too_large", limit=f"{MAX_FILE_BYTES // _MEGA} MB")
    try:
        # Pillow warns about large pictures. The size is checked here, before anything is decoded.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_structure(content)
            return _clean_picture(content, check_megapixels)
    except UnidentifiedImageError as error:
        is_pdf = _PDF_START in content[:_PDF_START_WITHIN_BYTES]
        raise Refused("pdf_not_accepted" if is_pdf else "unknown_file_type") from error
    except (*_EXIF_ERRORS, MemoryError, EOFError, Image.DecompressionBombError) as error:
        raise Refused("file_unreadable") from error


def _clean_picture(content: bytes, check_megapixels: Callable[[int], None]) -> CleanFile:
    with Image.open(io.BytesIO(content), formats=list(_MEDIA_TYPES)) as image:
        format_name = _FORMATS.get(image.format or "", "")
        if image.width * image.height > _MAX_MEGAPIXELS[format_name] * _MEGA:
            raise Refused("file_too_large", limit=f"{_MAX_MEGAPIXELS[format_name]} megapiksel")
        check_megapixels(-(-image.width * image.height // _MEGA))
        coordinates, transposition = _exif_coordinates(image), _exif_transposition(image)
        # `draft` lets a JPEG decode directly to a smaller size. Reducing before rotating keeps one large picture in
        # memory instead of two.
        image.draft(None, (_MAX_SIDE_PIXELS, _MAX_SIDE_PIXELS))
        image.thumbnail((_MAX_SIDE_PIXELS, _MAX_SIDE_PIXELS))
        pixels = image.convert("RGB" if format_name == "JPEG" else "RGBA")
    upright = pixels if transposition is None else pixels.transpose(transposition)
    # A picture made from the pixels alone has no EXIF, no comment, no color profile, and nothing after its end.
    bare = Image.frombytes(upright.mode, upright.size, upright.tobytes())
    out = io.BytesIO()
    bare.save(out, format_name, quality=_JPEG_QUALITY)
    return CleanFile(_MEDIA_TYPES[format_name], out.getvalue(), coordinates)


def _exif_transposition(image: Image.Image) -> Image.Transpose | None:
    """Return the transposition that makes the picture upright according to EXIF.

    Pillow's own `exif_transpose` writes the EXIF data again, and fails if it is damaged.
    """
    try:
        return _TRANSPOSITIONS.get(image.getexif().get(Base.Orientation, 1))
    except _EXIF_ERRORS:
        return None


def _exif_coordinates(image: Image.Image) -> Coordinates | None:
    """Return the place in the EXIF data, `None` if there is none or it is not valid."""
    try:
        gps = image.getexif().get_ifd(IFD.GPSInfo)
        latitude = _degrees(gps[GPS.GPSLatitude], _MAX_LATITUDE)
        longitude = _degrees(gps[GPS.GPSLongitude], _MAX_LONGITUDE)
        if _reference(gps[GPS.GPSLatitudeRef]) == "S":
            latitude = -latitude
        if _reference(gps[GPS.GPSLongitudeRef]) == "W":
            longitude = -longitude
    except _EXIF_ERRORS:
        return None
    # A camera without a GPS fix writes 0, 0: a point in the Atlantic.
    return Coordinates(latitude, longitude) if (latitude, longitude) != (0, 0) else None


def _degrees(parts: tuple[float, float, float], max_degrees: float) -> float:
    """Return decimal degrees of degrees, minutes and seconds. Raises `ValueError` outside 0 to `max_degrees`."""
    degrees, minutes, seconds = (float(part) for part in parts)
    decimal_degrees = degrees + minutes / 60 + seconds / 3600
    if not 0 <= decimal_degrees <= max_degrees:
        raise ValueError(decimal_degrees)
    return round(decimal_degrees, _COORDINATE_DECIMALS)


def _reference(exif_text: object) -> str:
    """Return a hemisphere letter without the padding that some cameras add."""
    return str(exif_text).strip("\0 ")
