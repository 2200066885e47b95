"""Files of the web form: stored when they arrive, carried by the form, and attached to the report."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image

from app.clock import utc_now
from ingest.web.form_token import MAX_FILE_AGE, FormFile, FormTokens
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.people import Fields
from tests.ingest.web.forms import (
    FORM_ID,
    PDF,
    SPOT,
    attached,
    fields,
    fields_on_page,
    messages_by_field,
    photo,
    published_fields,
    send_again,
    send_form,
    token,
)
from tests.support.attachments import find_attachment, read_content

_SENT = 303


def test_files_come_with_the_report(served: DoorClient) -> None:
    """Pictures are stored. The report has their ids and types, not their names and bytes."""
    files = [attached("depan.jpg", photo()), attached("x.png", photo("PNG"), "text/html")]

    assert send_form(served, files).status_code == _SENT

    (raw,) = served.raw_messages("web")
    assert [attachment.media_type for attachment in raw.attachments] == ["image/jpeg", "image/png"]
    assert all(find_attachment(served.parts.engine, attachment.id) == attachment for attachment in raw.attachments)
    assert "depan.jpg" not in raw.model_dump_json() + served.open_body(raw).decode()


def test_metadata_is_removed_from_pictures(served: DoorClient) -> None:
    """Author and coordinates are removed from the stored picture."""
    send_form(served, [attached("depan.jpg", photo())])

    (raw,) = served.raw_messages("web")
    content = read_content(served.parts.engine, served.parts.sealer, raw.attachments[0].id)
    assert content
    with Image.open(io.BytesIO(content)) as image:
        assert dict(image.getexif()) == {}
    assert b"Sekar" not in content


def test_a_picture_gives_coordinates(served: DoorClient) -> None:
    """The coordinates of a picture are used if the citizen gave none. The record says where they come from."""
    send_form(served, [attached("a.jpg", photo(spot=None)), attached("b.jpg", photo())], photo_place="true")

    report_fields = published_fields(served)
    assert (float(report_fields["latitude"]), float(report_fields["longitude"]), report_fields["located_by"]) == (
        *SPOT,
        "photo",
    )


@pytest.mark.parametrize("form_fields", [{}, {"photo_place": "true", "latitude": "-7.5", "longitude": "110.8"}])
def test_a_picture_does_not_override(served: DoorClient, form_fields: Fields) -> None:
    """If the citizen refused or gave coordinates, those of the picture are not used."""
    send_form(served, [attached("a.jpg", photo())], **form_fields)

    assert published_fields(served).get("latitude") == form_fields.get("latitude")
    assert "located_by" not in published_fields(served)


def test_files_survive_an_error(served: DoorClient) -> None:
    """A picture of a form with an error is stored. The form carries it, and the next press sends it."""
    page = send_form(served, [attached("depan.jpg", photo())], text=" ", photo_place="true")

    assert (page.status_code, len(fields_on_page(page)["kept"])) == (400, 1)
    assert "depan.jpg" in page.text
    assert f"Titik dari foto: {SPOT[0]:.5f}, {SPOT[1]:.5f}" in page.text
    assert send_again(served, page, text="Lampu mati.").status_code == _SENT
    (raw,) = served.raw_messages("web")
    assert [attachment.media_type for attachment in raw.attachments] == ["image/jpeg"]
    assert float(published_fields(served)["latitude"]) == SPOT[0]


def test_files_survive_a_step(served: DoorClient) -> None:
    """A picture selected before the regions is kept."""
    page = send_form(served, [attached("depan.jpg", photo())], step="city", region="", province="33")

    assert send_again(served, page, city="33.74").status_code == _SENT
    assert len(served.raw_messages("web")[0].attachments) == 1


def test_a_stored_file_can_be_left_out(served: DoorClient) -> None:
    """A file without its tick is not sent."""
    page = send_form(served, [attached("depan.jpg", photo())], text=" ")

    assert send_again(served, page, text="Lampu mati.", kept=[]).status_code == _SENT
    assert served.raw_messages("web")[0].attachments == ()


def test_a_form_carries_only_its_own_files(served: DoorClient) -> None:
    """A file of another form, or one that we never signed, is not attached."""
    (sealed_file,) = fields_on_page(send_form(served, [attached("depan.jpg", photo())], text=" "))["kept"]
    other_form_id = "5f0c0000-0000-4000-8000-00000000ffff"

    for form_id, sealed in (
        (other_form_id, sealed_file),
        (FORM_ID, f"x{sealed_file}"),
        (FORM_ID, sealed_file.partition(".")[0]),
        (FORM_ID, ""),
    ):
        page = send_form(served, form_id=form_id, token=token(served, form_id), kept=sealed)
        assert (page.status_code, set(messages_by_field(page))) == (400, {"files"})
    assert served.published_count() == 0


def test_equal_files_are_the_same_message(served: DoorClient) -> None:
    """The same form with the same file is one message; with another file it is another."""
    first_file, second_file = attached("a.jpg", photo()), attached("b.jpg", photo(size=(32, 32)))

    numbers = [
        send_form(served, files).headers["Location"]
        for files in ([first_file], [first_file], [second_file], [first_file, first_file])
    ]

    assert len(set(numbers)) == 2
    assert numbers[0] == numbers[1] == numbers[3]


BAD_FILES: dict[str, tuple[bytes, str]] = {
    "virus.jpg": (b"MZ\x90\x00" * 100, "tidak dapat diterima"),
    "halaman.png": (b"<svg onload=alert(1)>", "tidak dapat diterima"),
    "kosong.jpg": (b"", "tidak dapat diterima"),
    "separuh.jpg": (photo()[:300], "rusak"),
    "surat.pdf": (PDF, "PDF tidak dapat kami terima"),
    "surat.jpg": (PDF, "Kirim foto setiap halamannya"),
    "besar.pdf": (PDF + b"0" * 8_000_000, "terlalu besar"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_refused_file_is_named(served: DoorClient, name: str) -> None:
    """The form names the file and the reason. Other files are kept, and the next press sends without it."""
    content, message = BAD_FILES[name]
    page = send_form(served, [attached("depan.jpg", photo()), attached(name, content)])

    assert name in messages_by_field(page)["files"]
    assert message in messages_by_field(page)["files"]
    assert (len(fields_on_page(page)["kept"]), served.published_count()) == (1, 0)
    assert send_again(served, page).status_code == _SENT


def test_at_most_five_files(served: DoorClient) -> None:
    """The first five files are kept and the sixth is named, also if they come one by one."""
    files = [attached(f"{number}.jpg", photo(size=(16, 16 + number))) for number in range(6)]

    page = send_form(served, files)
    assert "5.jpg: Paling banyak 5 berkas." in messages_by_field(page)["files"]
    assert len(fields_on_page(page)["kept"]) == 5

    page = served.post("/web/reports", data=fields_on_page(page) | {"text": " "}, files=files[5:])
    assert set(messages_by_field(page)) == {"text", "files"}
    assert len(fields_on_page(page)["kept"]) == 5


def test_a_client_has_a_number_of_pixels_a_minute(serve: Serve) -> None:
    """Few bytes may be many pixels, so pixels are counted before they are decoded. The report waits; others go on."""
    served = serve(rates={"picture-megapixels": "5/minute"})
    sender, another = ({"X-Forwarded-For": address} for address in ("203.0.113.7", "203.0.113.8"))
    large, small = (photo("PNG", size=size) for size in ((2000, 2000), (20, 20)))

    page = send_form(served, [attached("a.png", large), attached("b.png", large), attached("c.png", small)], sender)

    assert (page.status_code, int(page.headers["Retry-After"]) > 0) == (429, True)
    assert "b.png: Terlalu banyak foto" in messages_by_field(page)["files"]
    assert (len(fields_on_page(page)["kept"]), served.published_count()) == (2, 0)
    assert send_form(served, [attached("b.png", large)], another).status_code == _SENT
    assert served.post("/web/reports", data=fields_on_page(page), headers=sender).status_code == _SENT


def test_a_file_of_any_name(served: DoorClient) -> None:
    """Any file name is shown as text."""
    name = "<img src=x onerror=alert(1)>\"'" + "🚧" * 300 + ".jpg"

    page = send_form(served, [attached(name, photo())], text=" ")

    assert "<img" not in page.text
    assert len(fields_on_page(page)["kept"]) == 1


def test_a_form_carries_a_picture_for_a_week(served: DoorClient) -> None:
    """The week begins with the upload. After it the citizen must select the picture again."""
    tokens = FormTokens(served.parts.secrets.sender_key, served.parts.settings.reached_at)
    stored = served.parts.doors.attachments.store(photo(), NOW)
    file = FormFile(stored.attachment, "depan.jpg", NOW, stored.coordinates)
    sealed = tokens.seal(FORM_ID, file)

    opened_file = tokens.open_file(FORM_ID, sealed, NOW + MAX_FILE_AGE)
    assert opened_file == file
    assert (
        tokens.open_file(FORM_ID, tokens.seal(FORM_ID, opened_file), NOW + MAX_FILE_AGE + timedelta(seconds=1)) is None
    )
    expired_seal = tokens.seal(FORM_ID, replace(file, at=utc_now() - MAX_FILE_AGE - timedelta(minutes=1)))
    page = served.post("/web/reports", data=fields(served, kept=expired_seal))
    assert (page.status_code, "Berkas yang tersimpan" in messages_by_field(page)["files"]) == (400, True)
    assert served.published_count() == 0
