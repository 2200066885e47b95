"""The web form without scripts: regions step by step, a second press instead of a captcha, and failures."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ingest.http.concurrency_limit import ConcurrencyLimit
from ingest.web.form_state import joined_fields, read_form_state
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, FlakyProducer
from tests.ingest.people import TEXT, Fields
from tests.ingest.web.forms import (
    attached,
    fields_on_page,
    messages_by_field,
    photo,
    published_fields,
    send_again,
    send_form,
    token,
)

_SENT = 303
_CODES: Fields = {"region": "", "province": "33", "city": "33.74", "district": "33.74.11"}


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
    assert [served.get(f"/web/regions/{code}").status_code for code in ("99", "33.74.11", "%01", "🚧")] == [404] * 4


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
    served = serve(file_limit=limit)
    with limit.slot():
        page = send_form(served, [attached("depan.jpg", photo())])

    assert (page.status_code, page.headers["Retry-After"], fields_on_page(page)["text"]) == (503, "5", TEXT)
    assert "depan.jpg: Maaf, layanan sedang sangat ramai" in messages_by_field(page)["files"]
    assert served.published_count() == 0
    assert send_form(served, [attached("depan.jpg", photo())]).status_code == _SENT


def test_a_waiting_picture_does_not_block_other_requests(serve: Serve) -> None:
    """Other requests are answered meanwhile. When a slot is free, the picture is cleaned and the form is sent."""
    limit = ConcurrencyLimit(1, 4, 60.0)
    served = serve(file_limit=limit)
    with ThreadPoolExecutor(4) as pool:
        with limit.slot():
            sent = [pool.submit(send_form, served, [attached(f"{n}.jpg", photo())], text=f"{n}") for n in range(4)]
            while limit.waiting < len(sent):
                threading.Event().wait(0.01)
            other_statuses = [
                served.get("/lapor").status_code,
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
    unread = served.post("/web/reports", data=typed)
    assert unread.status_code == 413
    for shown in (page, unread):
        assert ("masih ada" in shown.text, "Mungkin tidak semua isian Anda terbaca" in shown.text) == (False, True)
    assert served.published_count() == 0


def test_thousands_of_fields_are_too_many(served: DoorClient) -> None:
    """A form with thousands of empty fields is shown empty, so that it takes no more memory than others."""
    page = served.post("/web/reports", data={f"a{number}": "b" for number in range(201)} | {"text": TEXT})

    assert (page.status_code, fields_on_page(page)["text"], served.published_count()) == (413, "", 0)


@pytest.mark.parametrize(
    ("region", "places"),
    [
        ("", {}),
        ("33", {"province": "33"}),
        ("33.74", {"province": "33", "city": "33.74"}),
        ("33.74.11", {"province": "33", "city": "33.74", "district": "33.74.11"}),
    ],
)
def test_a_joining_form_has_the_place_of_the_public_report(region: str, places: dict[str, str]) -> None:
    """Each level that the public report has is picked; the box for the place of a photo keeps its tick."""
    values = read_form_state(joined_fields("P0", region)).values

    assert values == {"same_as": "P0", "photo_place": "true", **places}
