"""The language of a page: Indonesian by default, English by choice."""

import re
from dataclasses import replace
from typing import get_args

import pytest
import requests
from jinja2 import Template

from app.assembly.http import page_templates
from bench.generated.translations import PAGES, read_catalog
from messages.replies.report_states import STATE_SENTENCES, ReportState
from messages.shapes import SenderAct
from pages.translation.language import in_language
from sinks.ledger.own.own_report import OwnEntry, OwnReport
from sinks.ledger.status import ReportStatus, StatusStep
from sinks.ledger.wording import page_sentence
from tests.conftest import NOW
from tests.ingest.door_client import DoorClient
from tests.ingest.people import TEXT
from tests.ingest.web.forms import photo, send_form
from tests.support.deadlines import DEADLINES
from tests.support.page_texts import page_text

_ENGLISH = {"Cookie": "bahasa=en", "Accept": "text/html"}
# Texts without placeholders and markup that differ in English, as they stand on an Indonesian page.
INDONESIAN = [
    str(entry.id)
    for entry in read_catalog(PAGES)
    if isinstance(entry.id, str) and entry.id not in {"", entry.string} and not set(entry.id) & set("%{<")
]


def indonesian_texts(page: str) -> list[str]:
    """Return the texts of the catalog that stand untranslated in a page."""
    candidates = (msgid for msgid in INDONESIAN if msgid in page)
    return [msgid for msgid in candidates if re.search(rf"(?<!\w){re.escape(msgid)}(?!\w)", page)]


def test_a_page_is_indonesian_by_default(served: DoorClient) -> None:
    """The language that the browser asks for changes nothing."""
    page = served.get("/lapor", headers={"Accept-Language": "en"})
    assert '<html lang="id">' in page.text
    assert page.headers["Content-Language"] == "id"
    assert "Set-Cookie" not in page.headers


def test_the_choice_is_shown_at_once_and_remembered(served: DoorClient) -> None:
    """`?bahasa=en` shows the page in English and sets a cookie for a year, which the next pages follow."""
    chosen = served.get("/status?bahasa=en")
    assert '<html lang="en">' in chosen.text
    assert chosen.headers["Set-Cookie"] == "bahasa=en; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"
    later = served.get("/lapor", headers={"Cookie": "theme=dark; bahasa=en"})
    assert '<html lang="en">' in later.text
    assert later.headers["Content-Language"] == "en"


def test_the_address_overrides_the_cookie(served: DoorClient) -> None:
    """The link back to Indonesian works for a person with the cookie."""
    page = served.get("/?bahasa=id", headers={"Cookie": "bahasa=en"})
    assert '<html lang="id">' in page.text


@pytest.mark.parametrize("choice", ["xx", "", "%01", "en%0d%0aSet-Cookie:a=b", "EN"])
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


def test_a_form_that_was_not_sent_is_translated(served: DoorClient) -> None:
    """It has an address of its own, which the link keeps, with what was typed. The answer to a POST has no link."""
    page = send_form(served, text="", title="Lampu mati")
    assert page.status_code == 400
    link = re.search(r'href="(\?bahasa=en)"', page.text)
    assert link
    english = served.get(page.url.removeprefix(served.address) + link[1])
    assert 'value="Lampu mati"' in english.text
    assert "Please fill this in." in english.text
    follow_up = served.post("/web/follow-ups", data={"token": "x", "act": "rates"}, headers={"Accept": "text/html"})
    assert (follow_up.status_code, "hreflang" in follow_up.text) == (404, False)


def test_programs_get_no_cookie(served: DoorClient) -> None:
    """An answer that is no page has neither a language nor a cookie."""
    answer = served.get("/status/x?bahasa=en", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.headers.keys().isdisjoint({"Content-Language", "Set-Cookie"})


def assert_english(page: requests.Response) -> None:
    """Assert that a page is English: nothing that a person reads on it is an Indonesian text of the catalog."""
    assert page.headers["Content-Language"] == "en"
    # What a person typed stays as it is.
    text = page_text(page.text).replace(TEXT, "")
    assert indonesian_texts(text) == []


def test_pages_of_the_form_are_english(served: DoorClient) -> None:
    """The form, its errors, its buttons and the receipt have no Indonesian text."""
    assert_english(served.get("/lapor", headers=_ENGLISH))
    wrong = send_form(
        served,
        [("files", ("", photo(), "image/jpeg"))],
        headers=_ENGLISH,
        text="",
        region="",
        province="33",
        photo_place="true",
    )
    assert wrong.status_code == 400
    assert "Please correct:</b> Please fill this in." in wrong.text
    assert_english(wrong)
    assert_english(send_form(served, headers=_ENGLISH, step="city", region="", province="33"))
    assert_english(send_form(served, headers=_ENGLISH, token=""))
    assert_english(send_form(served, headers=_ENGLISH, step="recap", region="", kind="aspirasi", anonim="true"))
    assert_english(served.get(send_form(served).headers["Location"], headers=_ENGLISH))


def test_refusals_are_english(served: DoorClient) -> None:
    """A refusal as a page, and one inside the form, are in the language of the page."""
    assert_english(served.get("/nothing", headers=_ENGLISH))
    assert_english(served.get("/status?number=7", headers=_ENGLISH))
    assert_english(served.get("/status/7K2MP9QX4TBC", headers=_ENGLISH))
    assert_english(served.post("/status", headers=_ENGLISH))
    large = send_form(served, [("files", ("a.txt", b"x", "text/plain"))], headers=_ENGLISH)
    assert "a.txt: This file cannot be accepted." in large.text
    assert_english(large)


@pytest.mark.parametrize("state", STATE_SENTENCES)
@pytest.mark.parametrize("relation", ["new", "repeat", "joins"])
def test_the_status_is_english(state: ReportState, relation: str) -> None:
    """The status page has no Indonesian text in any state, with any step."""
    template = page_templates(DEADLINES, lambda: NOW).get_template("status.html")
    kinds = (
        *("received", "dispatched", "refused", "accepted", "asked", "responded", "closed", "reopened", "withdrawn"),
        "unheard-of",
    )
    for count in range(1, len(kinds) + 1):
        steps = tuple(
            StatusStep(NOW, kind, "Kota Contoh" if count % 2 else "", count % 3 == 0) for kind in kinds[:count]
        )
        status = ReportStatus(
            tracking="7K2M-P9QX-4TBC",
            state=state,
            steps=steps,
            relation=relation,
            repeated_number="7K2M-P9QX-4TBD" if relation == "repeat" else None,
            belongs_to_case=relation != "new",
            is_joined=relation == "joins",
        )
        pages = {language: page_text(rendered(template, language, status)) for language in ("id", "en")}
        assert indonesian_texts(pages["en"]) == []
        assert pages["id"].count("\n") == pages["en"].count("\n")


def rendered(template: Template, language: str, status: ReportStatus) -> str:
    """Return the status page in a language."""
    with in_language(language):
        sentence = page_sentence(status, names_agency=True)
        return template.render(status=status, number=status.tracking, sentence=sentence, nonce=str)


@pytest.mark.parametrize("state", STATE_SENTENCES)
def test_the_own_page_is_english(state: ReportState) -> None:
    """The sender's page has no Indonesian text in any state, with each act of the sender and each form."""
    kinds = ("dispatched", "accepted", "refused", "asked", "responded", "closed", "reopened")
    acts = get_args(SenderAct)
    steps = tuple(StatusStep(NOW, kind, "Kota Contoh") for kind in ("received", *kinds))
    status = ReportStatus("7K2M-P9QX-4TBC", state, steps, "joins", None, is_joined=True, shares_words=False)
    entries = [OwnEntry(step) for step in steps[1:]] + [OwnEntry(steps[0], act, "text", 3) for act in acts]
    template, pages = page_templates(DEADLINES, lambda: NOW).get_template("own.html"), {}
    for is_late in (True, False):
        status = replace(status, shares_words=is_late)
        report = OwnReport(status, tuple(entries), "Where?" if is_late else "", "", NOW)
        for language in ("id", "en"):
            with in_language(language):
                pages[language] = page_text(
                    template.render(
                        token="",
                        report=report,
                        due_at=NOW,
                        sentence=page_sentence(status, names_agency=True, to_sender=True),
                        acts=("adds", "rates", "withdraws") if is_late else acts[1:],
                        sent="" if is_late else "objects",
                        form_id=str,
                        nonce=str,
                    )
                )
        assert indonesian_texts(pages["en"]) == []
        assert pages["id"].count("\n") == pages["en"].count("\n")
