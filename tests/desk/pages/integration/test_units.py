"""A coordinator gives a key and a webhook the unit whose cases they see."""

from http import HTTPStatus

from desk.units.tree import Unit
from tests.desk.pages.integration.site import HOME, KEYS, WEBHOOKS, Browser, IntegrationSite, version_in
from tests.desk.pages.page_requests import text_of
from tests.desk.pages.site import HEALTH

_GONE = "Unit itu tidak ada lagi. Pilih unit lain, atau seluruh instansi."


def add_units(integration: IntegrationSite) -> None:
    """Add a unit and one below it."""
    for unit in (Unit("DINKES", "Dinas"), Unit("PKM", "Puskesmas", "DINKES")):
        integration.site.parts.units.add(HEALTH, unit, "Budi", "test")


def test_a_key_gets_a_unit(any_integration: IntegrationSite, any_browser: Browser) -> None:
    """Its tier is that unit. Each unit has as many keys as the institution; one that is gone is refused in words."""
    integration, browser = any_integration, any_browser
    assert 'name="unit"' not in browser.page()
    add_units(integration)
    assert "Dinas / Puskesmas (PKM)" in browser.page()
    shown = browser.client.post(KEYS, {"hak": "read", "masa": "90", "versi": version_in(browser.page()), "unit": "PKM"})
    assert shown.status_code == HTTPStatus.OK
    assert "unit: PKM" in text_of(shown)
    (key,) = integration.keys.keys(HEALTH)
    assert key.unit == "PKM"
    assert integration.keys.tier(key).units == frozenset({"PKM"})
    for expected in (HTTPStatus.OK, HTTPStatus.UNPROCESSABLE_ENTITY):
        answer = browser.client.post(KEYS, {"hak": "read", "versi": version_in(browser.page()), "unit": "PKM"})
        assert answer.status_code == expected
    assert "Unit ini sudah memiliki 2 kunci yang berlaku." in text_of(answer)
    gone = browser.client.post(KEYS, {"hak": "read", "versi": version_in(browser.page()), "unit": "HILANG"})
    assert gone.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert _GONE in text_of(gone)
    whole = browser.client.post(KEYS, {"hak": "read", "versi": version_in(browser.page()), "unit": ""})
    assert whole.status_code == HTTPStatus.OK


def test_a_webhook_gets_a_unit(any_integration: IntegrationSite, any_browser: Browser) -> None:
    """List and page show it. A unit that is gone is refused in words, and what was typed stays."""
    integration, browser = any_integration, any_browser
    add_units(integration)
    fields = {"alamat": "http://lapor.example:8080/masuk", "jenis": "received"}
    gone = browser.client.post(WEBHOOKS, {**fields, "unit": "HILANG"})
    assert gone.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert _GONE in text_of(gone)
    assert fields["alamat"] in gone.text
    assert browser.client.post(WEBHOOKS, {**fields, "unit": "DINKES"}).status_code == HTTPStatus.OK
    (webhook,) = integration.webhooks.list_webhooks(HEALTH)
    assert webhook.unit == "DINKES"
    assert "unit: DINKES" in browser.page(HOME)
    assert "<dt>Unit</dt><dd>DINKES</dd>" in browser.page(f"{WEBHOOKS}/{webhook.id}")
