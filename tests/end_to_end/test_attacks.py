"""Attacks on one running service, at the same time. Citizens' reports are accepted meanwhile, and none is lost."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from app.clock import utc_now
from bus.port import Outgoing
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS, DEAD_LETTER_TOPICS
from tests.ingest.door_client import DoorClient
from tests.ingest.sms.test_door import sign, sms
from tests.ingest.web.forms import attached, photo, send_form
from tests.support.agency_answers import answer
from tests.support.service import RunningService
from tests.support.waiting import wait_for

ATTACKER = {"X-Forwarded-For": "203.0.113.7"}
CITIZEN = {"X-Forwarded-For": "198.51.100.9"}
_SLOW_CONNECTIONS = 150
_FORGED_SMS = 40
# The router rejects two forged answers. The ledger rejects that of an unknown agency, and leaves out the other one.
_DEAD_ANSWERS = 3
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TEXT = "Lampu jalan di depan balai warga Kota Semarang padam sejak Senin malam."


@pytest.fixture
def service(process_database: Mapping[str, str], tmp_path: Path) -> Iterator[RunningService]:
    """A service on its embedded bus, behind a proxy on this machine."""
    running_service = RunningService(tmp_path, **process_database)
    running_service.start()
    yield running_service
    running_service.close()


@pytest.fixture
def served(service: RunningService) -> DoorClient:
    """Client of the service's doors."""
    return DoorClient(f"http://127.0.0.1:{service.settings.port}", service.parts)


def test_citizens_are_served_under_attack(service: RunningService, served: DoorClient) -> None:
    """Nobody is shut out, no answer is forged, no number or step is shown to a stranger, and the audit is clean."""
    victim = _report(served, _TEXT, CITIZEN, key="1", anonim=True)
    assert service.audit().clean
    with _slow_connections(served, _SLOW_CONNECTIONS):
        _attack_the_doors(served)
        assert _report(served, _TEXT, ATTACKER, key="1", anonim=True) != victim
        _publish_forged_answers(service)
        by_form = send_form(served, [attached("a.jpg", photo())], CITIZEN, text="Pohon tumbang di Kota Semarang.")
        fields = sms("LAPOR jalan berlubang di Kota Semarang")
        signature = sign(f"{service.settings.reached_at}/sms/twilio", fields, service.parts.secrets.twilio_tokens[0])
        by_sms = served.post("/sms/twilio", data=fields, headers=signature)
        assert (by_form.status_code, by_sms.status_code) == (303, 200)

    wait_for(lambda: _dead_letters(service) == _DEAD_ANSWERS)
    assert service.audit().clean
    assert _status(served, victim)["state"] == "diteruskan"
    copy = _report(served, f"{_TEXT} Mohon segera.", ATTACKER)
    assert service.audit().clean
    victims_times = {step["at"] for step in _status(served, victim)["steps"]}
    assert victims_times.isdisjoint(step["at"] for step in _status(served, copy)["steps"])

    answer(service.parts, victim, "closed", "Lampu sudah diganti.", None)
    assert service.audit().clean
    later_victim = _report(served, f"{_TEXT} Gelap lagi.", {"X-Forwarded-For": "198.51.100.23"})
    assert service.audit().clean
    states = [_status(served, number)["state"] for number in (victim, later_victim)]
    assert states == ["selesai", "diteruskan"]
    assert _status(served, later_victim)["relation"] == "new"


def _attack_the_doors(served: DoorClient) -> None:
    """Send expensive pictures, forged SMS and requests of foreign pages. Each is refused."""
    jpeg = photo()
    for _ in range(2):
        scans = jpeg[:-2] + jpeg[jpeg.rindex(b"\xff\xda") : -2] * 100 + jpeg[-2:]
        page = send_form(served, [attached("b.jpg", scans)], ATTACKER)
        assert (page.status_code, "b.jpg" in page.text) == (400, True)
    forged = urlencode(sms("LAPOR " + "palsu " * 1_000))
    statuses = {
        served.post("/sms/twilio", data=forged, headers=ATTACKER | _FORM).status_code for _ in range(_FORGED_SMS)
    }
    assert statuses <= {403, 413, 429}
    cross_site = {"Content-Type": "text/plain", "Sec-Fetch-Site": "cross-site"}
    for path in ("/mobile/v1/reports", "/open311/v2/requests.json"):
        assert served.post(path, data="{}", headers=ATTACKER | cross_site).status_code == 403


def _publish_forged_answers(service: RunningService) -> None:
    """Publish answers to every dispatch as its agency without a key, and as an agency that does not exist."""
    reader = service.parts.bus.reader()
    try:
        records = list(reader.read(service.parts.queues))
    finally:
        reader.close()
    (dispatch,) = (codec.decode(Dispatch, record.value, record.headers) for record in records)
    producer = service.parts.bus.producer()
    for agency in (dispatch.agency, "kota-tiada\x1b[2J"):
        forged = AgencyAnswer(
            id=ids.answer_id(dispatch.id, "closed", agency),
            message_id=dispatch.message_id,
            at=utc_now(),
            complaint_id=dispatch.complaint_id,
            dispatch_id=dispatch.id,
            agency=agency,
            verdict="closed",
            text=agency,
        )
        encoded = codec.encode(forged, str(dispatch.complaint_id), "/agency/forged")
        producer.publish([Outgoing(AGENCY_ANSWERS, *encoded)])
    producer.close()


def _dead_letters(service: RunningService) -> int:
    reader = service.parts.bus.reader()
    try:
        return sum(1 for _ in reader.read(DEAD_LETTER_TOPICS))
    finally:
        reader.close()


def _report(served: DoorClient, text: str, headers: dict[str, str], key: str = "", **fields: bool) -> str:
    """Send a JSON report. Return its tracking number."""
    all_headers = headers | ({"Idempotency-Key": key} if key else {})
    accepted = served.post("/web/reports", json={"text": text, **fields}, headers=all_headers)
    assert accepted.status_code == 202
    return str(accepted.json()["tracking"])


def _status(served: DoorClient, number: str) -> dict[str, Any]:
    """Return the status of a number, as programs read it."""
    status: dict[str, Any] = served.get(f"/status/{number}", {"Accept": "application/json", **CITIZEN}).json()
    return status


@contextmanager
def _slow_connections(served: DoorClient, count: int) -> Iterator[None]:
    """Hold connections that have sent half of their headers."""
    server = urlsplit(served.address)
    with ExitStack() as stack:
        for _ in range(count):
            connection = socket.create_connection((server.hostname, server.port or 0), timeout=30)
            stack.enter_context(connection)
            connection.sendall(b"POST /web/reports HTTP/1.1\r\nHost: lapor\r\nX-Slow: ")
        yield
