"""One SMPP session through aiosmpplib: bind, bind again, enquire_link, and responses only after a delivery is handled.

Unsuitable behaviour of aiosmpplib is replaced here. README.md gives the reason for each replacement.
"""

import asyncio
import logging
from asyncio import StreamWriter
from collections.abc import Callable
from dataclasses import dataclass
from struct import unpack
from typing import Protocol

import structlog
from aiosmpplib import ESME
from aiosmpplib.broker import AbstractBroker
from aiosmpplib.correlator import SimpleCorrelator
from aiosmpplib.hook import AbstractHook
from aiosmpplib.protocol import DeliverSmResp, GenericNack, SmppMessage, SubmitSm, SubmitSmResp
from aiosmpplib.ratelimiter import AbstractRateLimiter
from aiosmpplib.retrytimer import AbstractRetryTimer
from aiosmpplib.state import PduHeader, SmppCommand, SmppCommandStatus, SmppError
from aiosmpplib.throttle import AbstractThrottleHandler

from ingest.smpp.pdu import HEADER_BYTES

OK = SmppCommandStatus.ESME_ROK
TEMPORARY_ERROR = SmppCommandStatus.ESME_RX_T_APPN
THROTTLED = {SmppCommandStatus.ESME_RTHROTTLED, SmppCommandStatus.ESME_RMSGQFUL}
# The longest message_payload with the other fields of its PDU.
_MAX_PDU_BYTES = 66_000
_COMMANDS = set(SmppCommand)
_STATUSES = set(SmppCommandStatus)
_SUPPORTED_REQUESTS = {SmppCommand.DELIVER_SM, SmppCommand.ENQUIRE_LINK, SmppCommand.UNBIND}

# Longest pause before the next attempt to bind.
_MAX_BIND_PAUSE_SECONDS = 60.0
# Longest pause of a throttled sender. Shorter than the queue's confirmation timeout (a minute).
_MAX_THROTTLE_SECONDS = 30.0
# Lifetime of aiosmpplib's records for delivery receipts. We ask for none, so they are dropped at once.
_RECEIPT_RECORD_SECONDS = 1.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SmscSettings:
    """Address of the SMSC, our account there, and the times of a session.

    `rate` is acknowledgements per second. An enquire_link follows `enquire_link_seconds` without any PDU; every
    response may take `response_timeout_seconds`. `first_bind_pause_seconds` is the pause before the first attempt to
    bind again, `throttle_seconds` the first pause when the SMSC is too busy.
    """

    host: str
    port: int
    system_id: str
    password: str
    system_type: str = ""
    rate: float = 5.0
    enquire_link_seconds: float = 30.0
    response_timeout_seconds: float = 10.0
    first_bind_pause_seconds: float = 1.0
    throttle_seconds: float = 1.0


class SessionHandler(Protocol):
    """Handles the messages of a session in both directions. Its methods never raise."""

    async def deliver(self, pdu: bytes) -> SmppCommandStatus:
        """Return the status of the response to a deliver_sm, as soon as it is known."""
        ...

    async def next_acknowledgement(self) -> SubmitSm:
        """Return the next PDU to send; its `log_id` is the mark. Wait until there is one."""
        ...

    async def handle_response(self, mark: str, status: SmppCommandStatus) -> None:
        """Handle the SMSC's response to an acknowledgement."""
        ...


class SmppSession(ESME):
    """Session with one SMSC. While `start` runs it is bound or tries to bind."""

    def __init__(self, smsc: SmscSettings, handler: SessionHandler, clock: Callable[[], float]) -> None:
        self._handler = handler
        self._open_writer: StreamWriter | None = None
        super().__init__(
            smsc.host,
            smsc.port,
            smsc.system_id,
            smsc.password,
            smsc.system_type,
            enquire_link_interval=smsc.enquire_link_seconds,
            socket_timeout=smsc.response_timeout_seconds,
            # aiosmpplib logs texts and telephone numbers. This class writes its own events instead.
            log_level=logging.CRITICAL + 1,
            log_handler=logging.NullHandler(),
            log_metadata={},
            hook=_Hook(handler),
            broker=_Broker(handler),
            rate_limiter=SendRateLimiter(smsc.rate, clock),
            throttle_handler=ThrottlePause(smsc.throttle_seconds, clock),
            correlator=SimpleCorrelator(smsc.system_id, max_ttl_delivery=_RECEIPT_RECORD_SECONDS),
            retry_timer=BindBackoff(smsc.first_bind_pause_seconds),
        )

    @property
    def is_bound(self) -> bool:
        """Return True while the SMSC has accepted our bind."""
        return self.session_state == self.bind_mode.session_state

    async def connect(self) -> None:
        """See `ESME.connect`. It also closes the previous connection and logs the outcome."""
        self.close_connection()
        try:
            await super().connect()
        except SmppError as error:
            _log.warning("smpp.bind_failed", cause=error.command_status.name)
            raise
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            _log.warning("smpp.bind_failed", cause=type(error).__name__)
            raise
        finally:
            self._open_writer = self._writer
        _log.info("smpp.bound")

    def close_connection(self) -> None:
        """Close the connection, if there is one, without an unbind."""
        if self._open_writer is not None:
            self._open_writer.close()
            self._open_writer = None

    async def _get_pdu(self) -> tuple[bytes, PduHeader]:
        """See `ESME._get_pdu`. It also limits the length of a PDU.

        A status or command that SMPP 3.4 does not define does not end the session.
        """
        assert self._reader is not None  # noqa: S101 - as in ESME
        while True:
            header_bytes = await self._reader.readexactly(HEADER_BYTES)
            length, command, status, sequence = unpack("!IIII", header_bytes)
            if not HEADER_BYTES <= length <= _MAX_PDU_BYTES:
                raise ConnectionError("not SMPP")
            pdu = header_bytes + await self._reader.readexactly(length - HEADER_BYTES)
            if command in _COMMANDS:
                defined_status = status if status in _STATUSES else SmppCommandStatus.ESME_RUNKNOWNERR
                return pdu, PduHeader(length, SmppCommand(command), SmppCommandStatus(defined_status), sequence)
            await self._reject_command(sequence)

    async def _handle_request(self, pdu: bytes, header: PduHeader) -> SmppMessage | None:
        """See `ESME._handle_request`. `SessionHandler.deliver` chooses the status of the response to a deliver_sm."""
        if header.smpp_command == SmppCommand.DELIVER_SM:
            status = await self._handler.deliver(pdu)
            await self._respond(DeliverSmResp(header.sequence_num, status))
            return None
        if header.smpp_command not in _SUPPORTED_REQUESTS:
            await self._reject_command(header.sequence_num)
            return None
        return await super()._handle_request(pdu, header)

    async def _reject_command(self, sequence: int) -> None:
        await self._respond(GenericNack(sequence, SmppCommandStatus.ESME_RINVCMDID))

    async def _respond(self, response: SmppMessage) -> None:
        # After a stop we have unbound already. The SMSC delivers the message again to the next session.
        if self._writer is not None:
            await self._send_data(response)


class BindBackoff(AbstractRetryTimer):
    """Waits before each attempt to bind: `first_pause` seconds, then twice as long each time.

    Without it, an SMSC that accepts a bind and unbinds at once would cause attempts without a pause.
    """

    def __init__(self, first_pause: float) -> None:
        self._first_pause = first_pause
        self._pause = first_pause

    async def wait(self) -> None:
        """See the base class."""
        pause, self._pause = self._pause, min(self._pause * 2, _MAX_BIND_PAUSE_SECONDS)
        await asyncio.sleep(pause)

    def reset(self) -> None:
        """See the base class."""
        self._pause = self._first_pause

    def next_delay(self) -> float:
        """See the base class."""
        return self._pause


class ThrottlePause(AbstractThrottleHandler):
    """Sends nothing while the SMSC is too busy: for `first_pause` seconds, then twice as long each time."""

    def __init__(self, first_pause: float, clock: Callable[[], float]) -> None:
        self._first_pause = first_pause
        self._clock = clock
        self._resume_at = 0.0
        self._pause = 0.0

    async def throttled(self) -> None:
        """See the base class."""
        self._pause = min(max(2 * self._pause, self._first_pause), _MAX_THROTTLE_SECONDS)
        self._resume_at = self._clock() + self._pause

    async def not_throttled(self) -> None:
        """See the base class."""
        self._pause = 0.0

    async def allow_request(self) -> bool:
        """See the base class."""
        return self._clock() >= self._resume_at

    async def throttle_delay(self) -> float:
        """See the base class."""
        return max(self._resume_at - self._clock(), 0.0)


class SendRateLimiter(AbstractRateLimiter):
    """Allows at most `rate` messages per second, evenly spaced."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._interval = 1 / rate
        self._clock = clock
        self._next_send_at = 0.0

    def reserve(self) -> float:
        """Reserve the next time to send. Return the seconds until then."""
        now = self._clock()
        send_at = max(now, self._next_send_at)
        self._next_send_at = send_at + self._interval
        return send_at - now

    async def limit(self) -> None:
        """See the base class."""
        await asyncio.sleep(self.reserve())


class _Hook(AbstractHook):
    """Passes the SMSC's responses to the handler."""

    def __init__(self, handler: SessionHandler) -> None:
        self._handler = handler

    async def sending(self, smpp_message: SmppMessage, pdu: bytes, client_id: str) -> None:
        """See the base class."""

    async def received(self, smpp_message: SmppMessage | None, pdu: bytes, client_id: str) -> None:  # noqa: ARG002 - the library's
        """See the base class."""
        if isinstance(smpp_message, SubmitSmResp) and smpp_message.log_id:
            await self._handler.handle_response(smpp_message.log_id, smpp_message.command_status)

    async def send_error(self, smpp_message: SmppMessage, error: Exception, client_id: str) -> None:
        """See the base class. The queue hands an unsent acknowledgement out again."""


class _Broker(AbstractBroker):
    """Gives aiosmpplib the messages to send."""

    def __init__(self, handler: SessionHandler) -> None:
        self._handler = handler

    async def enqueue(self, message: SmppMessage) -> None:
        """See the base class. Nothing is queued through aiosmpplib."""
        raise NotImplementedError

    async def dequeue(self) -> SmppMessage:
        """See the base class."""
        return await self._handler.next_acknowledgement()
