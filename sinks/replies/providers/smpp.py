"""SMS over SMPP 3.4, a session for each: bind as a transmitter, submit, unbind; and what a refusal means for a reply.

PDUs are aiosmpplib's; the line is ours, because its own client sends again by itself what was not confirmed. SMPP has
no idempotency key: an SMS without a response is unknown, and is not sent again. No receipts are asked for.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from struct import unpack

from aiosmpplib.protocol import BindTransmitter, EnquireLinkResp, SmppMessage, SubmitSm, Unbind
from aiosmpplib.state import NPI, TON, PhoneNumber, SmppCommand, SmppCommandStatus

from sinks.replies.providers.provider import Later, Letter, Never, Unknown, Withheld

_HEADER_BYTES = 16
_LONGEST_PDU = 66_000
_RESPONSE = 0x80000000
_OK = SmppCommandStatus.ESME_ROK.value
# Too busy, or in trouble of its own.
_LATER = {0x08, 0x14, 0x58, 0x64}
# What a person must mend first: the sender's address, the system type, the bind (SMPP 3.4, 5.1.3).
_OURS = {0x04, 0x0A, 0x0D, 0x0E, 0x0F, 0x15, 0x48, 0x49, 0x53}
_OURS_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Smsc:
    """Where it is and who we are there; it must let us bind beside the door. `patience` is in seconds, for one call."""

    host: str
    port: int
    system_id: str
    password: str
    system_type: str = ""
    patience: float = 10.0


class SmppSms:
    """`sender` is the number that the SMS come from, as the operator writes it: `1708`."""

    repeatable = False

    def __init__(self, smsc: Smsc, sender: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._smsc = smsc
        self._sender = PhoneNumber(sender, TON.UNKNOWN, NPI.UNKNOWN)
        self._clock = clock

    def address(self, letter: Letter) -> str:
        """The number; what is none (`BANK`, a short code) can't be written to."""
        phone = letter.contact.phone
        if not phone.startswith("+"):
            raise Withheld("no_number")
        return f"tel:{phone}"

    def deliver(self, letter: Letter) -> str:
        """See `Way`."""
        submit = SubmitSm(
            sequence_num=2,
            short_message=letter.text,
            source=self._sender,
            destination=PhoneNumber(letter.contact.phone.removeprefix("+"), TON.INTERNATIONAL, NPI.ISDN),
            registered_delivery=0,
        )
        line = self._bound()
        try:
            status, body = line.ask(submit)
        except OSError as error:
            raise Unknown(type(error).__name__) from None
        finally:
            line.leave()
        if status != _OK:
            raise _meaning(status)
        return body.partition(b"\0")[0].decode("latin-1")

    def _bound(self) -> "_Line":
        """A line that is bound; nothing was sent where there is none. Raises `Later`."""
        smsc = self._smsc
        try:
            line = _Line(smsc, self._clock)
        except OSError as error:
            raise Later(type(error).__name__) from None
        try:
            status, _ = line.ask(
                BindTransmitter(1, SmppCommandStatus.ESME_ROK, smsc.system_id, smsc.password, smsc.system_type)
            )
        except OSError as error:
            line.leave()
            raise Later(type(error).__name__) from None
        if status != _OK:
            line.leave()
            raise Later(f"bind_0x{status:X}", _OURS_SECONDS if status in _OURS else None)
        return line


class _Line:
    """One connection. Everything raises `OSError`, of which a timeout and an end are kinds."""

    def __init__(self, smsc: Smsc, clock: Callable[[], float]) -> None:
        self._patience = smsc.patience
        self._clock = clock
        self._socket = socket.create_connection((smsc.host, smsc.port), smsc.patience)

    def ask(self, request: SmppMessage) -> tuple[int, bytes]:
        """Status and body of the response; what the SMSC asks meanwhile is answered, the rest passed over."""
        until = self._clock() + self._patience
        self._socket.sendall(request.pdu())
        while True:
            command, status, sequence, body = self._read(until)
            if command == SmppCommand.ENQUIRE_LINK:
                self._socket.sendall(EnquireLinkResp(sequence).pdu())
            elif command == SmppCommand.UNBIND:
                raise ConnectionResetError("unbound")
            elif command & _RESPONSE and sequence == request.sequence_num:
                return status, body

    def leave(self) -> None:
        """Unbind without waiting to hear of it, and hang up."""
        with suppress(OSError):
            self._socket.sendall(Unbind(3).pdu())
        self._socket.close()

    def _read(self, until: float) -> tuple[int, int, int, bytes]:
        length, command, status, sequence = unpack("!IIII", self._exactly(_HEADER_BYTES, until))
        if not _HEADER_BYTES <= length <= _LONGEST_PDU:
            raise ConnectionError("not SMPP")
        return command, status, sequence, self._exactly(length - _HEADER_BYTES, until)

    def _exactly(self, count: int, until: float) -> bytes:
        found = b""
        while len(found) < count:
            left = until - self._clock()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            piece = self._socket.recv(count - len(found))
            if not piece:
                raise ConnectionResetError("ended")
            found += piece
        return found


def _meaning(status: int) -> Later | Never:
    """What an SMSC's refusal of a submit_sm means; whatever it is, the SMS was not taken."""
    if status in _LATER:
        return Later(f"smpp_0x{status:X}")
    if status in _OURS:
        return Later(f"smpp_0x{status:X}", _OURS_SECONDS)
    return Never(f"smpp_0x{status:X}")
