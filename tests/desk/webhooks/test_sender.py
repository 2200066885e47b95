"""Requests of webhooks to real servers on loopback: what counts as a success, and which addresses are connected to."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from app.threads import system_threads
from desk.webhooks.address_guard import AddressGuard, Resolver
from desk.webhooks.schedule import AttemptResult
from desk.webhooks.sender import MAX_ANSWER_BYTES, WebhookSender, parse_retry_after
from tests.conftest import NOW
from tests.desk.webhooks.receiver import LOOPBACK, Receiver, answer
from tests.support.certificates import tls_contexts
from tests.support.loopback import Answer, serving

_HOST = "lapor.example"
# Limits of a test in which the receiver is late. Nothing asserts them.
_SHORT_SECONDS = 0.4


def to_loopback(_host: str, _port: int) -> Sequence[str]:
    """Resolve every name to this machine."""
    return ["127.0.0.1"]


def sender(
    *, resolve: Resolver = to_loopback, networks: Sequence[str] = (LOOPBACK,), seconds: float = 15
) -> WebhookSender:
    """Return a sender for http to these networks."""
    allowed = [ip_network(network) for network in networks]
    guard = AddressGuard(allow_http=True, allowed_networks=allowed, resolve=resolve)
    return WebhookSender(
        guard,
        lambda: NOW,
        time.monotonic,
        system_threads().call_later,
        connect_seconds=seconds,
        answer_seconds=seconds,
    )


def post(webhook_sender: WebhookSender, receiver: Receiver, path: str = "/") -> AttemptResult:
    """Send one notice by name."""
    return webhook_sender.send(f"http://{_HOST}:{receiver.port}{path}", {"webhook-id": "1"}, b"{}")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_status_of_success_counts(receiver: Receiver, status: int) -> None:
    """The request is a POST of JSON to the path and query of the address, with the name in `Host`."""
    receiver.script.append(answer(status, body=b""))
    assert post(sender(), receiver, "/masuk?kunci=a") == AttemptResult(status)
    (request,) = receiver.requests
    assert (request.method, request.path, request.query, request.body) == ("POST", "/masuk", {"kunci": "a"}, b"{}")
    assert request.headers["host"] == f"{_HOST}:{receiver.port}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == "1"


@pytest.mark.parametrize("status", [400, 401, 404, 410, 500, 502])
def test_other_statuses_are_failures(receiver: Receiver, status: int) -> None:
    """`Retry-After` counts only from a busy receiver."""
    receiver.script.append(answer(status, {"Retry-After": "60"}))
    assert post(sender(), receiver) == AttemptResult(status, "http_error")


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_receiver_names_a_wait(receiver: Receiver, status: int) -> None:
    """The wait is passed on."""
    receiver.script.append(answer(status, {"Retry-After": "60"}))
    assert post(sender(), receiver) == AttemptResult(status, "http_error", timedelta(minutes=1))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(receiver: Receiver, status: int) -> None:
    """It could lead into our network."""
    receiver.script.append(answer(status, {"Location": f"{receiver.url}/internal"}))
    assert post(sender(), receiver) == AttemptResult(status, "redirect")
    assert len(receiver.requests) == 1


def test_nothing_is_sent_to_a_name_that_resolves_to_this_machine(receiver: Receiver) -> None:
    """Without the setting, loopback is refused when the notice is sent, too."""
    assert post(sender(networks=()), receiver) == AttemptResult(error="private_network")
    assert receiver.requests == []


def test_a_second_answer_of_the_resolver_has_no_effect(receiver: Receiver) -> None:
    """DNS rebinding: the connection goes to the address that was checked, and nothing resolves the name again."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    lookups = []

    def resolve(host: str, _port: int) -> Sequence[str]:
        lookups.append(host)
        return answers[min(len(lookups), len(answers)) - 1]

    rebinding = sender(resolve=resolve)
    assert post(rebinding, receiver) == AttemptResult(204)
    assert lookups == [_HOST]
    assert post(rebinding, receiver) == AttemptResult(error="private_network")
    assert len(receiver.requests) == 1


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would resolve the name again."""
    for variable in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert post(sender(), receiver) == AttemptResult(204)


def test_the_next_address_of_a_name_is_tried(receiver: Receiver) -> None:
    """The receiver does not listen on the first one."""
    both = sender(resolve=lambda _host, _port: ["::1", "127.0.0.1"], networks=[LOOPBACK, "::1/128"])
    assert post(both, receiver) == AttemptResult(204)


def test_a_certificate_for_the_name_is_accepted(tmp_path: Path) -> None:
    """The connection goes to an IP address; name and certificate are those of the host."""
    server_tls, client_tls = tls_contexts(tmp_path, _HOST)
    guard = AddressGuard(allow_http=False, allowed_networks=[ip_network(LOOPBACK)], resolve=to_loopback)
    with serving(Receiver(), server_tls) as receiver:
        webhook_sender = WebhookSender(guard, lambda: NOW, time.monotonic, system_threads().call_later, client_tls)
        result = webhook_sender.send(f"https://{_HOST}:{receiver.port}/", {}, b"{}")
    assert result == AttemptResult(204)
    assert receiver.requests[0].headers["host"] == f"{_HOST}:{receiver.port}"


@pytest.mark.parametrize("trusted", [True, False])
def test_a_wrong_certificate_is_refused(tmp_path: Path, *, trusted: bool) -> None:
    """One for another name, and one that nobody we trust has signed. No byte of the notice is sent."""
    server_tls, client_tls = tls_contexts(tmp_path, "lain.example" if trusted else _HOST)
    guard = AddressGuard(allow_http=False, allowed_networks=[ip_network(LOOPBACK)], resolve=to_loopback)
    with serving(Receiver(), server_tls) as receiver:
        tls = client_tls if trusted else None
        webhook_sender = WebhookSender(guard, lambda: NOW, time.monotonic, system_threads().call_later, tls)
        result = webhook_sender.send(f"https://{_HOST}:{receiver.port}/", {}, b"{}")
    assert result == AttemptResult(error="certificate")
    assert receiver.requests == []


def test_a_receiver_without_tls_is_a_failure(receiver: Receiver) -> None:
    """The error names the cause."""
    result = sender().send(f"https://{_HOST}:{receiver.port}/", {}, b"{}")
    assert result == AttemptResult(error="tls_failed")


def test_nobody_listens() -> None:
    """The port is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert sender().send(f"http://{_HOST}:{port}/", {}, b"{}") == AttemptResult(error="connect_failed")


def test_a_silent_receiver_is_late(receiver: Receiver) -> None:
    """It takes the request and never answers."""
    release = threading.Event()
    receiver.script.append(Answer(204, b"", stall=release))
    assert post(sender(seconds=_SHORT_SECONDS), receiver) == AttemptResult(error="late")
    release.set()


@contextmanager
def dripping(data: bytes) -> Iterator[int]:
    """Run a server that sends these bytes again and again, one after the other, until the client leaves."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    for byte in iter(lambda: data, None):
                        for value in byte:
                            connection.sendall(bytes([value]))
                            threading.Event().wait(0.01)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("data", [b"HTTP/1.1 100 Continue\r\n\r\n", b"x"])
def test_a_receiver_that_sends_a_byte_now_and_then_is_late(data: bytes) -> None:
    """No single read takes long. The limit is on the whole time."""
    with dripping(data) as port:
        result = sender(seconds=_SHORT_SECONDS).send(f"http://{_HOST}:{port}/", {}, b"{}")
    assert result == AttemptResult(error="late")


def test_a_slow_handshake_is_late() -> None:
    """A server that never ends the handshake does not hold the worker."""
    # The beginning of a TLS record of 16 KB.
    with dripping(b"\x16\x03\x03\x40\x00" + b"\x02\x00\x3f\xfc") as port:
        result = sender(seconds=_SHORT_SECONDS).send(f"https://{_HOST}:{port}/", {}, b"{}")
    assert result.error in {"late", "tls_failed", "connect_timeout"}


def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    """The status counts; the rest of an endless answer is left."""
    receiver.script.append(Answer(200, b"a" * (MAX_ANSWER_BYTES + 1), missing_bytes=1_000_000_000))
    assert post(sender(), receiver) == AttemptResult(200)


def test_a_connection_that_ends_without_a_status_is_a_failure() -> None:
    """The receiver may not have stored the notice."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def accept_and_close() -> None:
            connection, _ = server.accept()
            connection.close()

        thread = threading.Thread(target=accept_and_close)
        thread.start()
        result = sender().send(f"http://{_HOST}:{port}/", {}, b"{}")
        thread.join()
    assert result == AttemptResult(error="connection_broken")


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta()),
        ("Tue, 24 Nov 2026 08:05:05 GMT", timedelta(seconds=59, milliseconds=322)),
        ("9" * 5000, timedelta(seconds=999_999_999)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("\u0663", None),
    ],
)
def test_retry_after_has_two_forms(value: str, wait: timedelta | None) -> None:
    """Seconds, or a date; all else is ignored."""
    assert parse_retry_after(value, NOW) == wait
