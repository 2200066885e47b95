"""Pages of other sites that send simple requests through their readers' browsers."""

import json

import pytest

from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.mobile.phones import Phone
from tests.ingest.people import DEVICE, report

_PATHS = ("/mobile/v1/reports", "/mobile/v1/devices", "/mobile/v1/outbox", "/open311/v2/requests.json")


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://iklan.example"},
        {"Origin": "null"},
        {"Origin": "http://[rusak"},
    ],
)
def test_a_page_of_another_site_is_refused(served: DoorClient, path: str, headers: dict[str, str]) -> None:
    """The browser names the site, or at least the origin, of the page that sends."""
    answer = served.post(path, data="{}", headers={"Content-Type": "text/plain", **headers})
    assert (answer.status_code, "situs lain" in answer.text) == (403, True)
    assert served.published_count() == 0


@pytest.mark.parametrize("path", ["/mobile/v1/reports", "/mobile/v1/devices", "/mobile/v1/outbox"])
@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json", ""]
)
def test_the_app_sends_json(served: DoorClient, path: str, media_type: str) -> None:
    """Media types that a page may send without asking us are refused, also where the browser names no site."""
    phone = Phone(served)
    phone.register()
    headers = {"Content-Type": media_type, "Authorization": f"Bearer {phone.token}"}
    answer = served.post(path, data=json.dumps(report(device_id=DEVICE)).encode(), headers=headers)
    assert_refused(answer, 415, "not_json")


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}])
def test_a_program_is_not_a_page(served: DoorClient, headers: dict[str, str]) -> None:
    """A program sends none of these headers."""
    answer = served.post("/mobile/v1/devices", json={}, headers=headers)
    assert_refused(answer, 400, "invalid_submission")


def test_our_own_origin_is_not_foreign(served: DoorClient) -> None:
    """A page of our own address may send."""
    answer = served.post("/mobile/v1/devices", json={}, headers={"Origin": served.address})
    assert_refused(answer, 400, "invalid_submission")
