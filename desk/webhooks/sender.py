"""Sends one notice by HTTP: to a checked IP address, without redirects and proxies, with a limit on the whole time.

It stores nothing. The body of the answer is read and dropped; only the status and a constant for the fault remain.
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Final

from desk.webhooks.address_guard import AddressGuard, AddressRefused, WebhookTarget
from desk.webhooks.schedule import AttemptResult

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
MAX_ANSWER_BYTES: Final = 65_536
_CHUNK_BYTES = 8_192
_BUSY_STATUSES = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_FIXED_HEADERS = {"Content-Type": "application/json", "User-Agent": "satu-pintu-webhook/1", "Connection": "close"}
# Calls a function after so many seconds, and returns a function that cancels the call.
CallLater = Callable[[float, Callable[[], None]], Callable[[], None]]


class WebhookSender:
    """Sends notices. Safe for several threads.

    `tls` verifies the certificates of receivers. The time from the start to the last byte of the answer is limited to
    `answer_seconds`, and that of each connection to `connect_seconds`. `now` reads dates in `Retry-After`;
    `monotonic` gives seconds that never go back.
    """

    def __init__(
        self,
        guard: AddressGuard,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        call_later: CallLater,
        tls: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._guard = guard
        self._now = now
        self._monotonic = monotonic
        self._call_later = call_later
        self._tls = tls or ssl.create_default_context()
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds

    def send(self, address: str, headers: Mapping[str, str], body: bytes) -> AttemptResult:
        """Post the body and return the result. Never raises for a fault of the receiver or the network."""
        deadline = self._monotonic() + self._answer_seconds
        try:
            target = self._guard.parse(address)
            ip_addresses = self._guard.resolve(target)
        except AddressRefused as refused:
            return AttemptResult(error=refused.reason)
        error = "late"
        for ip_address in ip_addresses:
            seconds = deadline - self._monotonic()
            if seconds <= 0:
                break
            connection = _CheckedConnection(
                target, ip_address, self._tls, self._connect_seconds, seconds, self._call_later
            )
            try:
                connection.connect()
            except (OSError, ValueError) as fault:
                error = "late" if connection.is_late else _connect_error(fault)
                connection.close()
                continue
            return self._post(connection, target, headers, body)
        return AttemptResult(error=error)

    def _post(
        self, connection: "_CheckedConnection", target: WebhookTarget, headers: Mapping[str, str], body: bytes
    ) -> AttemptResult:
        try:
            connection.request("POST", target.path, body, {**_FIXED_HEADERS, **headers})
            with connection.getresponse() as response:
                result = self._result(response)
                _read_limited(response)
        except (OSError, HTTPException, ValueError) as fault:
            is_late = connection.is_late or isinstance(fault, TimeoutError)
            return AttemptResult(error="late" if is_late else "connection_broken")
        finally:
            connection.close()
        return AttemptResult(error="late") if connection.is_late else result

    def _result(self, response: HTTPResponse) -> AttemptResult:
        status = response.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return AttemptResult(status)
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return AttemptResult(status, "redirect")
        retry_after = parse_retry_after(response.headers.get("Retry-After", ""), self._now())
        return AttemptResult(status, "http_error", retry_after if status in _BUSY_STATUSES else None)


class _CheckedConnection(HTTPConnection):
    """Connection to a checked IP address. The `Host` header and the certificate are those of the target's name.

    A timer shuts the socket after `seconds`: a receiver that sends a byte now and then keeps every socket timeout away.
    """

    def __init__(
        self,
        target: WebhookTarget,
        ip_address: str,
        tls: ssl.SSLContext,
        connect_seconds: float,
        seconds: float,
        call_later: CallLater,
    ) -> None:
        super().__init__(target.host, target.port, timeout=min(connect_seconds, seconds))
        self.default_port = 443 if target.scheme == "https" else 80
        self.is_late = False
        self._ip_address = ip_address
        self._tls = tls if target.scheme == "https" else None
        self._answer_timeout = seconds
        self._start_timer = partial(call_later, seconds, self._abort)
        self._cancel_timer: Callable[[], None] | None = None

    def connect(self) -> None:
        """Connect, and verify the certificate. Raises `OSError`."""
        self._cancel_timer = self._start_timer()
        self.sock = socket.create_connection((self._ip_address, self.port), self.timeout)
        if self._tls is not None:
            # The handshake comes after the assignment, so that the timer can end it.
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()
        self.sock.settimeout(self._answer_timeout)

    def close(self) -> None:
        """Close the connection and end the timer."""
        if self._cancel_timer is not None:
            self._cancel_timer()
        super().close()

    def _abort(self) -> None:
        self.is_late = True
        connection_socket = self.sock
        if connection_socket is not None:
            try:
                # Of the base class: that of `SSLSocket` would take the TLS state from the thread that reads.
                socket.socket.shutdown(connection_socket, socket.SHUT_RDWR)
            except OSError:
                return


def parse_retry_after(value: str, now: datetime) -> timedelta | None:
    """Return the wait that a `Retry-After` header asks for (RFC 9110, 10.2.3), `None` for an unusable one."""
    if value.isascii() and value.isdecimal():
        return timedelta(seconds=min(int(value[:9]), 999_999_999))
    try:
        time_of_retry = parsedate_to_datetime(value)
    except ValueError:
        return None
    return time_of_retry - now if time_of_retry.tzinfo else None


def _read_limited(response: HTTPResponse) -> None:
    """Read the body up to the limit, and drop it. The status counts, the body does not."""
    remaining_bytes = MAX_ANSWER_BYTES
    while remaining_bytes > 0 and (chunk := response.read1(min(_CHUNK_BYTES, remaining_bytes))):
        remaining_bytes -= len(chunk)


def _connect_error(fault: Exception) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return "certificate"
    if isinstance(fault, TimeoutError):
        return "connect_timeout"
    return "tls_failed" if isinstance(fault, ssl.SSLError) else "connect_failed"
