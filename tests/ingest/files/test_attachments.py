"""Attachments: type detected by content, place read, and all other metadata removed."""

import io
from collections.abc import Callable, Mapping
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import Engine
from sqlmodel import select

from app.assembly.parts import Parts
from config.database import read_transaction
from ingest.files.attachments import AttachmentRow, Attachments, stored_bytes
from ingest.http.concurrency_limit import ConcurrencyLimit
from pages.files.cleaning import MAX_FILE_BYTES, Coordinates, clean_file
from pages.refusals import Refused
from tests.support.attachments import ample_space, any_size, find_attachment, no_rate, read_content

# EXIF's orientations: what undoes each.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Semarang, as a camera writes it: 6° 58' 12" S, 110° 25' 12" E.
GPS = {1: "S", 2: (6.0, 58.0, 12.0), 3: "E", 4: (110.0, 25.0, 12.0)}
SECRET = "CameraOfSomebody"


def picture(kind: str = "JPEG", gps: Mapping[int, object] | None = None, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a picture with the metadata that a phone writes."""
    image = Image.new("RGB", size, (200, 30, 30))
    exif = image.getexif()
    exif[Base.Make] = SECRET
    exif[Base.Orientation] = 6
    exif.get_ifd(IFD.GPSInfo).update(gps or {})
    info = PngInfo()
    info.add_text("Author", SECRET)
    out = io.BytesIO()
    more = {"pnginfo": info} if kind == "PNG" else {"comment": SECRET.encode()} if kind == "JPEG" else {}
    image.save(out, kind, exif=exif, **more)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_only_the_picture_is_stored(kind: str) -> None:
    """Camera, author, comment and place are removed. The place is read before, and the picture is upright."""
    sent = picture(kind, GPS)
    assert SECRET.encode() in sent
    clean = clean_file(sent, any_size)
    cleaned_image = Image.open(io.BytesIO(clean.content))
    assert clean.media_type == f"image/{kind.lower()}"
    assert clean.coordinates == Coordinates(-6.97, 110.42)
    assert (cleaned_image.size, dict(cleaned_image.getexif())) == ((48, 64), {})
    assert SECRET.encode() not in clean.content


@pytest.mark.parametrize(
    "gps",
    [
        {},
        {1: "S", 2: (6.0, 58.0, 12.0)},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "S", 2: (96.0, 58.0, 12.0), 3: "E", 4: (110.0, 25.0, 12.0)},
    ],
)
def test_invalid_coordinates_are_ignored(gps: Mapping[int, object]) -> None:
    """No place, half a place, a camera without a fix, degrees beyond the pole: the picture has no coordinates."""
    assert clean_file(picture(gps=gps), any_size).coordinates is None


def test_bytes_after_the_picture_are_removed() -> None:
    """A file that is a picture and something else is only a picture afterwards."""
    assert b"<script>" not in clean_file(picture() + b"<script>alert(1)</script>", any_size).content


def test_a_large_picture_is_made_smaller() -> None:
    """The longer side is limited and the proportions stay."""
    assert Image.open(io.BytesIO(clean_file(picture(size=(4000, 2000)), any_size).content)).size == (1280, 2560)


def test_a_phones_second_picture_is_left_out() -> None:
    """A JPEG with a depth map is stored like any other JPEG, without the depth map."""
    out = io.BytesIO()
    first, second = Image.new("RGB", (64, 48), (200, 30, 30)), Image.new("RGB", (32, 24))
    first.save(out, "MPO", save_all=True, append_images=[second])
    assert Image.open(io.BytesIO(out.getvalue())).format == "MPO"

    clean = clean_file(out.getvalue(), any_size)
    cleaned_image = Image.open(io.BytesIO(clean.content))
    assert (clean.media_type, cleaned_image.format, cleaned_image.size, getattr(cleaned_image, "n_frames", 1)) == (
        "image/jpeg",
        "JPEG",
        (64, 48),
        1,
    )


@pytest.mark.parametrize("turn", Image.Transpose)
def test_every_orientation_becomes_upright(turn: Image.Transpose) -> None:
    """The picture is stored upright for each EXIF orientation."""
    upright = Image.new("RGB", (64, 48), (255, 255, 255))
    upright.paste((200, 30, 30), (0, 0, 32, 24))
    orientations = {value: key for key, value in TURNS.items()}
    exif = Image.Exif()
    exif[Base.Orientation] = orientations[turn]
    out = io.BytesIO()
    # Turned back: what undoes a turn by 90 degrees is one by 270.
    back = {
        Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
        Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90,
    }
    upright.transpose(back.get(turn, turn)).save(out, "PNG", exif=exif)

    cleaned_image = Image.open(io.BytesIO(clean_file(out.getvalue(), any_size).content)).convert("RGB")

    assert (cleaned_image.size, cleaned_image.tobytes()) == (upright.size, upright.tobytes())


@pytest.mark.parametrize("before", [b"", b"\r\n", b"x" * 1_000])
def test_a_pdf_is_refused(before: bytes) -> None:
    """Its content decides, as that of a reader of PDFs. The refusal says what to send instead."""
    with pytest.raises(Refused) as refused:
        clean_file(before + b"%PDF-1.7\n<</Author (Sekar)/OpenAction<</S/JavaScript/JS(app.alert)>>>>", any_size)
    assert refused.value.reason == "pdf_not_accepted"
    assert "Kirim foto setiap halamannya." in refused.value.message


def test_a_picture_that_is_a_pdf_too_is_only_a_picture() -> None:
    """A file may be both. It is redrawn, and nothing of the document is kept."""
    clean = clean_file(picture() + b"%PDF-1.7\n<</Author (Sekar)>>", any_size)
    assert clean.media_type == "image/jpeg"
    assert b"%PDF" not in clean.content


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "size", "limit"), [("PNG", 5500, 30), ("WEBP", 4050, 16), ("JPEG", 7080, 50)])
def test_a_picture_with_too_many_pixels_is_not_decoded(kind: str, size: int, limit: int) -> None:
    """A small file whose header states too many pixels is refused because of its header."""
    out = io.BytesIO()
    Image.new("L" if kind == "JPEG" else "RGB", (size, size)).save(out, kind)
    with pytest.raises(Refused, match="file_too_large") as refused:
        clean_file(out.getvalue(), any_size)
    assert f"{limit} megapiksel" in refused.value.message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "unknown_file_type"),
        (b"<svg onload=alert(1)>", "unknown_file_type"),
        (b"GIF89a" + b"\0" * 20, "unknown_file_type"),
        (b"MZ" + b"\0" * 200, "unknown_file_type"),
        (picture()[:200], "file_unreadable"),
        (b"\xff" * (MAX_FILE_BYTES + 1), "file_too_large"),
    ],
)
def test_other_files_are_refused_with_a_reason(content: bytes, reason: str) -> None:
    """The content decides, and not the name or the stated type."""
    with pytest.raises(Refused) as refused:
        clean_file(content, any_size)
    assert refused.value.reason == reason


@given(st.integers(0, 400), st.binary(min_size=1, max_size=40), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_a_damaged_picture_is_stored_or_refused(at: int, noise: bytes, kind: str) -> None:
    """No other exception is raised for any damage."""
    sent = bytearray(picture(kind, GPS))
    sent[at : at + len(noise)] = noise
    try:
        clean = clean_file(bytes(sent), any_size)
    except Refused:
        return
    assert SECRET.encode() not in clean.content


def test_equal_files_are_stored_once_and_sealed(engine: Engine, parts: Parts, now: Callable[[], datetime]) -> None:
    """The same file sent five times is one row. Without the key the row reveals nothing."""
    attachments = Attachments(engine, parts.sealer, parts.doors.file_limit, ample_space(), no_rate)
    stored_files = [attachments.store(picture("PNG", GPS), now()) for _ in range(5)]
    assert len({stored.attachment.id for stored in stored_files}) == 1
    with read_transaction(engine) as connection:
        (row,) = connection.execute(select(AttachmentRow.body, AttachmentRow.size)).all()
    assert "PNG" not in row.body
    content = read_content(engine, parts.sealer, stored_files[0].attachment.id)
    assert content is not None
    assert content.startswith(b"\x89PNG")
    attachment = stored_files[0].attachment
    assert (len(content), find_attachment(engine, attachment.id)) == (row.size, attachment)


def test_pictures_that_a_provider_has_are_not_counted(
    engine: Engine, parts: Parts, now: Callable[[], datetime]
) -> None:
    """The rate is for clients at an address. It counts begun megapixels, and a picture above it is not stored."""
    counted: list[tuple[str, str, int]] = []

    def check_rate(rate: str, address: str, cost: int) -> None:
        counted.append((rate, address, cost))
        raise Refused("too_many_requests", retry_after=7)

    attachments = Attachments(engine, parts.sealer, parts.doors.file_limit, ample_space(), check_rate)
    fetched = attachments.store(picture(size=(1_200, 1_000)), now())
    with pytest.raises(Refused, match="too_many_pictures") as refused:
        attachments.store(picture(), now(), address="203.0.113.7")
    with pytest.raises(Refused, match="too_many_pictures"):
        attachments.store(picture(size=(1_200, 1_000)), now(), address="203.0.113.7")
    assert counted == [("picture-megapixels", "203.0.113.7", megapixels) for megapixels in (1, 2)]
    assert (refused.value.retry_after, stored_bytes(engine)) == (7, fetched.attachment.size)


def test_without_a_free_slot_nothing_is_read(engine: Engine, parts: Parts, now: Callable[[], datetime]) -> None:
    """If all slots are taken, the next file is not even read: 503 with Retry-After."""
    limit = ConcurrencyLimit(1, 1, 0.0)
    attachments = Attachments(engine, parts.sealer, limit, ample_space(), no_rate)
    read: list[str] = []

    def content() -> bytes:
        read.append("read")
        return picture()

    with limit.slot(), pytest.raises(Refused, match="busy") as refused:
        attachments.store(content, now())
    assert (read, refused.value.status, bool(refused.value.retry_after)) == ([], 503, True)

    stored = attachments.store(content, now())
    assert (read, find_attachment(engine, stored.attachment.id)) == (["read"], stored.attachment)
