"""After each button the form is at an address of its own: "Back" and a reload send nothing again, and lose nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from app.clock import utc_now
from config.database import read_transaction
from ingest.web import form_drafts
from ingest.web.form_drafts import MAX_AGE, FormDrafts
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.people import NAME, TEXT
from tests.ingest.web.forms import (
    FORM_ID,
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

_SEE_OTHER = 303


@dataclass
class Clock:
    """A clock that a test sets."""

    time: datetime = datetime(2026, 11, 24, 5, tzinfo=UTC)


def press(served: DoorClient, **more: Any) -> requests.Response:
    """Press a button of a filled form, without following the redirect."""
    files = [attached("depan.jpg", photo())]
    return requests.post(
        f"{served.address}/web/reports", data=fields(served, **more), files=files, allow_redirects=False, timeout=60
    )


def test_each_button_leads_to_an_address(served: DoorClient) -> None:
    """The recap, a list of regions and errors: each page is there again after a reload, with text, place and photo."""
    place = {"province": "33", "city": "33.74", "region": "", "latitude": "-7.05", "longitude": "110.44"}
    for more, status in (
        ({"step": "recap"}, 200),
        ({"step": "city"}, 200),
        ({"step": "recap", "kind": "pujian"}, 400),
        ({"token": ""}, 400),
    ):
        answer = press(served, **place, **more)
        assert answer.status_code == _SEE_OTHER, more
        for _reload in range(2):
            page = served.get(answer.headers["Location"])
            values = fields_on_page(page)
            assert (page.status_code, values["text"], values["city"]) == (status, TEXT, "33.74"), more
            assert (values["latitude"], len(values["kept"])) == ("-7.05", 1), more
    assert served.published_count() == 0
    assert send_again(served, served.get(press(served, step="recap", **place).headers["Location"])).status_code == 303
    assert published_fields(served)["text"] == TEXT


def test_errors_are_those_of_the_form(served: DoorClient) -> None:
    """In the language of the reader, each at its field, and that of a file with its name."""
    answer = press(served, step="recap", kind="pujian", title="a" * 201)
    page = served.get(answer.headers["Location"])
    messages = messages_by_field(page)
    assert set(messages) == {"kind", "title"}
    assert messages["title"] == "Terlalu panjang: paling banyak 200 karakter."
    english = served.get(f"{answer.headers['Location']}?bahasa=en").text
    assert "Too long: at most 200 characters." in english
    refused = send_form(served, [attached("virus.jpg", b"MZ\x90\x00" * 100)], step="recap")
    assert messages_by_field(refused)["files"].startswith("virus.jpg: ")


def test_what_is_stored_is_sealed_and_short_lived(serve: Serve) -> None:
    """Only the address opens it, for an hour. The next form deletes it."""
    clock = Clock()
    served = serve(now=lambda: clock.time)
    location = press(served, step="recap", token="").headers["Location"]
    assert TEXT in page_text(served.get(location).text)
    stored = _rows(served.parts.engine)
    assert len(stored) == 1
    assert not any(words in str(stored) for words in (TEXT[:20], NAME, FORM_ID, location.rpartition("/")[2]))
    assert served.get(f"{location}x").status_code == 404

    clock.time += MAX_AGE
    gone = served.get(location)
    assert (gone.status_code, TEXT in gone.text) == (404, False)
    assert "Isian ini sudah tidak ada" in gone.text
    press(served, step="recap", token="")
    assert len(_rows(served.parts.engine)) == 1


def test_a_sent_form_is_gone(served: DoorClient) -> None:
    """Who opens the address later, from the history of a shared computer, does not read the report."""
    location = press(served, step="recap").headers["Location"]
    other = press(served, step="city").headers["Location"]
    page = served.get(location)
    assert send_again(served, page).status_code == _SEE_OTHER
    assert [served.get(address).status_code for address in (location, other)] == [404, 404]
    assert _rows(served.parts.engine) == []
    # The button of the page that is still open sends the same report once more: it is one message.
    assert send_again(served, page).status_code == _SEE_OTHER
    assert len({raw.id for raw in served.raw_messages("web")}) == 1


def test_without_room_or_database_the_answer_is_the_page(
    served: DoorClient, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody loses a form because it cannot be kept."""
    long_form = press(served, step="recap", agency="b" * 70_000)
    assert (long_form.status_code, fields_on_page(long_form)["text"]) == (400, TEXT)
    monkeypatch.setattr(form_drafts, "_MAX_DRAFTS", 1)
    assert press(served, step="recap").status_code == _SEE_OTHER
    full = press(served, step="recap")
    assert (full.status_code, TEXT in page_text(full.text)) == (200, True)
    away = serve(migrated=False)
    answer = requests.post(
        f"{away.address}/web/reports", data=fields(away, step="recap"), allow_redirects=False, timeout=60
    )
    assert (answer.status_code, TEXT in page_text(answer.text)) == (200, True)
    assert away.get("/lapor/isian/x").status_code == 503


def test_another_content_needs_another_address(engine: Engine) -> None:
    """A token opens its own form alone."""
    tokens = iter(("one", "two"))
    drafts = FormDrafts(engine, utc_now, lambda: next(tokens))
    assert (drafts.store("form", b"first"), drafts.store("form", b"second")) == ("one", "two")
    assert (drafts.find("one"), drafts.find("two"), drafts.find("three")) == (b"first", b"second", None)
    later = FormDrafts(engine, lambda: utc_now() + timedelta(hours=2), lambda: "later")
    assert later.find("one") is None


def _rows(engine: Engine) -> list[Any]:
    with read_transaction(engine) as connection:
        return list(connection.execute(text("SELECT * FROM web_form_draft")).all())
