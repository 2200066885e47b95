"""The web form without scripts: regions step by step, stored files, and a second press instead of a captcha."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from PIL import Image

from app.clock import utc_now
from ingest.http.concurrency_limit import ConcurrencyLimit
from ingest.web.form_token import MAX_FILE_AGE, FormFile, FormTokens
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, FlakyProducer
from tests.ingest.people import TEXT, Fields
from tests.ingest.web.forms import (
    FORM_ID,
    PDF,
    SPOT,
    attached,
    fields,
    fields_on_page,
    messages_by_field,
    photo,
    send_form,
    token,
)
from tests.support.attachments import find_attachment, read_content

_SENT = 303
_CODES: Fields = {"region": "", "province": "33", "city": "33.74", "district": "33.74.11"}


def published_fields(served: DoorClient) -> Fields:
    """Return the fields of the one report on the bus."""
    (raw,) = served.raw_messages("web")
    return dict(parse_qsl(served.open_body(raw).decode()))


def send_again(served: DoorClient, page: Any, **more: Any) -> Any:
    """Press the button of a page that was shown again."""
    return served.post("/web/reports", data=fields_on_page(page) | more)


# Places


def test_regions_are_picked_step_by_step(served: DoorClient) -> None:
    """Each button shows the next list and keeps all values. Picked regions arrive as codes."""
    page = send_form(served, step="city", region="", province="33", anonim="true")
    assert (page.status_code, '<option value="33.74">Kota Semarang</option>' in page.text) == (200, True)
    assert fields_on_page(page) | {"token": ""} == fields_on_page(page) | {
        "token": "",
        "text": TEXT,
        "anonim": "true",
        "province": "33",
    }

    page = send_again(served, page, step="district", city="33.74")
    assert '<option value="33.74.11">Banyumanik</option>' in page.text
    assert send_again(served, page, district="33.74.11").status_code == _SENT

    assert {name: published_fields(served)[name] for name in ("province", "city", "district")} == {
        name: code for name, code in _CODES.items() if code
    }
    assert served.published_count() == 1


@pytest.mark.parametrize(("step", "field"), [("city", "city"), ("district", "district")])
def test_the_requested_list_has_the_focus(served: DoorClient, step: str, field: str) -> None:
    """The focus leads users of screen readers to the new list."""
    page = send_form(served, step=step, **_CODES)

    assert page.text.count("autofocus") == 1
    assert f'<select id="{field}" name="{field}" autocomplete="off" autofocus>' in page.text


def test_a_province_alone_asks_for_the_city_once(served: DoorClient) -> None:
    """The form asks for the city, because the agency depends on it. It accepts “I don't know” as an answer."""
    page = send_form(served, region="", province="33")

    assert (page.status_code, set(messages_by_field(page))) == (400, {"city"})
    assert "33.74" in page.text
    assert send_again(served, page, city="-", region="").status_code == _SENT
    assert published_fields(served)["province"] == "33"


def test_a_city_of_another_province_is_refused(served: DoorClient) -> None:
    """The form says that the city is not in the province, and shows the cities of the province."""
    page = send_form(served, **_CODES | {"province": "32", "district": ""})

    assert set(messages_by_field(page)) == {"city"}
    assert fields_on_page(page)["city"] == ""
    assert '<option value="32.73">' in page.text


def test_lists_for_the_script(served: DoorClient) -> None:
    """The script gets codes and names of the regions inside a region, and may cache them for a day."""
    answer = served.get("/web/regions/33.74")

    assert ["33.74.11", "Banyumanik"] in answer.json()
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert [served.get(f"/web/regions/{code}").status_code for code in ("99", "33.74.11", "%00", "🚧")] == [404] * 4


def test_coordinates_can_be_removed(served: DoorClient) -> None:
    """Coordinates can be removed from the form without a script."""
    page = send_form(served, step="unlocate", latitude="-6.9", longitude="110.4")

    assert (page.status_code, fields_on_page(page)["latitude"], fields_on_page(page)["longitude"]) == (200, "", "")


def test_invalid_coordinates_are_removed_from_the_form(served: DoorClient) -> None:
    """The form names the error and removes the coordinates, so that the next press sends."""
    page = send_form(served, latitude="utara", longitude="110.4")

    assert set(messages_by_field(page)) == {"latitude"}
    assert send_again(served, page).status_code == _SENT


# Second press


def test_a_form_without_a_token_is_shown_again(served: DoorClient) -> None:
    """No value is lost, and a second press sends the form."""
    page = send_form(served, token="")

    assert (page.status_code, fields_on_page(page)["text"]) == (400, TEXT)
    assert "sekali lagi" in page.text
    assert served.published_count() == 0
    assert send_again(served, page).status_code == _SENT


@pytest.mark.parametrize("forged", ["1", "1.2", "99999999999999.00", ".", "🚧", "a" * 5_000])
def test_a_forged_token_is_invalid(served: DoorClient, forged: str) -> None:
    """A token is valid only with our signature, and only for its own form."""
    assert send_form(served, token=forged).status_code == 400
    assert send_form(served, token=token(served, "another form")).status_code == 400
    assert served.published_count() == 0


def test_a_form_left_open_is_not_lost(served: DoorClient) -> None:
    """After a day the form is shown again with all values, and a second press sends it."""
    day = timedelta(hours=24)
    assert send_form(served, token=token(served, age=day - timedelta(minutes=1))).status_code == _SENT

    page = send_form(served, text="Lampu mati.", token=token(served, age=day + timedelta(seconds=1)))

    assert "sudah lama terbuka" in page.text
    assert send_again(served, page).status_code == _SENT


@pytest.mark.parametrize("age", [timedelta(seconds=1), timedelta(0), timedelta(minutes=-5)])
def test_a_form_sent_too_quickly_needs_a_second_press(served: DoorClient, age: timedelta) -> None:
    """A form sent within two seconds, or before it was served, is shown again. A second press sends it."""
    page = send_form(served, token=token(served, age=age))

    assert (page.status_code, served.published_count()) == (400, 0)
    assert send_again(served, page).status_code == _SENT


def test_the_hidden_field_needs_a_second_press(served: DoorClient) -> None:
    """A form with the hidden field filled in is shown again. A browser that fills it for a person can send it."""
    page = send_form(served, website="https://contoh.id")

    assert (page.status_code, fields_on_page(page)["website"]) == (400, "")
    assert send_again(served, page, website="https://contoh.id").status_code == _SENT


FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "null"},
    {"Origin": "https://lain.example"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://["},
    {"Origin": "file://"},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_cannot_send(served: DoorClient, headers: dict[str, str]) -> None:
    """Even with a token of its own, another site only makes the browser show the form to its user."""
    page = send_form(served, headers=headers)

    assert (page.status_code, served.published_count()) == (403, 0)
    assert send_again(served, page).status_code == _SENT


def test_a_wrong_public_address_shuts_nobody_out(serve: Serve) -> None:
    """A browser with an origin that we do not know is asked for a second press, and not for a third."""
    served = serve(public_url="https://salah.example")
    headers = {"Origin": "https://lapor.example"}

    page = send_form(served, headers=headers)

    assert (page.status_code, served.published_count()) == (403, 0)
    assert served.post("/web/reports", data=fields_on_page(page), headers=headers).status_code == _SENT


def test_our_own_pages_can_send(served: DoorClient) -> None:
    """A form from our origin, from a hidden origin, or from a proxy's public address is accepted."""
    headers_of_own_pages = (
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
        {"Origin": served.address},
        {"Sec-Fetch-Site": "none"},
    )

    assert [send_form(served, headers=headers).status_code for headers in headers_of_own_pages] == [_SENT] * 4


def test_the_public_address_is_ours(serve: Serve) -> None:
    """Behind a proxy the browser names the public address, which is accepted."""
    served = serve(public_url="https://lapor.example/")

    assert send_form(served, headers={"Origin": "https://lapor.example"}).status_code == _SENT


def test_errors_need_no_additional_press(served: DoorClient) -> None:
    """A form with an error and a suspicion needs one press more, not two."""
    page = send_form(served, text=" ", token="")

    assert set(messages_by_field(page)) == {"text"}
    assert send_again(served, page, text="Lampu mati.").status_code == _SENT


def test_a_list_button_is_no_second_press(served: DoorClient) -> None:
    """A program that only requests lists has not pressed twice."""
    page = send_form(served, step="city", token="")

    assert send_again(served, page).status_code == 400


# Files


def test_files_come_with_the_report(served: DoorClient) -> None:
    """Pictures and documents are stored. The report has their ids and types, not their names and bytes."""
    files = [attached("depan.jpg", photo()), attached("surat.pdf", PDF), attached("x.png", photo("PNG"), "text/html")]

    assert send_form(served, files).status_code == _SENT

    (raw,) = served.raw_messages("web")
    assert [attachment.media_type for attachment in raw.attachments] == ["image/jpeg", "application/pdf", "image/png"]
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


def test_a_file_of_any_name(served: DoorClient) -> None:
    """Any file name is shown as text."""
    name = "<img src=x onerror=alert(1)>\"'" + "🚧" * 300 + ".jpg"

    page = send_form(served, [attached(name, photo())], text=" ")

    assert "<img" not in page.text
    assert len(fields_on_page(page)["kept"]) == 1


def test_a_form_carries_a_picture_for_a_week(served: DoorClient) -> None:
    """The week begins with the upload. After it the citizen must select the picture again."""
    tokens = FormTokens(served.parts.secrets.sender_key, served.parts.settings.reached_at)
    stored = served.parts.attachments.store(photo(), NOW)
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


# Whatever the reason, nothing typed is lost


def test_bus_away_keeps_the_form(serve: Serve, served: DoorClient) -> None:
    """The form says that nothing was stored, and keeps all values and the picture. The next press sends it."""
    producer = served.parts.bus.producer()
    away = serve(FlakyProducer(producer, away={1}))
    page = send_form(away, [attached("depan.jpg", photo())], address="Depan pasar")

    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert {fields_on_page(page)["text"], fields_on_page(page)["address"]} == {TEXT, "Depan pasar"}
    assert send_again(away, page).status_code == _SENT
    producer.close()


def test_database_away_keeps_the_form(serve: Serve) -> None:
    """Without the database no picture can be stored. The form says so and keeps all values."""
    served = serve(migrated=False)

    page = send_form(served, [attached("depan.jpg", photo())])

    assert (page.status_code, fields_on_page(page)["text"]) == (503, TEXT)
    assert "depan.jpg: Maaf" in messages_by_field(page)["files"]


def test_too_many_pictures_at_once(serve: Serve) -> None:
    """If a picture gets no slot in time, the form says so with Retry-After and keeps all values."""
    limit = ConcurrencyLimit(1, 1, 0.0)
    served = serve(room=limit)
    with limit.slot():
        page = send_form(served, [attached("depan.jpg", photo())])

    assert (page.status_code, page.headers["Retry-After"], fields_on_page(page)["text"]) == (503, "5", TEXT)
    assert "depan.jpg: Maaf, layanan sedang sangat ramai" in messages_by_field(page)["files"]
    assert served.published_count() == 0
    assert send_form(served, [attached("depan.jpg", photo())]).status_code == _SENT


def test_a_waiting_picture_does_not_block_other_requests(serve: Serve) -> None:
    """Other requests are answered meanwhile. When a slot is free, the picture is cleaned and the form is sent."""
    limit = ConcurrencyLimit(1, 4, 60.0)
    served = serve(room=limit)
    with ThreadPoolExecutor(4) as pool:
        with limit.slot():
            sent = [pool.submit(send_form, served, [attached(f"{n}.jpg", photo())], text=f"{n}") for n in range(4)]
            while limit.waiting < len(sent):
                threading.Event().wait(0.01)
            other_statuses = [
                served.get("/").status_code,
                send_form(served).status_code,
                served.get("/live").status_code,
            ]
            assert [response_of_sender.done() for response_of_sender in sent] == [False] * 4
        assert [response_of_sender.result(60).status_code for response_of_sender in sent] == [_SENT] * 4
    assert other_statuses == [200, _SENT, 200]
    assert sorted(len(raw.attachments) for raw in served.raw_messages("web")) == [0, 1, 1, 1, 1]


def test_too_many_from_one_address(serve: Serve) -> None:
    """The form names the waiting time and keeps all values. Another address is not limited."""
    served = serve(rates={"web": "2/minute", "upload": "9/minute"})
    limited_sender, other_sender = ({"X-Forwarded-For": address} for address in ("203.0.113.7", "203.0.113.8"))

    pages = [send_form(served, [attached("a.jpg", photo())], limited_sender) for _ in range(3)]

    assert [page.status_code for page in pages] == [_SENT, _SENT, 429]
    assert int(pages[2].headers["Retry-After"]) > 0
    assert (fields_on_page(pages[2])["text"], len(fields_on_page(pages[2])["kept"])) == (TEXT, 1)
    assert send_form(served, headers=other_sender).status_code == _SENT


def test_waiting_time_and_errors_are_shown_together(serve: Serve) -> None:
    """A form above the rate and with an error shows both."""
    served = serve(rates={"web": "1/minute"})
    address = {"X-Forwarded-For": "203.0.113.7"}
    send_form(served, headers=address)

    page = send_form(served, headers=address, region="", province="33")

    assert (page.status_code, set(messages_by_field(page))) == (429, {"city"})
    assert "Terlalu banyak kiriman" in page.text


def test_too_many_files_from_one_address(serve: Serve) -> None:
    """A file above the rate is not stored, and the form says so."""
    served = serve(rates={"upload": "1/minute"})
    files = [attached("a.jpg", photo()), attached("b.jpg", photo(size=(8, 8)))]

    page = send_form(served, files, {"X-Forwarded-For": "203.0.113.7"})

    assert (page.status_code, len(fields_on_page(page)["kept"])) == (429, 1)
    assert "b.jpg: Terlalu banyak" in messages_by_field(page)["files"]


def test_json_reports_have_a_rate_too(serve: Serve) -> None:
    """Programs are limited like people, and get a problem."""
    served = serve(rates={"web": "1/minute"})
    headers = {"X-Forwarded-For": "203.0.113.7"}

    answers = [served.post("/web/reports", json={"text": "Lampu mati."}, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 429]


def test_a_form_far_too_large_is_shown_again(served: DoorClient) -> None:
    """The fields before the limit are kept, in both encodings."""
    typed = {"address": "Depan pasar", "text": "a" * 300_000}

    page = served.post("/web/reports", data=typed, files=[("files", ("", b""))])

    assert (page.status_code, fields_on_page(page)["address"]) == (413, "Depan pasar")
    assert served.post("/web/reports", data=typed).status_code == 413
    assert served.published_count() == 0


def test_thousands_of_fields_are_too_many(served: DoorClient) -> None:
    """A form with thousands of empty fields is shown empty, so that it takes no more memory than others."""
    page = served.post("/web/reports", data={f"a{number}": "b" for number in range(201)} | {"text": TEXT})

    assert (page.status_code, fields_on_page(page)["text"], served.published_count()) == (413, "", 0)
