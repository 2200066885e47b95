"""Slow clients at the real doors: a few clients cannot take all places, and other people's reports are accepted."""

import select
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, DoorServer, assert_refused, requests_in_progress

_PATIENCE_SECONDS = 60.0
_SLOW, _CITIZEN = "203.0.113.7", "198.51.100.9"
_SMALL, _LARGE = 24, 300_000


def _slow_request(stack: ExitStack, served: DoorClient, address: str, length: int | None) -> int:
    """Begin a request whose body is not complete. Return the first status: 100 if its body is awaited.

    `length` is the announced length of the body, None for a body in chunks.
    """
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    request = (
        f"POST /web/reports HTTP/1.1\r\nHost: lapor\r\nX-Forwarded-For: {address}\r\n"
        f"Content-Type: application/json\r\n{framing}\r\nExpect: 100-continue\r\n\r\n"
    )
    server = urlsplit(served.address)
    connection = stack.enter_context(socket.create_connection((server.hostname, server.port or 0), _PATIENCE_SECONDS))
    connection.sendall(request.encode())
    status = int(connection.recv(12).removeprefix(b"HTTP/1.1 "))
    connection.sendall(b'7\r\n{"text"\r\n' if length is None else b'{"text"')
    return status


@contextmanager
def _slow_requests(served: DoorClient, count: int, address: str, length: int | None = _SMALL) -> Iterator[Counter[int]]:
    """Hold `count` requests of a client whose bodies are not complete. Return their first statuses."""
    with ExitStack() as stack:
        yield Counter(_slow_request(stack, served, address, length) for _ in range(count))


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


_OPEN = {"form": 200, "web": 202, "status": 200, "app": 401, "sms": 403}


@pytest.mark.slow
@pytest.mark.parametrize("length", [_SMALL, None], ids=["announced", "chunks"])
def test_four_clients_with_slow_bodies_shut_no_door(served: DoorClient, length: int | None) -> None:
    """A request takes a place when its small body is complete. One network has a quarter as many bodies as places."""
    with ExitStack() as stack:
        for number in range(4):
            statuses = stack.enter_context(_slow_requests(served, 60, f"203.0.113.{number}", length))
            assert statuses == {100: 50, 503: 10}
        assert _statuses(served, _CITIZEN) == _OPEN
        # Also for the other persons in their networks.
        assert served.get("/status", {"X-Forwarded-For": "203.0.113.1"}).status_code == 200


@pytest.mark.slow
def test_slow_files_leave_half_of_the_places(served: DoorClient) -> None:
    """A large body is read in its place. Five clients take the half for them, and reports without files come in."""
    with ExitStack() as stack:
        for number in range(5):
            statuses = stack.enter_context(_slow_requests(served, 25, f"203.0.113.{number}", _LARGE))
            assert statuses == ({100: 25} if number < 4 else {503: 25})
        assert _statuses(served, _CITIZEN) == _OPEN


def test_incomplete_bodies_have_a_limit(serve: Serve) -> None:
    """Five times as many as there are places. What is refused was not read, and a body that ends makes room."""
    served = serve(requests_at_once=4)
    with ExitStack() as stack:
        with _slow_requests(served, 1, _SLOW):
            for number in range(19):
                assert _slow_request(stack, served, f"203.0.112.{number}", _SMALL) == 100
            assert _slow_request(stack, served, _CITIZEN, _SMALL) == 503
        while _slow_request(stack, served, _CITIZEN, _SMALL) == 503:
            pass


def test_bytes_of_incomplete_bodies_have_a_limit(served: DoorClient) -> None:
    """A network has 4 MB. More bytes are refused as they come, before the body is complete."""
    server = urlsplit(served.address)
    content = b"x" * 255_000
    request = (
        f"POST /web/reports HTTP/1.1\r\nHost: lapor\r\nX-Forwarded-For: {_SLOW}\r\n"
        "Content-Type: application/json\r\nContent-Length: 256000\r\n\r\n"
    ).encode()
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection((server.hostname, server.port or 0), _PATIENCE_SECONDS))
            for _ in range(16)
        ]
        for connection in connections:
            connection.sendall(request + content)
        answered, _, _ = select.select(connections, [], [], _PATIENCE_SECONDS)
        assert answered[0].recv(12) == b"HTTP/1.1 503"
        assert _statuses(served, _CITIZEN) == _OPEN


def test_a_client_gets_its_places_back(serve: Serve) -> None:
    """The share counts requests in progress only."""
    served = serve(requests_at_once=8)
    with _slow_requests(served, 1, _SLOW, _LARGE), ExitStack() as stack:
        assert _slow_request(stack, served, _SLOW, _LARGE) == 503
    with ExitStack() as stack:
        while _slow_request(stack, served, _SLOW, _LARGE) == 503:
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
def test_a_network_has_a_share_of_the_places(serve: Serve, host: DoorServer, held: list[str], refused: str) -> None:
    """Two of eight places for a /64 network and for an IPv4 address, four for a /56 and a /48."""
    served = serve(requests_at_once=8)
    with requests_in_progress(served, host, held):
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
