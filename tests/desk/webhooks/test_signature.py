"""Signatures and payloads of webhooks, checked by the library of Standard Webhooks."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from desk.webhooks.signature import SECRET_BYTES, build_payload, format_secret, signed_headers
from tests.conftest import NOW

_SECRET, _NEW_SECRET = format_secret(b"a" * SECRET_BYTES), format_secret(b"b" * SECRET_BYTES)
_BODY = build_payload("answered", "bumn-pln", "L1234567", "responded", NOW)


def real_time() -> datetime:
    """Return the time of this machine: the library reads no other clock."""
    return datetime.now(tz=UTC)


def test_the_library_accepts_our_signature() -> None:
    """The payload has ids and states only."""
    headers = dict(signed_headers("0190", real_time(), _BODY, [_SECRET]))
    assert Webhook(_SECRET).verify(_BODY, headers) == {
        "type": "case.answered",
        "timestamp": "2026-11-24T08:04:05.678Z",
        "data": {"number": "L1234567", "state": "responded", "agency": "bumn-pln"},
    }


def test_both_secrets_sign_during_a_rotation() -> None:
    """A receiver with the old or the new secret accepts the notice."""
    headers = dict(signed_headers("0190", real_time(), _BODY, [_NEW_SECRET, _SECRET]))
    for secret in (_SECRET, _NEW_SECRET):
        assert Webhook(secret).verify(_BODY, headers)


@pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_stale_timestamp_is_refused(age: timedelta) -> None:
    """A recorded notice cannot be sent again later, nor one for later be prepared."""
    headers = dict(signed_headers("0190", real_time() - age, _BODY, [_SECRET]))
    with pytest.raises(WebhookVerificationError, match="timestamp too"):
        Webhook(_SECRET).verify(_BODY, headers)


def test_a_changed_part_is_refused() -> None:
    """The signature covers id, timestamp and body."""
    headers = dict(signed_headers("0190", real_time(), _BODY, [_SECRET]))
    changed = (
        (_BODY.replace(b"responded", b"closed"), headers),
        (_BODY, headers | {"webhook-id": "0191"}),
        (_BODY, headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}),
        (_BODY, dict(signed_headers("0190", real_time(), _BODY, [_NEW_SECRET]))),
    )
    for body, changed_headers in changed:
        with pytest.raises(WebhookVerificationError, match="No matching signature"):
            Webhook(_SECRET).verify(body, changed_headers)


def test_a_test_event_names_no_case() -> None:
    """Its type tells it from changes."""
    assert build_payload("test", "bumn-pln", "", "", NOW) == (
        b'{"type":"webhook.test","timestamp":"2026-11-24T08:04:05.678Z","data":{"agency":"bumn-pln"}}'
    )
