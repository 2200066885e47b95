"""Markup that citizens type stays text: sent by every door, shown on every page, also without the security policy."""

from collections.abc import Sequence
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Page

from app.simulator.sender import Sender, SimulatedReport, tracking_in
from tests.end_to_end.browser.conftest import OpenPage
from tests.end_to_end.browser.pages import foreign_code, open_details, press_send, reload_until
from tests.ingest.sms.test_door import sign
from tests.support.service import RunningService

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    '" autofocus onfocus=alert(1) x="',
    "</textarea></title></style></script><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>klik</a><iframe srcdoc='<script>alert(1)</script>'>",
    "{{7*7}}{% raw %}${7*7}<%= 7*7 %>",
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    "\u2028</option></select><script>alert(1)</script>",
)
_TYPED = ("title", "text", "incident_time", "address", "agency", "name", "phone", "email")
_HIDDEN = (
    "form_id",
    "token",
    "website",
    "latitude",
    "longitude",
    "province",
    "city",
    "district",
    "kept",
    "kind",
    "region",
)
# Where a report can be looked up by its number, by people and by programs.
_PAGES = (
    "/web/receipts/{number}",
    "/status/{number}",
    "/status?number={number}",
    "/open311/v2/requests/{number}.json",
    "/open311/v2/requests/{number}.xml",
    "/open311/v2/requests.xml?service_request_id={number}",
    "/open311/v2/tokens/{number}.xml",
)
_PAGES_OF_A_POST = ("/status/{number}", "/open311/v2/requests/{number}.xml")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


@pytest.fixture
def sender(service: RunningService, address: str) -> Sender:
    """The providers, as the doors know them."""
    secrets, settings = service.parts.secrets, service.settings
    return Sender(address, settings.reached_at, secrets.twilio_tokens[0], settings.x_url, secrets.x_token)


def _fields(first: int, names: Sequence[str] = (*_TYPED, "region")) -> dict[str, str]:
    """Return a payload in each of these fields, from the `first` one on, cut at the limit of the field."""
    limits = {"text": 10_000, "description": 10_000, "incident_time": 100, "phone": 40}
    return {
        name: PAYLOADS[(first + position) % len(PAYLOADS)][: limits.get(name, 200)]
        for position, name in enumerate(names)
    }


def _open311(address: str, first: int) -> str:
    """The number of a report through a partner's app."""
    base = f"{address}/open311/v2"
    code = requests.get(f"{base}/services.json", timeout=30).json()[0]["service_code"]
    words = _fields(first, ("description", "address_string", "first_name", "last_name", "phone"))
    fields = words | {"service_code": code, "lat": "-6.99", "long": "110.42"}
    return str(requests.post(f"{base}/requests.json", data=fields, timeout=30).json()[0]["token"])


def test_in_the_form(open_page: OpenPage, subtests: pytest.Subtests) -> None:
    """A form that comes back with its errors shows what was typed, in hidden fields too, and runs nothing."""
    page = open_page(bypass_csp=True).page
    for payload in PAYLOADS:
        with subtests.test(payload):
            page.goto("/status")
            filled = dict.fromkeys((*_TYPED, *_HIDDEN), payload) | {"name": payload * 40, payload: payload}
            page.evaluate(
                """fields => {
                    const form = document.createElement('form');
                    form.method = 'post'; form.action = '/web/reports'; form.enctype = 'multipart/form-data';
                    for (const [name, value] of Object.entries(fields)) {
                        const field = document.createElement('textarea');
                        field.name = name; field.value = value; form.append(field);
                    }
                    document.body.append(form); form.submit();
                }""",
                filled,
            )
            page.wait_for_url("**/lapor**")

            assert foreign_code(page) == []
            assert page.input_value("#text") == payload
            assert page.input_value("#title") == payload


def test_through_every_door(open_page: OpenPage, sender: Sender, address: str, subtests: pytest.Subtests) -> None:
    """Reports of nothing but markup leave their receipt and status clean, whichever door they came through.

    Two reports through each door have every payload. Each field has another one.
    """
    page = open_page(bypass_csp=True).page
    numbers_by_first_payload = {first: _numbers(page, sender, address, first) for first in (0, len(PAYLOADS) // 2)}
    for first, numbers in numbers_by_first_payload.items():
        with subtests.test(PAYLOADS[first]):
            assert [number for number in numbers if not number] == []
            for number in numbers:
                page.goto(f"/web/receipts/{number}")
                assert foreign_code(page) == []
                page.goto(f"/status/{number}")
                reload_until(page, lambda: "Laporan kami terima" in page.inner_text("main"))
                assert foreign_code(page) == []


def _numbers(page: Page, sender: Sender, address: str, first: int) -> list[str | None]:
    """Return the numbers of reports with these payloads: by the form, as JSON, by app, SMS and a partner's app."""
    fields = _fields(first)
    headers = {"Idempotency-Key": str(uuid4())}
    app = fields | {"device_id": str(uuid4())}
    answers = [
        requests.post(f"{address}/web/reports", json=fields, timeout=30),
        requests.post(f"{address}/mobile/v1/reports", json=app, headers=headers, timeout=30),
        *(sender.sms(SimulatedReport(uuid4().hex, payload, sender=1708)) for payload in PAYLOADS[first : first + 5]),
    ]
    page.goto("/lapor")
    open_details(page)
    for name in _TYPED:
        # Without a provider of SMS and e-mail the form does not ask for them.
        if page.locator(f"#{name}").count():
            page.fill(f"#{name}", fields[name])
    press_send(page)
    return [page.locator(".number.big").inner_text(), *map(tracking_in, answers), _open311(address, first)]


def _sms(service: RunningService, address: str, payload: str) -> str | None:
    """The number of an SMS with the payload in every field that may have any text."""
    fields = {"MessageSid": f"SM{uuid4().hex}", "From": "+628000000077", "To": "1708", "NumMedia": "0"}
    fields |= {"Body": f"LAPOR Lampu jalan padam {payload}", "FromCity": payload, "ProfileName": payload}
    headers = sign(f"{service.settings.reached_at}/sms/twilio", fields, service.parts.secrets.twilio_tokens[0])
    return tracking_in(requests.post(f"{address}/sms/twilio", data=fields, headers=headers, timeout=30))


def _post(service: RunningService, sender: Sender, payload: str) -> str:
    """The number of a post on X."""
    letter = SimulatedReport(uuid4().hex, f"Lampu jalan padam {payload}", title=payload, sender=21)
    post = sender.twitter(letter).json()["data"]["id"]
    return service.parts.wrapper.tracking("twitter", post)


def test_by_sms_and_on_x(
    open_page: OpenPage, service: RunningService, sender: Sender, address: str, subtests: pytest.Subtests
) -> None:
    """A signed SMS and a post of markup leave every page clean on which their report can be looked up."""
    numbers_by_payload = {
        payload: (_sms(service, address, payload), _post(service, sender, payload)) for payload in PAYLOADS
    }
    page = open_page(bypass_csp=True).page

    for payload, numbers in numbers_by_payload.items():
        with subtests.test(payload):
            # A post is shown where an SMS is; only its status and its Open311 record are read.
            for number, paths in zip(numbers, (_PAGES, _PAGES_OF_A_POST), strict=True):
                assert number
                page.goto(f"/status/{number}")
                reload_until(page, lambda: "Laporan kami terima" in page.inner_text("main"))
                for path in paths:
                    page.goto(path.format(number=number))
                    assert number in page.content()
                    assert foreign_code(page) == []


def test_in_an_address(open_page: OpenPage, subtests: pytest.Subtests) -> None:
    """What stands in the address of the pages that ask for a number comes back as text."""
    page = open_page(bypass_csp=True).page
    # The first two show the number again. The other pages show no part of their address; two payloads are enough.
    showing, silent = ("/status?number=", "/status/"), ("/web/receipts/", "/web/regions/", "/tidak-ada/")
    for payload in PAYLOADS:
        with subtests.test(payload):
            paths = showing if payload not in PAYLOADS[:2] else (*showing, *silent)
            for path in paths:
                page.goto(f"{path}{quote(payload, safe='')}")
                assert foreign_code(page) == []


@pytest.mark.parametrize(
    "path", ["/", "/lapor", "/status", "/status/x", "/web/receipts/x", "/web/form.js", "/tidak-ada", "/live"]
)
def test_every_answer_says_what_it_may(address: str, path: str) -> None:
    """No page may run, frame or tell what it should not, whatever it answers."""
    answer = requests.get(address + path, timeout=30)
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))

    assert {name: answer.headers[name] for name in _HEADERS} == _HEADERS
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_the_policy_holds(open_page: OpenPage) -> None:
    """Even markup that slipped through would not run: the browser refuses it."""
    watched = open_page()
    watched.page.goto("/lapor")
    watched.page.evaluate("""() => {
        const script = document.createElement('script'); script.textContent = 'alert(1)'; document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src="x:" onerror="alert(2)">');
    }""")
    watched.page.wait_for_timeout(100)

    assert all("Content Security Policy" in fault for fault in watched.faults)
    assert len(watched.faults) > 1
    watched.faults.clear()


def test_each_answer_has_a_nonce_of_its_own(address: str) -> None:
    """Whoever saw one page's nonce cannot style the next."""
    policies = {requests.get(address, timeout=30).headers["Content-Security-Policy"] for _ in range(3)}

    assert len(policies) == 3
