"""The language of a page: Indonesian by default, English by choice."""

import pytest

from tests.ingest.door_client import DoorClient
from tests.ingest.web.forms import send_form


def test_a_page_is_indonesian_by_default(served: DoorClient) -> None:
    """The language that the browser asks for changes nothing."""
    page = served.get("/", headers={"Accept-Language": "en"})
    assert '<html lang="id">' in page.text
    assert page.headers["Content-Language"] == "id"
    assert "Set-Cookie" not in page.headers


def test_the_choice_is_shown_at_once_and_remembered(served: DoorClient) -> None:
    """`?bahasa=en` shows the page in English and sets a cookie for a year, which the next pages follow."""
    chosen = served.get("/status?bahasa=en")
    assert '<html lang="en">' in chosen.text
    assert chosen.headers["Set-Cookie"] == "bahasa=en; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"
    later = served.get("/", headers={"Cookie": "theme=dark; bahasa=en"})
    assert '<html lang="en">' in later.text
    assert later.headers["Content-Language"] == "en"


def test_the_address_overrides_the_cookie(served: DoorClient) -> None:
    """The link back to Indonesian works for a person with the cookie."""
    page = served.get("/?bahasa=id", headers={"Cookie": "bahasa=en"})
    assert '<html lang="id">' in page.text


@pytest.mark.parametrize("choice", ["xx", "", "%00", "en%0d%0aSet-Cookie:a=b", "EN"])
def test_an_unknown_language_is_ignored(served: DoorClient, choice: str) -> None:
    """A language that there is no catalog for leaves the page Indonesian and sets no cookie."""
    page = served.get(f"/status?bahasa={choice}", headers={"Cookie": "bahasa=../en"})
    assert '<html lang="id">' in page.text
    assert "Set-Cookie" not in page.headers


def test_the_link_keeps_the_address(served: DoorClient) -> None:
    """The link leads to the same page with the same query, and never to another site."""
    page = served.get("/status?number=A%22%3E&bahasa=id")
    assert 'href="?number=A%22%3E&amp;bahasa=en" lang="en" hreflang="en">English<' in page.text
    page = served.get("//example.org/?bahasa=en", headers={"Accept": "text/html"})
    assert 'href="?bahasa=id" lang="id" hreflang="id">Bahasa Indonesia<' in page.text


def test_the_answer_to_a_form_has_no_link(served: DoorClient) -> None:
    """A link would request the form's address without what was typed."""
    page = send_form(served, text="")
    assert page.status_code == 400
    assert "hreflang" not in page.text


def test_programs_get_no_cookie(served: DoorClient) -> None:
    """An answer that is no page has neither a language nor a cookie."""
    answer = served.get("/status/x?bahasa=en", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.headers.keys().isdisjoint({"Content-Language", "Set-Cookie"})
