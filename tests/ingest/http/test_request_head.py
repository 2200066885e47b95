"""Requests that a proxy and the service may read in different ways are refused, on real sockets."""

import socket
from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send

from tests.ingest.door_client import DoorServer

_PATIENCE_SECONDS = 60.0
_HOST = b"Host: x\r\n"


class CountingApp:
    """Reads each request, and counts it."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, see ASGI."""
        self.count += 1
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


@pytest.fixture
def server() -> Iterator[DoorServer]:
    """A server of the doors with an application that takes everything."""
    server = DoorServer()
    server.app = CountingApp()
    with server.serving():
        yield server


def answers_to(server: DoorServer, *pieces: bytes) -> list[bytes]:
    """Send bytes, and return the status lines of all answers on this connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), _PATIENCE_SECONDS) as connection:
        for piece in pieces:
            connection.sendall(piece)
        while data := connection.recv(65_536):
            received += data
    return [line for line in received.split(b"\r\n") if line.startswith(b"HTTP/")]


_AMBIGUOUS = {
    "both lengths": b"POST / HTTP/1.1\r\n"
    + _HOST
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both, other letters": b"HEAD / HTTP/1.1\r\n" + _HOST + b"TRANSFER-ENCODING: chunked\r\ncontent-length: 4\r\n\r\n",
    "chunks in 1.0": b"POST / HTTP/1.0\r\n" + _HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "2.0": b"GET / HTTP/2.0\r\n" + _HOST + b"\r\n",
    "1.2": b"GET / HTTP/1.2\r\n" + _HOST + b"\r\n",
    "0.9": b"GET / HTTP/0.9\r\n" + _HOST + b"\r\n",
    "folded": b"GET / HTTP/1.1\r\n" + _HOST + b"X-A: 1\r\n 2\r\n\r\n",
    "folded by a tab": b"GET / HTTP/1.1\r\n" + _HOST + b"X-A: 1\r\n\tTransfer-Encoding: chunked\r\n\r\n",
    "folded, bare line feeds": b"GET / HTTP/1.1\nHost: x\nX-A: 1\n 2\n\n",
}


@pytest.mark.parametrize("request_bytes", _AMBIGUOUS.values(), ids=_AMBIGUOUS)
def test_an_ambiguous_request_is_refused(server: DoorServer, request_bytes: bytes) -> None:
    """400, and the connection is closed: what follows is not read as another request. No application sees it."""
    follower = b"GET /smuggled HTTP/1.1\r\n" + _HOST + b"\r\n"
    assert answers_to(server, request_bytes + follower) == [b"HTTP/1.1 400 Bad Request"]
    assert isinstance(server.app, CountingApp)
    assert server.app.count == 0


def test_it_is_refused_in_pieces_and_as_a_second_request(server: DoorServer) -> None:
    """The head is judged when it is complete, in each request of a connection."""
    plain = b"POST / HTTP/1.1\r\n" + _HOST + b"Content-Length: 2\r\n\r\nok"
    ambiguous = _AMBIGUOUS["both lengths"]
    assert answers_to(server, plain, ambiguous[:30], ambiguous[30:]) == [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 400 Bad Request",
    ]


def test_plain_requests_are_read(server: DoorServer) -> None:
    """A body with either length, several requests in one piece, and HTTP/1.0."""
    chunked = b"POST / HTTP/1.1\r\n" + _HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n\r\n\r\n0\r\n\r\n"
    sized = b"POST / HTTP/1.1\r\n" + _HOST + b"Content-Length: 6\r\n\r\n\n \n\n\t\n"
    assert answers_to(server, chunked + sized + b"GET / HTTP/1.0\r\n\r\n") == [b"HTTP/1.1 200 OK"] * 3
