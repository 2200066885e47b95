"""Requests of invented citizens to the doors, and clients that send them on a few open connections."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from app.assembly.parts import Parts
from bench.stream import InventedReport, ReportStream

_CONNECTIONS = 8
_TIMEOUT_SECONDS = 60
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


class DoorRequest(NamedTuple):
    """A POST request."""

    path: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """Status and body of an answer. The times are `time.time()`: when the request was due, and when it was answered."""

    status: int
    body: bytes
    due_at: float
    answered_at: float


RequestBuilder = Callable[[Parts, InventedReport, str], DoorRequest]


def web_request(_: Parts, report: InventedReport, reference: str) -> DoorRequest:
    """Return a report of the web form as JSON. Equal references are the same report."""
    return DoorRequest("/web/reports", _json_headers(reference), _json(report))


def mobile_request(_: Parts, report: InventedReport, reference: str) -> DoorRequest:
    """Return a report of the app."""
    device = str(uuid.uuid5(uuid.NAMESPACE_OID, f"device:{reference}"))
    return DoorRequest("/mobile/v1/reports", _json_headers(reference), _json(report, device_id=device))


def sms_request(parts: Parts, report: InventedReport, reference: str) -> DoorRequest:
    """Return an SMS as Twilio delivers it, with its signature."""
    fields = {
        "MessageSid": f"SM{_uuid(reference).hex}",
        "From": f"+628000{_uuid(reference).int % 10**7:07d}",
        "To": "1708",
        "Body": f"LAPOR {report.text}"[:1_600],
        "NumMedia": "0",
    }
    token = parts.secrets.twilio_tokens[0]
    signature = RequestValidator(token).compute_signature(f"{parts.settings.reached_at}/sms/twilio", fields)
    headers = {"Content-Type": _FORM, "X-Twilio-Signature": signature}
    return DoorRequest("/sms/twilio", headers, urlencode(fields).encode())


CHANNEL_REQUESTS: dict[str, RequestBuilder] = {"web": web_request, "SMS": sms_request, "mobile": mobile_request}


def door_requests(build: RequestBuilder, parts: Parts, seed: int) -> Iterator[DoorRequest]:
    """Yield requests without end, each with a report that comes once: the same for the same `seed`."""
    stream, number = ReportStream(seed), 0
    while True:
        for report in stream.take(100):
            yield build(parts, report, f"{seed}-{number}")
            number += 1


def send_all(
    port: int, requests: Sequence[DoorRequest], due: Sequence[float] = (), connections: int = _CONNECTIONS
) -> list[Answer]:
    """Send the requests, each at its time in `due` or one after the other on each connection. Return the answers.

    `due` is in seconds from now. A request that waits for a free connection is late: its delay counts from when it was
    due.
    """
    local, began = threading.local(), time.time()

    def send(numbered: tuple[int, DoorRequest]) -> Answer:
        number, request = numbered
        due_at = began + due[number] if due else time.time()
        time.sleep(max(0.0, due_at - time.time()))
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        local.connection.request("POST", request.path, request.body, request.headers)
        response = local.connection.getresponse()
        return Answer(response.status, response.read(), due_at, time.time())

    with ThreadPoolExecutor(connections) as pool:
        return list(pool.map(send, enumerate(requests)))


def check_accepted(answers: Sequence[Answer]) -> None:
    """Raise `RuntimeError` unless the door has accepted every request."""
    refused = [answer for answer in answers if answer.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}]
    if refused:
        first = refused[0]
        raise RuntimeError(
            f"{len(refused)} of {len(answers)} requests were refused: {first.status} {first.body[:500]!r}"
        )


def _uuid(reference: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, reference)


def _json_headers(reference: str) -> dict[str, str]:
    return {"Content-Type": _JSON, "Idempotency-Key": f'"{_uuid(reference)}"'}


def _json(report: InventedReport, **fields: str) -> bytes:
    return json.dumps({"title": report.title, "text": report.text, **fields}).encode()
