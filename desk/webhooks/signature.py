"""Signatures and payloads of webhooks, as Standard Webhooks 1.0 defines them. Pure."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

# Standard Webhooks: secrets have 24 to 64 random bytes.
SECRET_BYTES: Final = 32
_SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of every secret
TEST_EVENT: Final = "webhook.test"


def format_secret(random_bytes: bytes) -> str:
    """Return a secret as an agency gets it: `whsec_` and base64."""
    return _SECRET_PREFIX + base64.b64encode(random_bytes).decode()


def event_type(kind: str) -> str:
    """Return the event type of a kind of change. The kind `test` is not a change of a case."""
    return TEST_EVENT if kind == "test" else f"case.{kind}"


def build_payload(kind: str, agency: str, number: str, state: str, at: datetime) -> bytes:
    """Return the body of a notice. It has ids and states, and never a word or a name: these are fetched with a key.

    Each attempt of a delivery has the same body. `at` is the time of the change.
    """
    case = {} if kind == "test" else {"number": number, "state": state}
    timestamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    payload = {"type": event_type(kind), "timestamp": timestamp, "data": {**case, "agency": agency}}
    return json.dumps(payload, separators=(",", ":")).encode()


def signed_headers(event_id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> Mapping[str, str]:
    """Return the headers of one attempt, with a signature for each secret. `at` is the time of the attempt."""
    timestamp = str(int(at.timestamp()))
    signatures = " ".join(_signature(secret, event_id, timestamp, body) for secret in secrets)
    return {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}


def _signature(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    digest = hmac.digest(key, b".".join((event_id.encode(), timestamp.encode(), body)), hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
