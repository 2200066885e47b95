"""The recap: what will be sent, before it is sent."""

import pytest

from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.people import TEXT, Fields
from tests.ingest.web.forms import (
    attached,
    fields,
    fields_on_page,
    messages_by_field,
    photo,
    published_fields,
    send_again,
    send_form,
)
from tests.support.page_texts import page_text

_PLACE: Fields = {"region": "", "province": "33", "city": "33.74", "district": "-"}


def test_the_recap_shows_everything_and_sends_it(served: DoorClient) -> None:
    """Nothing is sent before the second button. It sends exactly what the form had, with the file."""
    typed = _PLACE | {"text": 'Lampu mati.\r\nSejak "Senin".', "anonim": "true", "photo_place": "true"}
    recap = send_form(served, [attached("depan.jpg", photo())], step="recap", **typed)

    text = page_text(recap.text)
    shown = ("Lampu mati.", "Jawa Tengah", "Kota Semarang", "Saya tidak tahu", "depan.jpg", "-6.90000, 110.40000")
    assert (recap.status_code, [words for words in shown if words not in text]) == (200, [])
    assert served.published_count() == 0

    assert send_again(served, recap).status_code == 303
    sent = published_fields(served)
    assert (sent["text"], sent["city"], sent["located_by"]) == ('Lampu mati.\r\nSejak "Senin".', "33.74", "photo")
    (raw,) = served.raw_messages("web")
    assert len(raw.attachments) == 1


def test_the_recap_names_the_place_of_a_point(served: DoorClient) -> None:
    """District, city and province of a point, also of a picture. A point at sea is said to be unknown."""
    point: Fields = {"latitude": "-7.05", "longitude": "110.44"}
    recap = page_text(send_form(served, step="recap", **point).text)
    assert "Titik itu di sekitar Tembalang, Kota Semarang, Jawa Tengah" in " ".join(recap.split())
    form = page_text(send_form(served, step="edit", **point).text)
    assert "Di sekitar Tembalang, Kota Semarang, Jawa Tengah." in form
    for latitude, longitude in (("-4.5", "108.9"), ("0", "0")):
        far = send_form(served, step="recap", latitude=latitude, longitude=longitude)
        assert "Tempat yang tidak kami kenal" in far.text
    assert "Titik itu" not in send_form(served, step="recap").text

    named = served.post("/web/point", data=point)
    assert named.json() == {"place": "Tembalang, Kota Semarang, Jawa Tengah"}
    for damaged in ({}, {"latitude": "nan", "longitude": "1"}, {"latitude": "91", "longitude": "1"}, {"latitude": "x"}):
        assert served.post("/web/point", data=damaged).json() == {"place": ""}


def test_the_recap_leads_back_to_the_form(served: DoorClient) -> None:
    """The form has all values and the file again; parts with values are open."""
    recap = send_form(served, [attached("depan.jpg", photo())], step="recap", title="Lampu", agency="Dinas")
    page = send_again(served, recap, step="edit")

    values = fields_on_page(page)
    assert (page.status_code, values["text"], values["title"], len(values["kept"])) == (200, TEXT, "Lampu", 1)
    assert '<details class="card" id="bagian-rincian" open>' in page.text
    assert served.published_count() == 0


def test_errors_come_before_the_recap(served: DoorClient) -> None:
    """A form with an error is shown again, not recapitulated. The part with the error is open."""
    page = send_form(served, step="recap", kind="pujian", **_PLACE | {"city": ""})

    assert (page.status_code, set(messages_by_field(page))) == (400, {"kind", "city"})
    assert '<details class="card" id="bagian-rincian" open>' in page.text


def test_the_recap_counts_as_a_press(served: DoorClient) -> None:
    """A form under suspicion needs a second press, and the recap's button is one."""
    recap = send_form(served, step="recap", token="")

    assert recap.status_code == 200
    assert send_again(served, recap).status_code == 303


def test_a_form_begins_short(served: DoorClient) -> None:
    """An empty form shows what, where and picture; the rest is closed, and no contact is asked that nobody uses."""
    page = served.get("/lapor")

    assert 'id="bagian-rincian">' in page.text
    assert 'id="bagian-kontak">' in page.text
    assert page.text.index('id="text"') < page.text.index('id="province"') < page.text.index('id="files"')
    assert page.text.index('id="files"') < page.text.index('id="bagian-rincian"')
    assert [name for name in ("phone", "email") if f'name="{name}"' in page.text] == []


def test_the_script_uploads_files_first(served: DoorClient) -> None:
    """The script gets the files sealed for its form, and sends the form with them."""
    form = fields_on_page(served.get("/lapor"))
    answer = served.post("/web/files", data={"form_id": form["form_id"]}, files=[attached("a.jpg", photo())])
    (sealed,) = answer.json()["kept"]

    recap = send_form(served, step="recap", form_id=form["form_id"], token=form["token"], kept=sealed)
    assert "a.jpg" in page_text(recap.text)
    refused = served.post("/web/files", data={"form_id": form["form_id"]}, files=[attached("a.txt", b"x")])
    assert refused.json() == {"kept": [], "refused": True}


@pytest.mark.parametrize("field", ["text", "title", "address"])
def test_the_recap_warns_of_a_number(served: DoorClient, field: str) -> None:
    """A telephone number in the words is named before they are sent. A house number or a year is none."""
    warning = "Laporan Anda berisi nomor"

    with_number: Fields = {"step": "recap", field: "Hubungi 0812 3456 7890"}
    without: Fields = {"step": "recap", field: "RT 3 RW 4 sejak 2024"}
    assert warning in served.post("/web/reports", data=fields(served, **with_number)).text
    assert warning not in served.post("/web/reports", data=fields(served, **without)).text


def test_the_recap_says_what_becomes_public(serve: Serve) -> None:
    """Where the public view is on, the recap says so, except for a report that is never public."""
    served = serve(public_view=True)

    assert 'href="/publik">laporan publik' in send_form(served, step="recap").text
    secret = send_form(served, step="recap", rahasia="true").text
    assert "laporan ini tidak tampil untuk umum" in secret
    assert 'href="/publik">laporan publik' not in secret
