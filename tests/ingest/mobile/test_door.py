"""Reports sent alone: an app on a bad network repeats its request, and all attempts are one report."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import requests

from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.people import DEVICE, EMAIL, NAME, OTHER_DEVICE, PHONE, TEXT, Fields
from tests.ingest.people import report as web_report


def report(**more: object) -> Fields:
    """Return a report as the app sends it."""
    return web_report(device_id=DEVICE) | more


def send(served: DoorClient, fields: Fields, key: str | None) -> requests.Response:
    """Send a report as the app does."""
    return served.post("/mobile/v1/reports", json=fields, headers={} if key is None else {"Idempotency-Key": key})


def numbers(*answers: requests.Response) -> set[str]:
    """Return the tracking numbers of accepted reports."""
    assert {answer.status_code for answer in answers} == {202}
    return {answer.json()["tracking"] for answer in answers}


def test_report_becomes_one_record(served: DoorClient) -> None:
    """A report is answered with its number and the address of its status. It is one record of the bytes sent."""
    answer = send(served, report(), f'"{uuid4()}"')

    (raw,) = served.raw_messages("mobile")
    assert answer.status_code == 202
    link = served.parts.keys.link_of(raw.id)
    status_url = f"{served.address}/status/{raw.tracking}"
    assert answer.json() == {"tracking": raw.tracking, "status_url": status_url, "link": link}
    assert json.loads(served.open_body(raw)) == report()
    assert served.published_count() == 1


def test_identity_is_sealed(served: DoorClient) -> None:
    """Name, phone number, address and text are not readable in the record."""
    send(served, report(), str(uuid4()))

    (raw,) = served.raw_messages("mobile")
    assert [private for private in (NAME, PHONE, EMAIL, TEXT) if private in raw.model_dump_json()] == []


def test_missing_key_is_refused(served: DoorClient) -> None:
    """A report without a key could not be repeated safely: 400, naming the header."""
    assert "Idempotency-Key" in assert_refused(send(served, report(), None), 400, "missing_idempotency_key")
    assert served.published_count() == 0


def test_repeated_report_is_the_same(served: DoorClient) -> None:
    """The same key with the same report is the same number and the same message, however often it is sent."""
    key = str(uuid4())

    assert len(numbers(*(send(served, report(), key) for _ in range(3)))) == 1
    assert len({raw.id for raw in served.raw_messages("mobile")}) == 1


def test_reused_key_is_refused(served: DoorClient) -> None:
    """The same key with another report is refused (422), and only the first is published."""
    key = str(uuid4())
    send(served, report(), key)

    assert "Idempotency-Key" in assert_refused(send(served, report(text="Lain."), key), 422, "idempotency_key_reused")
    assert served.published_count() == 1


def test_refused_report_leaves_its_key_free(served: DoorClient) -> None:
    """A report that was refused for an error may be corrected and sent under its own key."""
    key = str(uuid4())

    assert_refused(send(served, report(text=""), key), 400, "invalid_submission")
    assert len(numbers(send(served, report(), key))) == 1


def test_quoted_and_bare_key_are_one(served: DoorClient) -> None:
    """`"k"`, as the draft writes it, and `k`, as many clients write it, are the same key."""
    key = str(uuid4())

    assert len(numbers(send(served, report(), key), send(served, report(), f'"{key}"'))) == 1


def test_concurrent_requests_are_one_report(served: DoorClient) -> None:
    """Concurrent requests with one key all get the same number."""
    key = str(uuid4())

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(served, report(), key), range(6)))

    assert len(numbers(*answers)) == 1
    assert len({raw.id for raw in served.raw_messages("mobile")}) == 1


def test_two_reports_at_once_under_one_key(served: DoorClient) -> None:
    """Of two different concurrent reports under one key exactly one is accepted and the other is refused."""
    key = str(uuid4())

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda text: send(served, report(text=text), key), ("Satu.", "Dua.")))

    assert sorted(answer.status_code for answer in answers) == [202, 422]
    assert served.published_count() == 1


def test_devices_do_not_share_keys(served: DoorClient) -> None:
    """The same key from another device is another report, even if both apps count from one."""
    answers = [send(served, report(device_id=device), "1") for device in (DEVICE, OTHER_DEVICE)]

    assert len(numbers(*answers)) == 2


def test_invalid_fields_are_named(served: DoorClient) -> None:
    """A misspelt field, a missing device id and an invalid one are named, and nothing is published."""
    fields = report(txet="salah", device_id="bukan-uuid")

    assert set(assert_refused(send(served, fields, "k"), 400, "invalid_submission")) == {"txet", "device_id"}
    assert set(assert_refused(send(served, web_report(), "k"), 400, "invalid_submission")) == {"device_id"}
    assert served.published_count() == 0


def test_strange_keys(served: DoorClient) -> None:
    """A key is any short printable text. Any other key is refused, naming the header."""
    assert len(numbers(*(send(served, report(), key) for key in ("a:b", "%00", "{}", "'", "a" * 255)))) == 5
    for key in ("", '""', "a" * 256, "a\tb"):
        assert "Idempotency-Key" in assert_refused(send(served, report(), key), 400, "invalid_idempotency_key")
