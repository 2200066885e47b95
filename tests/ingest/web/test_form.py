"""The web form where no script runs: places step by step, files that are kept, a second press instead of a captcha."""

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
from tests.ingest.web.forms import FORM_ID, PDF, SPOT, attached, faults, fields, photo, send_form, shown, token
from tests.support.attachments import find_attachment, read_content

_SENT = 303
_CODES: Fields = {"region": "", "province": "33", "city": "33.74", "district": "33.74.11"}


def said(served: DoorClient) -> Fields:
    """What the one report on the bus says."""
    (raw,) = served.raw_messages("web")
    return dict(parse_qsl(served.opened(raw).decode()))


def again(served: DoorClient, page: Any, **more: Any) -> Any:
    """Press the button of a page that was shown again."""
    return served.post("/web/reports", data=shown(page) | more)


# Places


def test_a_place_is_picked_step_by_step(served: DoorClient) -> None:
    """Each button brings the next list and keeps all that was typed; what is picked arrives as its codes."""
    page = send_form(served, step="city", region="", province="33", anonim="true")
    assert (page.status_code, '<option value="33.74">Kota Semarang</option>' in page.text) == (200, True)
    assert shown(page) | {"token": ""} == shown(page) | {"token": "", "text": TEXT, "anonim": "true", "province": "33"}

    page = again(served, page, step="district", city="33.74")
    assert '<option value="33.74.11">Banyumanik</option>' in page.text
    assert again(served, page, district="33.74.11").status_code == _SENT

    assert {name: said(served)[name] for name in ("province", "city", "district")} == {
        name: code for name, code in _CODES.items() if code
    }
    assert served.published() == 1


@pytest.mark.parametrize(("step", "field"), [("city", "city"), ("district", "district")])
def test_the_list_that_was_asked_for_has_the_focus(served: DoorClient, step: str, field: str) -> None:
    """Whoever cannot see the page land is taken to the list that came."""
    page = send_form(served, step=step, **_CODES)

    assert page.text.count("autofocus") == 1
    assert f'<select id="{field}" name="{field}" autocomplete="off" autofocus>' in page.text


def test_a_province_alone_is_asked_about_once(served: DoorClient) -> None:
    """It might lead to the wrong door: the form asks for the city, and takes “I don't know” for an answer."""
    page = send_form(served, region="", province="33")

    assert (page.status_code, set(faults(page))) == (400, {"city"})
    assert "33.74" in page.text
    assert again(served, page, city="-", region="").status_code == _SENT
    assert said(served)["province"] == "33"


def test_another_province_leaves_no_city_of_the_first(served: DoorClient) -> None:
    """A city that does not lie in the province is said to be wrong, and the list is the province's own."""
    page = send_form(served, **_CODES | {"province": "32", "district": ""})

    assert set(faults(page)) == {"city"}
    assert shown(page)["city"] == ""
    assert '<option value="32.73">' in page.text


def test_lists_for_the_script(served: DoorClient) -> None:
    """The form's script gets codes and names of what lies within, and may keep them for a day."""
    answer = served.get("/web/regions/33.74")

    assert ["33.74.11", "Banyumanik"] in answer.json()
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert [served.get(f"/web/regions/{code}").status_code for code in ("99", "33.74.11", "%00", "🚧")] == [404] * 4


def test_a_point_is_taken_back(served: DoorClient) -> None:
    """Coordinates that a phone gave can be taken out of the form again without a script."""
    page = send_form(served, step="unlocate", latitude="-6.9", longitude="110.4")

    assert (page.status_code, shown(page)["latitude"], shown(page)["longitude"]) == (200, "", "")


def test_a_point_that_is_none_does_not_stand_in_the_way(served: DoorClient) -> None:
    """It is said to be wrong and gone from the form: the next press sends."""
    page = send_form(served, latitude="utara", longitude="110.4")

    assert set(faults(page)) == {"latitude"}
    assert again(served, page).status_code == _SENT


# Second press


def test_a_form_without_a_token_is_shown_again(served: DoorClient) -> None:
    """Nothing typed is lost, and one press more sends it."""
    page = send_form(served, token="")

    assert (page.status_code, shown(page)["text"]) == (400, TEXT)
    assert "sekali lagi" in page.text
    assert served.published() == 0
    assert again(served, page).status_code == _SENT


@pytest.mark.parametrize("forged", ["1", "1.2", "99999999999999.00", ".", "🚧", "a" * 5_000])
def test_a_forged_token_is_none(served: DoorClient, forged: str) -> None:
    """Only what we signed counts, and only for its own form."""
    assert send_form(served, token=forged).status_code == 400
    assert send_form(served, token=token(served, "another form")).status_code == 400
    assert served.published() == 0


def test_a_form_left_open_is_not_lost(served: DoorClient) -> None:
    """After a day the form is shown again with everything typed, and one press more sends it."""
    day = timedelta(hours=24)
    assert send_form(served, token=token(served, age=day - timedelta(minutes=1))).status_code == _SENT

    page = send_form(served, text="Lampu mati.", token=token(served, age=day + timedelta(seconds=1)))

    assert "sudah lama terbuka" in page.text
    assert again(served, page).status_code == _SENT


@pytest.mark.parametrize("age", [timedelta(seconds=1), timedelta(0), timedelta(minutes=-5)])
def test_a_form_sent_at_once_wants_a_second_press(served: DoorClient, age: timedelta) -> None:
    """Nobody writes so fast, nor before the form was served; a person whose browser filled it presses again."""
    page = send_form(served, token=token(served, age=age))

    assert (page.status_code, served.published()) == (400, 0)
    assert again(served, page).status_code == _SENT


def test_the_trap_is_no_wall(served: DoorClient) -> None:
    """What fills the field that nobody sees is shown the form again; a person's own password keeper fills it twice."""
    page = send_form(served, website="https://contoh.id")

    assert (page.status_code, shown(page)["website"]) == (400, "")
    assert again(served, page, website="https://contoh.id").status_code == _SENT


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
    """Whatever token it fetched, the form is shown to the person at the browser, who decides."""
    page = send_form(served, headers=headers)

    assert (page.status_code, served.published()) == (403, 0)
    assert again(served, page).status_code == _SENT


def test_a_wrong_public_address_shuts_nobody_out(serve: Serve) -> None:
    """A browser that names an origin we do not know ourselves by is asked for a second press, and no third."""
    served = serve(public_url="https://salah.example")
    headers = {"Origin": "https://lapor.example"}

    page = send_form(served, headers=headers)

    assert (page.status_code, served.published()) == (403, 0)
    assert served.post("/web/reports", data=shown(page), headers=headers).status_code == _SENT


def test_our_own_pages_can(served: DoorClient) -> None:
    """A browser that tells where a form came from, or may not say it, is ours; so is a proxy's public address."""
    own = (
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
        {"Origin": served.address},
        {"Sec-Fetch-Site": "none"},
    )

    assert [send_form(served, headers=headers).status_code for headers in own] == [_SENT] * 4


def test_the_public_address_is_ours(serve: Serve) -> None:
    """Behind a proxy the browser names the address that citizens use, not ours."""
    served = serve(public_url="https://lapor.example/")

    assert send_form(served, headers={"Origin": "https://lapor.example"}).status_code == _SENT


def test_faults_are_mended_before_a_second_press(served: DoorClient) -> None:
    """Who must mend a field anyway presses once for both."""
    page = send_form(served, text=" ", token="")

    assert set(faults(page)) == {"text"}
    assert again(served, page, text="Lampu mati.").status_code == _SENT


def test_a_button_for_a_list_is_no_press(served: DoorClient) -> None:
    """A machine that only asks for lists has not been seen to press twice."""
    page = send_form(served, step="city", token="")

    assert again(served, page).status_code == 400


# Files


def test_files_come_with_the_report(served: DoorClient) -> None:
    """Pictures and documents are kept, and the report carries what they are; not their names, nor their bytes."""
    files = [attached("depan.jpg", photo()), attached("surat.pdf", PDF), attached("x.png", photo("PNG"), "text/html")]

    assert send_form(served, files).status_code == _SENT

    (raw,) = served.raw_messages("web")
    assert [one.media_type for one in raw.attachments] == ["image/jpeg", "application/pdf", "image/png"]
    assert all(find_attachment(served.parts.engine, one.id) == one for one in raw.attachments)
    assert "depan.jpg" not in raw.model_dump_json() + served.opened(raw).decode()


def test_nothing_hidden_stays_in_a_picture(served: DoorClient) -> None:
    """Who took it and where are gone from what is kept."""
    send_form(served, [attached("depan.jpg", photo())])

    (raw,) = served.raw_messages("web")
    content = read_content(served.parts.engine, served.parts.sealer, raw.attachments[0].id)
    assert content
    with Image.open(io.BytesIO(content)) as image:
        assert dict(image.getexif()) == {}
    assert b"Sekar" not in content


def test_a_picture_says_where(served: DoorClient) -> None:
    """Its place stands in where no coordinates were given, and the record says where they are from."""
    send_form(served, [attached("a.jpg", photo(spot=None)), attached("b.jpg", photo())], photo_place="true")

    found = said(served)
    assert (float(found["latitude"]), float(found["longitude"]), found["located_by"]) == (*SPOT, "photo")


@pytest.mark.parametrize("wanted", [{}, {"photo_place": "true", "latitude": "-7.5", "longitude": "110.8"}])
def test_a_picture_does_not_overrule(served: DoorClient, wanted: Fields) -> None:
    """Where the citizen does not want it, or has said where, the picture's place is nobody's business."""
    send_form(served, [attached("a.jpg", photo())], **wanted)

    assert said(served).get("latitude") == wanted.get("latitude")
    assert "located_by" not in said(served)


def test_files_survive_an_error(served: DoorClient) -> None:
    """A picture that came with a faulty form is kept: the form carries it, the next press sends it, place and all."""
    page = send_form(served, [attached("depan.jpg", photo())], text=" ", photo_place="true")

    assert (page.status_code, len(shown(page)["kept"])) == (400, 1)
    assert "depan.jpg" in page.text
    assert f"Titik dari foto: {SPOT[0]:.5f}, {SPOT[1]:.5f}" in page.text
    assert again(served, page, text="Lampu mati.").status_code == _SENT
    (raw,) = served.raw_messages("web")
    assert [one.media_type for one in raw.attachments] == ["image/jpeg"]
    assert float(said(served)["latitude"]) == SPOT[0]


def test_files_survive_a_step(served: DoorClient) -> None:
    """So does one that was picked before the place."""
    page = send_form(served, [attached("depan.jpg", photo())], step="city", region="", province="33")

    assert again(served, page, city="33.74").status_code == _SENT
    assert len(served.raw_messages("web")[0].attachments) == 1


def test_a_kept_file_can_be_left_out(served: DoorClient) -> None:
    """Without its tick it is not sent."""
    page = send_form(served, [attached("depan.jpg", photo())], text=" ")

    assert again(served, page, text="Lampu mati.", kept=[]).status_code == _SENT
    assert served.raw_messages("web")[0].attachments == ()


def test_a_form_carries_only_its_own_files(served: DoorClient) -> None:
    """A kept picture of another form, or one that we never signed, is not attached to a report."""
    (kept,) = shown(send_form(served, [attached("depan.jpg", photo())], text=" "))["kept"]
    other = "5f0c0000-0000-4000-8000-00000000ffff"

    for form_id, sealed in ((other, kept), (FORM_ID, f"x{kept}"), (FORM_ID, kept.partition(".")[0]), (FORM_ID, "")):
        page = send_form(served, form_id=form_id, token=token(served, form_id), kept=sealed)
        assert (page.status_code, set(faults(page))) == (400, {"files"})
    assert served.published() == 0


def test_the_same_files_again_are_the_same_message(served: DoorClient) -> None:
    """Sent twice is one; with another picture it is another."""
    one, two = attached("a.jpg", photo()), attached("b.jpg", photo(size=(32, 32)))

    numbers = [send_form(served, files).headers["Location"] for files in ([one], [one], [two], [one, one])]

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
def test_a_file_that_cannot_be_taken_is_named(served: DoorClient, name: str) -> None:
    """It is said beside the files which and why; the good ones are kept, and the next press sends without it."""
    content, says = BAD_FILES[name]
    page = send_form(served, [attached("depan.jpg", photo()), attached(name, content)])

    assert name in faults(page)["files"]
    assert says in faults(page)["files"]
    assert (len(shown(page)["kept"]), served.published()) == (1, 0)
    assert again(served, page).status_code == _SENT


def test_five_files_and_no_more(served: DoorClient) -> None:
    """The first five are kept, the sixth is named; so it is when they come one by one."""
    files = [attached(f"{number}.jpg", photo(size=(16, 16 + number))) for number in range(6)]

    page = send_form(served, files)
    assert "5.jpg: Paling banyak 5 berkas." in faults(page)["files"]
    assert len(shown(page)["kept"]) == 5

    page = served.post("/web/reports", data=shown(page) | {"text": " "}, files=files[5:])
    assert set(faults(page)) == {"text", "files"}
    assert len(shown(page)["kept"]) == 5


def test_a_file_of_any_name(served: DoorClient) -> None:
    """What a device calls a file is shown as text, whatever it is."""
    name = "<img src=x onerror=alert(1)>\"'" + "🚧" * 300 + ".jpg"

    page = send_form(served, [attached(name, photo())], text=" ")

    assert "<img" not in page.text
    assert len(shown(page)["kept"]) == 1


def test_a_form_carries_a_picture_for_a_week(served: DoorClient) -> None:
    """Counted from when it came, however often the form was shown since; then it must be picked again."""
    guard = FormTokens(served.parts.secrets.sender_key, served.parts.settings.reached_at)
    kept = served.parts.attachments.store(photo(), NOW)
    picture = FormFile(kept.attachment, "depan.jpg", NOW, kept.coordinates)
    sealed = guard.seal(FORM_ID, picture)

    again = guard.open_file(FORM_ID, sealed, NOW + MAX_FILE_AGE)
    assert again == picture
    assert guard.open_file(FORM_ID, guard.seal(FORM_ID, again), NOW + MAX_FILE_AGE + timedelta(seconds=1)) is None
    old = guard.seal(FORM_ID, replace(picture, at=utc_now() - MAX_FILE_AGE - timedelta(minutes=1)))
    page = served.post("/web/reports", data=fields(served, kept=old))
    assert (page.status_code, "Berkas yang tersimpan" in faults(page)["files"]) == (400, True)
    assert served.published() == 0


# Whatever the reason, nothing typed is lost


def test_bus_away_keeps_the_form(serve: Serve, served: DoorClient) -> None:
    """When nothing can be kept the form says so, with all that was typed and the picture; the next press sends it."""
    producer = served.parts.bus.producer()
    away = serve(FlakyProducer(producer, away={1}))
    page = send_form(away, [attached("depan.jpg", photo())], address="Depan pasar")

    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert {shown(page)["text"], shown(page)["address"]} == {TEXT, "Depan pasar"}
    assert again(away, page).status_code == _SENT
    producer.close()


def test_database_away_keeps_the_form(serve: Serve) -> None:
    """Pictures cannot be kept then: that is said beside them, and what was typed is there."""
    served = serve(migrated=False)

    page = send_form(served, [attached("depan.jpg", photo())])

    assert (page.status_code, shown(page)["text"]) == (503, TEXT)
    assert "depan.jpg: Maaf" in faults(page)["files"]


def test_too_many_pictures_at_once(serve: Serve) -> None:
    """Where no picture can be looked at in time that is said beside it, with when to come again; the rest stays."""
    room = ConcurrencyLimit(1, 1, 0.0)
    served = serve(room=room)
    with room.slot():
        page = send_form(served, [attached("depan.jpg", photo())])

    assert (page.status_code, page.headers["Retry-After"], shown(page)["text"]) == (503, "5", TEXT)
    assert "depan.jpg: Maaf, layanan sedang sangat ramai" in faults(page)["files"]
    assert served.published() == 0
    assert send_form(served, [attached("depan.jpg", photo())]).status_code == _SENT


def test_whoever_waits_for_a_picture_waits_alone(serve: Serve) -> None:
    """Other requests are answered meanwhile; when there is room the picture is looked at, and the form is sent."""
    room = ConcurrencyLimit(1, 4, 60.0)
    served = serve(room=room)
    with ThreadPoolExecutor(4) as pool:
        with room.slot():
            sent = [pool.submit(send_form, served, [attached(f"{n}.jpg", photo())], text=f"{n}") for n in range(4)]
            while room.waiting < len(sent):
                threading.Event().wait(0.01)
            others = [served.get("/").status_code, send_form(served).status_code, served.get("/live").status_code]
            assert [each.done() for each in sent] == [False] * 4
        assert [each.result(60).status_code for each in sent] == [_SENT] * 4
    assert others == [200, _SENT, 200]
    assert sorted(len(raw.attachments) for raw in served.raw_messages("web")) == [0, 1, 1, 1, 1]


def test_too_many_from_one_address(serve: Serve) -> None:
    """The form says to wait, for how long, and keeps everything; another address is not meant."""
    served = serve(rates={"web": "2/minute", "upload": "9/minute"})
    here, there = ({"X-Forwarded-For": address} for address in ("203.0.113.7", "203.0.113.8"))

    pages = [send_form(served, [attached("a.jpg", photo())], here) for _ in range(3)]

    assert [page.status_code for page in pages] == [_SENT, _SENT, 429]
    assert int(pages[2].headers["Retry-After"]) > 0
    assert (shown(pages[2])["text"], len(shown(pages[2])["kept"])) == (TEXT, 1)
    assert send_form(served, headers=there).status_code == _SENT


def test_waiting_is_said_beside_what_is_to_be_mended(serve: Serve) -> None:
    """Whoever must wait and has a fault to mend hears both at once."""
    served = serve(rates={"web": "1/minute"})
    address = {"X-Forwarded-For": "203.0.113.7"}
    send_form(served, headers=address)

    page = send_form(served, headers=address, region="", province="33")

    assert (page.status_code, set(faults(page))) == (429, {"city"})
    assert "Terlalu banyak kiriman" in page.text


def test_too_many_files_from_one_address(serve: Serve) -> None:
    """A picture more than its address may send is not kept, and that is said."""
    served = serve(rates={"upload": "1/minute"})
    files = [attached("a.jpg", photo()), attached("b.jpg", photo(size=(8, 8)))]

    page = send_form(served, files, {"X-Forwarded-For": "203.0.113.7"})

    assert (page.status_code, len(shown(page)["kept"])) == (429, 1)
    assert "b.jpg: Terlalu banyak" in faults(page)["files"]


def test_the_twin_has_a_rate_too(serve: Serve) -> None:
    """Programs are counted like people, and hear it as a problem."""
    served = serve(rates={"web": "1/minute"})
    headers = {"X-Forwarded-For": "203.0.113.7"}

    answers = [served.post("/web/reports", json={"text": "Lampu mati."}, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 429]


def test_a_form_far_too_large_is_shown_again(served: DoorClient) -> None:
    """What stood before the bound is still there, by either encoding that breaks off in the middle of it."""
    typed = {"address": "Depan pasar", "text": "a" * 300_000}

    page = served.post("/web/reports", data=typed, files=[("files", ("", b""))])

    assert (page.status_code, shown(page)["address"]) == (413, "Depan pasar")
    assert served.post("/web/reports", data=typed).status_code == 413
    assert served.published() == 0


def test_thousands_of_fields_are_too_many(served: DoorClient) -> None:
    """A form of nothing but names holds no more memory than another: it is shown empty."""
    page = served.post("/web/reports", data={f"a{number}": "b" for number in range(201)} | {"text": TEXT})

    assert (page.status_code, shown(page)["text"], served.published()) == (413, "", 0)
