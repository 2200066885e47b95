"""SMS over SMPP 3.4, and the meaning of a refusal for a reply. Each SMS has its own session: bind, submit, unbind.

The PDUs are aiosmpplib's. The connection is ours, because aiosmpplib's client resends unconfirmed messages by itself.
SMPP has no idempotency key: an SMS without a response has an unknown outcome and is not sent again. No delivery
receipts are requested.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from struct import unpack

from aiosmpplib.protocol import BindTransmitter, EnquireLinkResp, SmppMessage, SubmitSm, Unbind
from aiosmpplib.state import NPI, TON, PhoneNumber, SmppCommand, SmppCommandStatus

from sinks.replies.providers.provider import (
    OutcomeUnknown,
    OutgoingReply,
    PermanentFailure,
    RetryLater,
    phone_address,
)

_HEADER_BYTES = 16
_MAX_PDU_BYTES = 66_000
_RESPONSE_BIT = 0x80000000
_OK = SmppCommandStatus.ESME_ROK.value
# The SMSC is too busy or has an error of its own.
_TEMPORARY_STATUSES = {0x08, 0x14, 0x58, 0x64}
# Errors that an operator must fix first: the sender's address, the system type, the bind (SMPP 3.4, 5.1.3).
_OPERATOR_STATUSES = {0x04, 0x0A, 0x0D, 0x0E, 0x0F, 0x15, 0x48, 0x49, 0x53}
_OPERATOR_ERROR_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Smsc:
    """Address of the SMSC and our account there. `patience` is the timeout of one call, in seconds.

    The SMSC must allow this bind in addition to the bind of the SMPP door.
    """

    host: str
    port: int
    system_id: str
    password: str
    system_type: str = ""
    patience: float = 10.0


class SmppSms:
    """Provider of SMS. `sender` is the number that the SMS come from, as the operator writes it: `1708`."""

    repeatable = False

    def __init__(self, smsc: Smsc, sender: str, clock: Callable[[], float]) -> None:
        self._smsc = smsc
        self._sender = PhoneNumber(sender, TON.UNKNOWN, NPI.UNKNOWN)
        self._clock = clock

    def address(self, reply: OutgoingReply) -> str:
        """Return the phone number; see `phone_address`."""
        return phone_address(reply)

    def deliver(self, reply: OutgoingReply) -> str:
        """Send; see `ReplyProvider`."""
        submit = SubmitSm(
            sequence_num=2,
            short_message=reply.text,
            source=self._sender,
            destination=PhoneNumber(reply.contact.phone.removeprefix("+"), TON.INTERNATIONAL, NPI.ISDN),
            registered_delivery=0,
        )
        connection = self._bound_connection()
        try:
            status, body = connection.request(submit)
        except OSError as error:
            raise OutcomeUnknown(type(error).__name__) from None
        finally:
            connection.close()
        if status != _OK:
            raise _reply_error(status)
        return body.partition(b"\0")[0].decode("latin-1")

    def _bound_connection(self) -> "_Connection":
        """Return a bound connection. Raises `RetryLater`: without a bind nothing was sent."""
        smsc = self._smsc
        try:
            connection = _Connection(smsc, self._clock)
        except OSError as error:
            raise RetryLater(type(error).__name__) from None
        bind = BindTransmitter(1, SmppCommandStatus.ESME_ROK, smsc.system_id, smsc.password, smsc.system_type)
        try:
            status, _ = connection.request(bind)
        except OSError as error:
            connection.close()
            raise RetryLater(type(error).__name__) from None
        if status != _OK:
            connection.close()
            raise RetryLater(f"bind_0x{status:X}", _OPERATOR_ERROR_SECONDS if status in _OPERATOR_STATUSES else None)
        return connection


class _Connection:
    """One TCP connection to the SMSC. Every method raises `OSError`, also for a timeout and a closed connection."""

    def __init__(self, smsc: Smsc, clock: Callable[[], float]) -> None:
        self._patience = smsc.patience
        self._clock = clock
        self._socket = socket.create_connection((smsc.host, smsc.port), smsc.patience)

    def request(self, request: SmppMessage) -> tuple[int, bytes]:
        """Return status and body of the response. Answers the SMSC's enquire_link and ignores its other PDUs."""
        deadline = self._clock() + self._patience
        self._socket.sendall(request.pdu())
        while True:
            command, status, sequence, body = self._read_pdu(deadline)
            if command == SmppCommand.ENQUIRE_LINK:
                self._socket.sendall(EnquireLinkResp(sequence).pdu())
            elif command == SmppCommand.UNBIND:
                raise ConnectionResetError("unbound")
            elif command & _RESPONSE_BIT and sequence == request.sequence_num:
                return status, body

    def close(self) -> None:
        """Send an unbind without waiting for its response, and close the socket."""
        with suppress(OSError):
            self._socket.sendall(Unbind(3).pdu())
        self._socket.close()

    def _read_pdu(self, deadline: float) -> tuple[int, int, int, bytes]:
        length, command, status, sequence = unpack("!IIII", self._read_bytes(_HEADER_BYTES, deadline))
        if not _HEADER_BYTES <= length <= _MAX_PDU_BYTES:
            raise ConnectionError("not SMPP")
        return command, status, sequence, self._read_bytes(length - _HEADER_BYTES, deadline)

    def _read_bytes(self, count: int, deadline: float) -> bytes:
        received = b""
        while len(received) < count:
            remaining_seconds = deadline - self._clock()
            if remaining_seconds <= 0:
                raise TimeoutError
            self._socket.settimeout(remaining_seconds)
            chunk = self._socket.recv(count - len(received))
            if not chunk:
                raise ConnectionResetError("ended")
            received += chunk
        return received


def _reply_error(status: int) -> RetryLater | PermanentFailure:
    """Return the meaning of a refused submit_sm. The SMS was not taken."""
    if status in _TEMPORARY_STATUSES:
        return RetryLater(f"smpp_0x{status:X}")
    if status in _OPERATOR_STATUSES:
        return RetryLater(f"smpp_0x{status:X}", _OPERATOR_ERROR_SECONDS)
    return PermanentFailure(f"smpp_0x{status:X}")
