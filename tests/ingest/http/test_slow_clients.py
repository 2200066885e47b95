"""Slow clients at the real doors: one client cannot take all places, and other people's reports are accepted."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, assert_refused

_PATIENCE_SECONDS = 60.0
_SLOW, _CITIZEN = "203.0.113.7", "198.51.100.9"


@contextmanager
def _slow_requests(served: DoorClient, count: int, address: str) -> Iterator[None]:
    """Hold `count` requests of a client whose bodies are not complete."""
    request = (
        f"POST /web/reports HTTP/1.1\r\nHost: lapor\r\nX-Forwarded-For: {address}\r\n"
        "Content-Type: application/json\r\nContent-Length: 24\r\nExpect: 100-continue\r\n\r\n"
    )
    server = urlsplit(served.address)
    with ExitStack() as stack:
        for _ in range(count):
            connection = socket.create_connection((server.hostname, server.port or 0), _PATIENCE_SECONDS)
            stack.enter_context(connection)
            connection.sendall(request.encode())
            # The first answer (100, or a refusal) says that the request has been taken up.
            assert connection.recv(9) == b"HTTP/1.1 "
            connection.sendall(b'{"text"')
        yield


def _statuses(served: DoorClient, address: str) -> dict[str, int]:
    """Return the status of a request to each door."""
    headers = {"X-Forwarded-For": address, "Content-Type": "application/json"}
    return {
        "form": served.get("/lapor", headers).status_code,
        "web": served.post("/web/reports", json={"text": "Lampu padam."}, headers=headers).status_code,
        "status": served.get("/status", headers).status_code,
        "app": served.post("/mobile/v1/outbox", json={}, headers=headers).status_code,
        "sms": served.post("/sms/twilio", headers=headers).status_code,
    }


@pytest.mark.slow
def test_two_hundred_slow_requests_of_one_client_shut_no_door(served: DoorClient) -> None:
    """With the default settings, one client that never finishes its requests leaves places for everybody else."""
    with _slow_requests(served, 200, _SLOW):
        assert _statuses(served, _CITIZEN) == {"form": 200, "web": 202, "status": 200, "app": 401, "sms": 403}
        assert_refused(served.get("/status", {"X-Forwarded-For": _SLOW}), 503, "busy")


def test_a_client_gets_its_places_back(serve: Serve) -> None:
    """The share counts requests in progress only."""
    served = serve(requests_at_once=4)
    with _slow_requests(served, 1, _SLOW):
        assert served.get("/status", {"X-Forwarded-For": _SLOW}).status_code == 503
    while served.get("/status", {"X-Forwarded-For": _SLOW}).status_code == 503:
        pass


@pytest.mark.parametrize(
    ("held", "refused"),
    [
        (["2001:db8:1:2::1", "2001:db8:1:2::2"], "2001:db8:1:2::3"),
        (["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:3::1", "2001:db8:1:3::2"], "2001:db8:1:4::1"),
        (["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:3::1", "2001:db8:1:3::2"], "2001:db8:1:ff00::1"),
        (["::ffff:203.0.113.7", "203.0.113.7"], "64:ff9b::203.0.113.7"),
    ],
    ids=["/64", "/56", "/48", "IPv4"],
)
def test_a_network_has_a_share_of_the_places(serve: Serve, held: list[str], refused: str) -> None:
    """Two of eight places for a /64 network and for an IPv4 address, four for a /56 and a /48."""
    served = serve(requests_at_once=8)
    with ExitStack() as stack:
        for address in held:
            stack.enter_context(_slow_requests(served, 1, address))
        assert_refused(served.get("/status", {"X-Forwarded-For": refused}), 503, "busy")
        assert served.get("/status", {"X-Forwarded-For": "2001:db8:2::1"}).status_code == 200
        assert served.get("/status", {"X-Forwarded-For": "::ffff:198.51.100.9"}).status_code == 200


def test_requests_are_counted_before_their_body_arrives(serve: Serve) -> None:
    """Above the rate a request takes no place: it is refused without its body."""
    served = serve(rates={"requests": "2/minute"})
    with _slow_requests(served, 2, _SLOW):
        request = served.get("/web/regions/33", {"X-Forwarded-For": _SLOW})
        assert_refused(request, 429, "too_many_requests")
        assert int(request.headers["Retry-After"]) > 0
        assert served.get("/web/regions/33", {"X-Forwarded-For": _CITIZEN}).status_code == 200


@pytest.mark.parametrize("path", ["/status", "/status/AAAA-AAAA-AAAA"])
def test_status_pages_have_a_rate(serve: Serve, path: str) -> None:
    """Nobody tries tracking numbers without a limit."""
    served = serve(rates={"status": "2/minute"})
    statuses = [served.get(path, {"X-Forwarded-For": _SLOW}).status_code for _ in range(3)]
    assert (statuses[2], 429 in statuses[:2]) == (429, False)


def test_open311_reads_have_a_rate(serve: Serve) -> None:
    """The lists of services count like every other request of an address."""
    served = serve(rates={"requests": "2/minute"})
    statuses = [served.get("/open311/v2/services.json", {"X-Forwarded-For": _SLOW}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_messages_of_a_provider_are_not_counted_by_address(serve: Serve) -> None:
    """One address of Twilio sends the messages of many citizens."""
    served = serve(rates={"requests": "1/minute", "sms-unsigned": "100/minute"})
    statuses = {served.post("/sms/twilio", headers={"X-Forwarded-For": _SLOW}).status_code for _ in range(3)}
    assert 429 not in statuses
