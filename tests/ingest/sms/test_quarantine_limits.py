"""Limits of the quarantine: unsigned messages cannot fill the bus, whatever their number and size."""

from urllib.parse import urlencode

import pytest

from messages.topics import QUARANTINE
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.sms.test_door import send, sign, sms

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_STATUS_PATH = "/sms/twilio/status?reply=00000000-0000-4000-8000-000000000001"


def unsigned(served: DoorClient, address: str, number: int, size: int, headers: dict[str, str] | None = None) -> int:
    """Send an unsigned message of this size from an address. Return the status."""
    body = urlencode(sms(f"{number} ".ljust(size, "x"))).encode()[-size:]
    sent_headers = {**_FORM, "X-Forwarded-For": address, **(headers or {})}
    return served.post("/sms/twilio", data=body, headers=sent_headers).status_code


def test_five_addresses_cannot_fill_the_bus(serve: Serve) -> None:
    """Each address gets its daily budget, all together get theirs. The rest is refused with a reason and counted."""
    served = serve(rates="sms-unsigned=1000/minute,sms-quarantine-kb=40/day,sms-quarantine-kb-in-all=100/day")
    addresses = [f"203.0.113.{number}" for number in range(1, 6)]
    answers = [[unsigned(served, address, number, 15_500) for number in range(4)] for address in addresses]

    # A message of 15,500 bytes counts 16 KB: two fit into the budget of an address, six into that of all.
    assert answers[:3] == [[403, 403, 429, 429]] * 3
    assert answers[3:] == [[429] * 4] * 2
    assert len(served.quarantined()) == 6
    assert served.parts.doors.rejection_counter.by_door()["sms"] == {"quarantine_full": 14, "unsigned": 6}


def test_a_small_message_of_another_address_is_still_kept(serve: Serve) -> None:
    """An address that used up its budget takes nothing from the others. The answer says when to try again."""
    served = serve(rates="sms-unsigned=1000/minute,sms-quarantine-kb=16/day,sms-quarantine-kb-in-all=100/day")
    assert [unsigned(served, "203.0.113.1", number, 15_500) for number in range(2)] == [403, 429]
    body = urlencode(sms()).encode()
    refused = served.post("/sms/twilio", data=body, headers={**_FORM, "X-Forwarded-For": "203.0.113.1"})
    kept = served.post("/sms/twilio", data=body, headers={**_FORM, "X-Forwarded-For": "203.0.113.2"})
    assert_refused(refused, 429, "quarantine_full")
    assert int(refused.headers["Retry-After"]) > 0
    assert kept.status_code == 403
    assert len(served.quarantined()) == 2


@pytest.mark.parametrize("signature", [{}, {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}])
def test_a_large_unsigned_message_is_not_kept(served: DoorClient, signature: dict[str, str]) -> None:
    """Above 16 KB an unsigned message is refused and not stored, with or without a false signature."""
    assert unsigned(served, "203.0.113.1", 1, 16_001, signature) == 413
    assert served.published_count() == 0
    assert unsigned(served, "203.0.113.1", 1, 16_000, signature) == 403
    assert len(served.quarantined()) == 1


def test_the_longest_signed_message_is_accepted(served: DoorClient) -> None:
    """A signed text of 1,600 emoji is above 16 KB as a form, and accepted."""
    fields = sms("LAPOR " + "\N{POLICE CARS REVOLVING LIGHT}" * 1_600)
    assert len(urlencode(fields)) > 16_000
    assert send(served, fields).status_code == 200


def test_signed_messages_have_no_budget(serve: Serve) -> None:
    """A used-up budget of the quarantine refuses no signed message, even from the same address."""
    served = serve(rates="sms-quarantine-kb=1/day,sms-quarantine-kb-in-all=1/day")
    assert [unsigned(served, "203.0.113.1", number, 400) for number in range(2)] == [403, 429]
    url = f"{served.parts.settings.reached_at}/sms/twilio"
    headers = sign(url, sms()) | {"X-Forwarded-For": "203.0.113.1"}
    assert served.post("/sms/twilio", data=sms(), headers=headers).status_code == 200


def test_quarantine_has_a_limit_of_bytes(served: DoorClient) -> None:
    """The topic keeps two gigabytes at most; no other topic loses records before their time."""
    limits = {topic.name: topic.retention_bytes for topic in served.parts.topics}
    assert limits.pop(QUARANTINE) == 2_000_000_000
    assert set(limits.values()) == {None}


@pytest.mark.parametrize("signature", [{}, {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}])
def test_unsigned_delivery_reports_are_limited(serve: Serve, signature: dict[str, str]) -> None:
    """Above its rate an address gets 429. Twilio's own reports are not limited, even from that address."""
    served = serve(rates="sms-status-unsigned=2/minute")
    headers = {**_FORM, "X-Forwarded-For": "203.0.113.1"}
    fields = {"MessageSid": "SM0123456789abcdef0123456789abcdef", "MessageStatus": "delivered"}

    forged = [served.post(_STATUS_PATH, data=fields, headers=headers | signature) for _ in range(3)]
    assert [answer.status_code for answer in forged] == [403, 403, 429]
    assert_refused(forged[-1], 429, "too_many_requests")
    signed = headers | sign(f"{served.parts.settings.reached_at}{_STATUS_PATH}", fields)
    assert [served.post(_STATUS_PATH, data=fields, headers=signed).status_code for _ in range(3)] == [204] * 3
