"""What comes with a report: known by its content, its place read, everything else about its sender gone."""

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
from ingest.arrival import Refused
from ingest.files.attachments import AttachmentRow, Attachments
from ingest.files.cleaning import MAX_FILE_BYTES, Coordinates, clean_file
from ingest.http.concurrency_limit import ConcurrencyLimit
from tests.support.attachments import find_attachment, read_content

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
    """A picture as a phone makes it, with what a phone writes into it."""
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
def test_nothing_but_the_picture_is_kept(kind: str) -> None:
    """Camera, author, comment and place are gone; where it was taken is read first, and it stands upright."""
    sent = picture(kind, GPS)
    assert SECRET.encode() in sent
    clean = clean_file(sent)
    kept = Image.open(io.BytesIO(clean.content))
    assert clean.media_type == f"image/{kind.lower()}"
    assert clean.coordinates == Coordinates(-6.97, 110.42)
    assert (kept.size, dict(kept.getexif())) == ((48, 64), {})
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
def test_a_camera_that_says_nonsense_says_nothing(gps: Mapping[int, object]) -> None:
    """No place, half a place, a camera without a fix, degrees beyond the pole: the picture is kept without one."""
    assert clean_file(picture(gps=gps)).coordinates is None


def test_what_stands_behind_the_picture_is_gone() -> None:
    """A file that is a picture and something else besides is afterwards a picture."""
    assert b"<script>" not in clean_file(picture() + b"<script>alert(1)</script>").content


def test_a_large_picture_is_made_smaller() -> None:
    """Its longest side is bounded, its shape stays."""
    assert Image.open(io.BytesIO(clean_file(picture(size=(4000, 2000))).content)).size == (1280, 2560)


def test_a_phones_second_picture_is_left_out() -> None:
    """A JPEG with a depth map behind it is a JPEG like any other; only what people see is kept."""
    out = io.BytesIO()
    first, second = Image.new("RGB", (64, 48), (200, 30, 30)), Image.new("RGB", (32, 24))
    first.save(out, "MPO", save_all=True, append_images=[second])
    assert Image.open(io.BytesIO(out.getvalue())).format == "MPO"

    clean = clean_file(out.getvalue())
    kept = Image.open(io.BytesIO(clean.content))
    assert (clean.media_type, kept.format, kept.size, getattr(kept, "n_frames", 1)) == (
        "image/jpeg",
        "JPEG",
        (64, 48),
        1,
    )


@pytest.mark.parametrize("turn", Image.Transpose)
def test_every_way_of_holding_the_phone(turn: Image.Transpose) -> None:
    """However EXIF says that it is turned, it is kept as it would be seen."""
    seen = Image.new("RGB", (64, 48), (255, 255, 255))
    seen.paste((200, 30, 30), (0, 0, 32, 24))
    ways = {value: key for key, value in TURNS.items()}
    exif = Image.Exif()
    exif[Base.Orientation] = ways[turn]
    out = io.BytesIO()
    # Turned back: what undoes a turn by 90 degrees is one by 270.
    back = {
        Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
        Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90,
    }
    seen.transpose(back.get(turn, turn)).save(out, "PNG", exif=exif)

    kept = Image.open(io.BytesIO(clean_file(out.getvalue()).content)).convert("RGB")

    assert (kept.size, kept.tobytes()) == (seen.size, seen.tobytes())


def test_a_document_is_known_by_its_beginning() -> None:
    """A PDF stays byte for byte."""
    assert clean_file(b"%PDF-1.7\n...") == ("application/pdf", b"%PDF-1.7\n...", None)


@pytest.mark.parametrize(("kind", "size", "most"), [("PNG", 5500, 30), ("WEBP", 4050, 16), ("JPEG", 7080, 50)])
def test_a_picture_that_unfolds_to_too_much_is_not_unfolded(kind: str, size: int, most: int) -> None:
    """A few kilobytes that claim more millions of pixels than their kind may have are refused by what they claim."""
    out = io.BytesIO()
    Image.new("L" if kind == "JPEG" else "RGB", (size, size)).save(out, kind)
    with pytest.raises(Refused, match="file_too_large") as refused:
        clean_file(out.getvalue())
    assert f"{most} megapiksel" in refused.value.message


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
def test_what_is_no_picture_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    """Whatever its name or its sender says it is."""
    with pytest.raises(Refused) as refused:
        clean_file(content)
    assert refused.value.reason == reason


@given(st.integers(0, 400), st.binary(min_size=1, max_size=40), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_a_damaged_picture_is_a_picture_or_is_refused(at: int, noise: bytes, kind: str) -> None:
    """Whatever stands in it, nothing else is raised."""
    sent = bytearray(picture(kind, GPS))
    sent[at : at + len(noise)] = noise
    try:
        clean = clean_file(bytes(sent))
    except Refused:
        return
    assert SECRET.encode() not in clean.content


def test_kept_once_sealed_and_found_again(engine: Engine, parts: Parts, now: Callable[[], datetime]) -> None:
    """The same file sent five times is one row, which tells nothing without the key."""
    attachments = Attachments(engine, parts.sealer, parts.file_limit)
    kept = [attachments.store(picture("PNG", GPS), now()) for _ in range(5)]
    assert len({one.attachment.id for one in kept}) == 1
    with read_transaction(engine) as connection:
        (row,) = connection.execute(select(AttachmentRow.body, AttachmentRow.size)).all()
    assert "PNG" not in row.body
    content = read_content(engine, parts.sealer, kept[0].attachment.id)
    assert content is not None
    assert content.startswith(b"\x89PNG")
    assert (len(content), find_attachment(engine, kept[0].attachment.id)) == (row.size, kept[0].attachment)


def test_nothing_is_read_or_worked_without_room(engine: Engine, parts: Parts, now: Callable[[], datetime]) -> None:
    """Where as many files as may be are worked already, the next is not even read: 503, and when to come again."""
    room = ConcurrencyLimit(1, 1, 0.0)
    attachments = Attachments(engine, parts.sealer, room)
    read: list[str] = []

    def content() -> bytes:
        read.append("read")
        return picture()

    with room.slot(), pytest.raises(Refused, match="busy") as refused:
        attachments.store(content, now())
    assert (read, refused.value.status, bool(refused.value.retry_after)) == ([], 503, True)

    kept = attachments.store(content, now())
    assert (read, find_attachment(engine, kept.attachment.id)) == (["read"], kept.attachment)
