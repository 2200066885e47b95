"""A coordinator makes and revokes the keys of the agency's programs."""

from datetime import timedelta
from html import unescape
from http import HTTPStatus

import pytest

from desk.api.keys.agency_keys import KeyRefused
from tests.conftest import NOW
from tests.desk.pages.integration.site import DEWI_LABEL, HOME, KEYS, Browser, IntegrationSite, version_in
from tests.desk.pages.page_requests import text_of
from tests.desk.pages.site import HEALTH


def key_text(page: str) -> str:
    """Return the key that the page shows."""
    return unescape(page.partition('<p class="code">')[2].partition("</p>")[0])


def test_a_new_key_is_shown_once_and_opens_the_interface(
    any_integration: IntegrationSite, any_browser: Browser
) -> None:
    """It has the chosen rights and period. The list shows its beginning, its maker and its last use."""
    integration, browser = any_integration, any_browser
    assert "Belum ada kunci yang berlaku." in browser.page()
    shown = browser.issue("read", "pictures", period="90")
    assert shown.status_code == HTTPStatus.OK
    assert shown.headers["Cache-Control"] == "no-store"
    text = key_text(shown.text)
    page = browser.page()
    assert text not in page
    assert "Belum pernah dipakai." in page
    key = integration.keys.authenticate(text)
    assert (key.agency, key.scopes, key.created_by) == (HEALTH, frozenset({"read", "pictures"}), DEWI_LABEL)
    assert key.expires_at == NOW + timedelta(days=90)
    page = browser.page()
    assert f"sp_{key.id.hex[:8]}…" in page
    assert "Hak: membaca laporan, mengambil gambar" in page
    assert "oleh Dewi Lestari." in page
    assert "Terakhir dipakai 24 Nov 2026 15.04 WIB." in page
    assert "Berlaku sampai 22 Feb 2027 15.04 WIB." in page
    assert text not in page
    assert integration.acts() == [("desk.issue_key", DEWI_LABEL)]


def test_a_form_that_is_sent_twice_makes_one_key(integration: IntegrationSite, browser: Browser) -> None:
    """A reload of the page with the key shows no other key."""
    version = version_in(browser.page())
    assert browser.issue("read", version=version).status_code == HTTPStatus.OK
    again = browser.issue("read", version=version)
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Tidak ada kunci baru yang dibuat." in text_of(again)
    assert len(integration.keys.keys(HEALTH)) == 1
    assert browser.issue("read", version=version_in(again.text)).status_code == HTTPStatus.OK


def test_two_keys_are_valid_at_most(integration: IntegrationSite, browser: Browser) -> None:
    """The page says so instead of the form, and a form from before is refused in the same words."""
    first = key_text(browser.issue("read").text)
    second = key_text(browser.issue("answer", period="0").text)
    page = browser.page()
    assert "sudah memiliki 2 kunci yang berlaku. Cabut satu lebih dahulu." in page
    assert 'name="hak"' not in page
    refused = browser.issue("read", version=str(integration.keys.keys(HEALTH)[0].id))
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "sudah memiliki 2 kunci" in text_of(refused)
    first_key = integration.keys.authenticate(first)
    response = browser.client.post(f"{KEYS}/{first_key.id}/cabut")
    assert response.headers["Location"] == f"{HOME}?selesai=cabut"
    page = browser.follow(response)
    assert "Kunci dicabut." in page
    assert "Dicabut 24 Nov 2026 15.04 WIB." in page
    with pytest.raises(KeyRefused):
        integration.keys.authenticate(first)
    assert integration.keys.authenticate(second).expires_at is None
    assert browser.issue("read").status_code == HTTPStatus.OK
    again = browser.client.post(f"{KEYS}/{first_key.id}/cabut")
    assert again.status_code == HTTPStatus.NOT_FOUND


def test_a_key_that_has_expired_makes_room(integration: IntegrationSite, browser: Browser) -> None:
    """It is listed among those that are no longer valid."""
    browser.issue("read", period="90")
    browser.issue("read", period="730")
    integration.site.later = timedelta(days=91)
    page = browser.page()
    assert "lewat masa berlaku" in page.partition("Kunci yang tidak berlaku lagi")[2]
    assert browser.issue("read").status_code == HTTPStatus.OK


def test_a_key_needs_a_right(integration: IntegrationSite, browser: Browser) -> None:
    """An unknown right is none. An unknown period is the usual one."""
    refused = browser.issue("admin", period="90")
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Pilih paling sedikit satu hak." in text_of(refused)
    assert '<option value="90" selected>' in refused.text
    assert integration.site.acts == []
    browser.issue("read", period="100000")
    (key,) = integration.keys.keys(HEALTH)
    assert key.expires_at == NOW + timedelta(days=365)
