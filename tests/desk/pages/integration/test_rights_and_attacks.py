"""Nobody reaches the webhooks and keys of another agency, or manages those of the own one without the right."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from uuid import UUID, uuid4

import pytest
import requests
from sqlalchemy import text

from accounts.permissions import Act, Actor, Role, may
from app.assembly.desk.http import NAVIGATION
from config.database import read_transaction
from pages.frame import shown_links
from tests.desk.pages.integration.site import DEWI, HOME, KEYS, RATNA, WEBHOOKS, Browser, IntegrationSite
from tests.desk.pages.page_requests import text_of
from tests.desk.pages.site import HEALTH, PLN, SARI
from tests.desk.webhooks.harness import change

_WEBHOOK_FORMS = ("rahasia", "nyala", "mati", "hapus", "uji", "kirim-ulang")
_MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
_OTHERS = [
    replace(SARI, role=role, agency=agency)
    for role, agency in (
        (Role.OFFICER, HEALTH),
        (Role.TRIAGE, "triage"),
        (Role.OPERATOR, ""),
        (Role.OVERSEER, ""),
        (Role.AUDITOR, ""),
        # The administrator manages accounts. The commands serve for the keys of an agency without a coordinator.
        (Role.ADMINISTRATOR, ""),
    )
]


def stored(integration: IntegrationSite) -> list[tuple[object, ...]]:
    """Return every row of webhooks, deliveries and keys."""
    with read_transaction(integration.hooks.engine) as connection:
        tables = ("desk_webhook", "desk_webhook_delivery", "desk_key")
        return [tuple(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608 - our own tables


def requests_for(browser: Browser, webhook_id: object, key_id: object, change_id: object) -> list[requests.Response]:
    """Send every request that names a webhook or a key."""
    fields = {"perubahan": str(change_id), "versi": "-", "": ""}
    return [
        browser.client.get(f"{WEBHOOKS}/{webhook_id}"),
        *(browser.client.post(f"{WEBHOOKS}/{webhook_id}/{name}", fields) for name in _WEBHOOK_FORMS),
        browser.client.post(f"{KEYS}/{key_id}/cabut"),
    ]


def planted(integration: IntegrationSite, agency: str = HEALTH) -> tuple[UUID, UUID, UUID]:
    """Return a webhook, a key and a delivery of the agency."""
    webhook = integration.hooks.add("http://lapor.example/rahasia-kami", agency=agency)
    integration.hooks.enqueue(change(1, agency=agency))
    key, _ = integration.keys.issue(agency, ["read"], "Dewi", "test")
    integration.site.acts.clear()
    return webhook.id, key.id, change(1).id


def test_another_agencys_webhook_and_key_are_as_unknown_as_any(
    any_integration: IntegrationSite, any_browser: Browser
) -> None:
    """The answers are those for ids that do not exist. Nothing changes and nothing is recorded."""
    integration, browser = any_integration, any_browser
    planted_ids = planted(integration)
    integration.site.actor = RATNA
    before = stored(integration)
    responses = requests_for(browser, *planted_ids)
    unknown_ids = (uuid4(), uuid4(), uuid4())
    responses_to_unknown = [*requests_for(browser, *unknown_ids), *requests_for(browser, "x", "y", "z")]
    assert {response.status_code for response in responses + responses_to_unknown} == {HTTPStatus.NOT_FOUND}
    # Pages that a form leads to have no link to the other language.
    texts = {text_of(response).removesuffix("English").strip() for response in responses + responses_to_unknown}
    assert len(texts) == 1
    assert "rahasia-kami" not in browser.page()
    assert stored(integration) == before
    assert integration.site.acts == []


def test_a_delivery_of_another_agency_is_not_sent_to_the_own_webhook(
    integration: IntegrationSite, browser: Browser
) -> None:
    """The own webhook with the id of a change that only the other agency was told of."""
    planted(integration, PLN)
    own_webhook, _, _ = planted(integration, HEALTH)
    with read_transaction(integration.hooks.engine) as connection:
        rows = connection.execute(text("SELECT agency FROM desk_webhook_delivery")).all()
    assert [row[0] for row in rows] == [PLN, HEALTH]
    foreign = uuid4()
    integration.hooks.enqueue(replace(change(2, agency=PLN), id=foreign))
    before = stored(integration)
    assert browser.act(own_webhook, "kirim-ulang", perubahan=str(foreign)).status_code == HTTPStatus.NOT_FOUND
    assert stored(integration) == before


@pytest.mark.parametrize("actor", _OTHERS, ids=lambda actor: str(actor.role))
def test_only_a_coordinator_manages_them(integration: IntegrationSite, browser: Browser, actor: Actor) -> None:
    """Every address is forbidden for the others, and they see no link."""
    ids = planted(integration)
    before = stored(integration)
    integration.site.actor = actor
    responses = [
        browser.client.get(HOME),
        browser.client.post(WEBHOOKS, {"alamat": "http://lapor.example/", "jenis": "moved"}),
        browser.client.post(KEYS, {"hak": "read", "versi": "-"}),
        *requests_for(browser, *ids),
    ]
    assert {response.status_code for response in responses} == {HTTPStatus.FORBIDDEN}
    assert stored(integration) == before
    assert HOME not in {link.address for link in shown_links(NAVIGATION, actor, "/desk")}
    assert HOME in {link.address for link in shown_links(NAVIGATION, DEWI, "/desk")}
    assert may(DEWI, Act.MANAGE_WEBHOOKS, HEALTH)


def test_without_a_session_nothing_is_shown(integration: IntegrationSite, browser: Browser) -> None:
    """A page leads to the sign-in, a form is refused."""
    ids = planted(integration)
    before = stored(integration)
    integration.site.actor = None
    assert browser.client.get(HOME).headers["Location"].startswith("/desk/masuk")
    page, *forms = requests_for(browser, *ids)
    assert page.status_code == HTTPStatus.SEE_OTHER
    assert {form.status_code for form in forms} == {HTTPStatus.UNAUTHORIZED}
    assert stored(integration) == before


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://penyerang.example"}, {}],
    ids=["cross-site", "same-site", "origin", "none"],
)
def test_no_other_site_sends_a_form(integration: IntegrationSite, browser: Browser, headers: dict[str, str]) -> None:
    """Every form is refused before it has an effect."""
    webhook_id, key_id, change_id = planted(integration)
    before = stored(integration)
    addresses = [
        WEBHOOKS,
        KEYS,
        f"{KEYS}/{key_id}/cabut",
        *(f"{WEBHOOKS}/{webhook_id}/{name}" for name in _WEBHOOK_FORMS),
    ]
    fields = {"alamat": "http://lapor.example/x", "jenis": "moved", "hak": "read", "versi": str(key_id)}
    for address in addresses:
        response = browser.client.program("POST", address, headers, data={**fields, "perubahan": str(change_id)})
        assert response.status_code == HTTPStatus.FORBIDDEN, address
    assert stored(integration) == before
    assert integration.site.acts == []


def test_typed_markup_stays_text(integration: IntegrationSite, browser: Browser) -> None:
    """In every field and parameter, and in the name of a person."""
    integration.site.actor = replace(DEWI, name=_MARKUP)
    webhook_id, _, _ = planted(integration)
    browser.issue("read")
    browser.add("http://lapor.example/'{{7*7}}'")
    pages = [
        browser.page(),
        browser.page(f"{HOME}?selesai={_MARKUP}"),
        browser.page(f"{WEBHOOKS}/{webhook_id}?selesai={_MARKUP}&sebelum={_MARKUP}"),
        browser.add(_MARKUP, _MARKUP).text,
        browser.add(_MARKUP).text,
        browser.issue(_MARKUP, period=_MARKUP, version=_MARKUP).text,
        browser.act(webhook_id, "kirim-ulang", perubahan=_MARKUP, sebelum=_MARKUP).text,
        browser.act(webhook_id, "rahasia", versi=_MARKUP).text,
    ]
    for page in pages:
        assert "<script>" not in page
        assert "<img" not in page
    assert "&lt;script&gt;" in pages[0]
    assert "{{7*7}}" in pages[0]


@pytest.mark.parametrize("act", ["add", "rotate", "remove", "issue", "revoke", "test"])
def test_without_the_audit_log_nothing_happens(integration: IntegrationSite, browser: Browser, act: str) -> None:
    """Each act is recorded before its effect."""
    webhook_id, key_id, _ = planted(integration)
    before = stored(integration)
    integration.site.audit_log_is_away = True
    sent: dict[str, Callable[[], requests.Response]] = {
        "add": lambda: browser.add("http://lapor.example/baru"),
        "rotate": lambda: browser.act(webhook_id, "rahasia", versi="-"),
        "remove": lambda: browser.act(webhook_id, "hapus"),
        "issue": lambda: browser.issue("read", version=str(key_id)),
        "revoke": lambda: browser.client.post(f"{KEYS}/{key_id}/cabut"),
        "test": lambda: browser.act(webhook_id, "uji"),
    }
    assert sent[act]().status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    assert stored(integration) == before
