"""A receiver of webhooks on loopback, and a clock and random values under control."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from tests.conftest import NOW
from tests.support.loopback import Answer, Loopback, ReceivedRequest

LOOPBACK = "127.0.0.0/8"


def answer(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"ok") -> Answer:
    """Return an answer of a receiver."""
    return Answer(status, body, headers or {})


@dataclass
class Receiver(Loopback):
    """Receiver that takes every notice. It accepts none while `broken` has a status."""

    broken: int = 0

    def usual_answer(self, _request: ReceivedRequest) -> Answer:
        """Take the notice, or refuse it."""
        return answer(self.broken or 204, body=b"")

    @property
    def port(self) -> int:
        """Port of the server."""
        return int(self.url.rpartition(":")[2])

    @property
    def events(self) -> list[tuple[str, str]]:
        """Type and number of each notice that arrived."""
        return [(request.json["type"], request.json["data"].get("number", "")) for request in self.requests]


@dataclass
class Clock:
    """A clock that a test advances."""

    time: datetime = NOW
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, period: timedelta) -> None:
        """Let time pass."""
        self.time += period


def verified(request: ReceivedRequest, secret: str) -> Any:
    """Return the payload if the library of Standard Webhooks accepts the signature. Raises its error if not."""
    return Webhook(secret).verify(request.body, request.headers)


def verify_at_any_time(request: ReceivedRequest, secrets: Sequence[str]) -> Any:
    """Return the payload if the library computes a signature of the request with one of the secrets."""
    headers = request.headers
    sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=UTC)
    signatures = headers["webhook-signature"].split(" ")
    expected = [Webhook(secret).sign(headers["webhook-id"], sent_at, request.body.decode()) for secret in secrets]
    assert set(expected) & set(signatures)
    return json.loads(request.body)
