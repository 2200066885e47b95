"""Time limits of connections, on real sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from starlette.types import Message, Receive, Scope, Send

from ingest.http.connection_deadlines import Deadlines
from tests.ingest.door_client import DoorServer

# A limit that no test reaches, and one that every slow client in these tests exceeds.
_LONG, _SHORT = 600.0, 0.1
_GENEROUS = Deadlines(headers=_LONG, body_grace=_LONG, body=_LONG, unread_answer=_LONG)
_PATIENCE_SECONDS = 60.0
_LARGE_ANSWER = b"a" * 1_000_000
_REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"


class RecordingApp:
    """Reads the body, then answers it. `/large` answers more than the buffers of a connection hold."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self.ended = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, see ASGI."""
        message: Message = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"transfer-encoding", b"chunked")]})
        for _ in range(50 if scope["path"] == "/large" else 0):
            await send({"type": "http.response.body", "body": _LARGE_ANSWER, "more_body": True})
        await send({"type": "http.response.body"})
        self.ended.set()


@contextmanager
def _connected(deadlines: Deadlines, app: RecordingApp) -> Iterator[socket.socket]:
    """Serve `app` with these deadlines, and return a connection to it."""
    server = DoorServer(deadlines)
    server.app = app
    with server.serving(), socket.create_connection(("127.0.0.1", server.port), _PATIENCE_SECONDS) as connection:
        yield connection


def _is_closed_by_server(connection: socket.socket) -> bool:
    """Read until the server closes the connection. Raises `TimeoutError` if it does not."""
    with suppress(ConnectionResetError):
        while connection.recv(65_536):
            pass
    return True


def _is_closed_after_byte(connection: socket.socket) -> bool:
    """Send one byte. Return True if the server has closed the connection."""
    connection.settimeout(0.02)
    try:
        connection.sendall(b"a")
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except (ConnectionResetError, BrokenPipeError):
        return True


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_unfinished_headers_are_closed(sent: bytes) -> None:
    """A connection without a request, or with a part of the headers, does not stay open."""
    deadlines = Deadlines(headers=_SHORT, body_grace=_LONG, body=_LONG)
    with _connected(deadlines, RecordingApp()) as connection:
        connection.sendall(sent)
        assert _is_closed_by_server(connection)


def test_unfinished_headers_of_a_second_request_are_closed() -> None:
    """The deadline begins again with each request of a connection."""
    deadlines = Deadlines(headers=_SHORT, body_grace=_LONG, body=_LONG)
    with _connected(deadlines, RecordingApp()) as connection:
        connection.sendall(_REQUEST + b"12345" + b"GET / HT")
        assert _is_closed_by_server(connection)


def test_dripping_headers_are_closed() -> None:
    """A client that sends a byte again and again does not move the deadline."""
    deadlines = Deadlines(headers=_SHORT, body_grace=_LONG, body=_LONG)
    with _connected(deadlines, RecordingApp()) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        # Fewer bytes than the 16 KB of headers that h11 accepts.
        assert any(_is_closed_after_byte(connection) for _ in range(10_000))


@pytest.mark.parametrize(
    "deadlines",
    [
        Deadlines(headers=_LONG, body_grace=_SHORT, body=_LONG),
        Deadlines(headers=_LONG, body_grace=_LONG, body=_SHORT),
        Deadlines(headers=_LONG, body_grace=_SHORT, body=_SHORT),
    ],
    ids=["too slow", "too long", "both"],
)
def test_an_unfinished_body_is_closed(deadlines: Deadlines) -> None:
    """The request ends as if the client had left, so that its place is free again."""
    app = RecordingApp()
    with _connected(deadlines, app) as connection:
        connection.sendall(_REQUEST + b"1")
        assert _is_closed_by_server(connection)
        assert app.left.wait(_PATIENCE_SECONDS)


def test_a_body_that_arrives_fast_enough_is_read() -> None:
    """Bytes that arrive in time extend the deadline of a body, beyond the time in which a silent client is closed."""
    # One byte extends this deadline by 1,000 seconds.
    deadlines = Deadlines(headers=_LONG, body_grace=_SHORT, min_bytes_per_second=0.001, body=_LONG)
    with _connected(deadlines, RecordingApp()) as connection:
        connection.sendall(_REQUEST.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue"))
        # This answer shows that the headers have been read, so that the next byte belongs to the body.
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"1")
        with socket.create_connection(connection.getpeername(), _PATIENCE_SECONDS) as silent_connection:
            silent_connection.sendall(_REQUEST)
            assert _is_closed_by_server(silent_connection)
        connection.sendall(b"2345")
        assert connection.recv(15) == b"HTTP/1.1 200 OK"


def test_a_client_that_does_not_read_the_answer_is_closed() -> None:
    """A request whose answer nobody takes does not stay in progress."""
    app = RecordingApp()
    deadlines = Deadlines(headers=_LONG, body_grace=_LONG, body=_LONG, unread_answer=_SHORT)
    with _connected(deadlines, app) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert app.ended.wait(_PATIENCE_SECONDS)


def test_a_client_that_reads_gets_the_whole_answer() -> None:
    """The deadline for unread answers does not concern a client that reads."""
    with _connected(_GENEROUS, RecordingApp()) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = 0
        while chunk := connection.recv(1_000_000):
            received += len(chunk)
    assert received > 50 * len(_LARGE_ANSWER)
