"""One SMPP session through aiosmpplib: bind, bind again, enquire_link, and answering the SMSC only when we mean it.

What aiosmpplib would do by itself and must not is replaced here; README.md says why, point by point.
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
LATER = SmppCommandStatus.ESME_RX_T_APPN
BUSY = {SmppCommandStatus.ESME_RTHROTTLED, SmppCommandStatus.ESME_RMSGQFUL}
# The longest message_payload, and what stands around it.
_LONGEST_PDU = 66_000
_COMMANDS = set(SmppCommand)
_STATUSES = set(SmppCommandStatus)
_UNDERSTOOD = {SmppCommand.DELIVER_SM, SmppCommand.ENQUIRE_LINK, SmppCommand.UNBIND}

_LONGEST_RETRY_SECONDS = 60.0
# Shorter than the outbox leaves an answer alone.
_LONGEST_THROTTLE_SECONDS = 30.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Peer:
    """Where the SMSC is and who we are there. Waits are in seconds; `rate` is answers per second.

    `silence` is how long nothing may be heard before we ask (enquire_link), `patience` how long any answer may take,
    `busy` how long we say nothing at first when the SMSC is too busy.
    """

    host: str
    port: int
    system_id: str
    password: str
    system_type: str = ""
    rate: float = 5.0
    silence: float = 30.0
    patience: float = 10.0
    first_retry: float = 1.0
    busy: float = 1.0


class Traffic(Protocol):
    """What comes over the line, and what goes."""

    async def deliver(self, pdu: bytes) -> SmppCommandStatus:
        """What to answer to a deliver_sm, once it is known. Never raises."""
        ...

    async def next_answer(self) -> SubmitSm:
        """What to send next; `log_id` is its mark. Waits until there is something. Never raises."""
        ...

    async def sent(self, mark: str, status: SmppCommandStatus) -> None:
        """What the SMSC said to an answer. Never raises."""
        ...


class Session(ESME):
    """Bound to one SMSC, or trying to be, as long as `start` runs."""

    def __init__(self, peer: Peer, traffic: Traffic, clock: Callable[[], float]) -> None:
        self._traffic = traffic
        self._open: StreamWriter | None = None
        super().__init__(
            peer.host,
            peer.port,
            peer.system_id,
            peer.password,
            peer.system_type,
            enquire_link_interval=peer.silence,
            socket_timeout=peer.patience,
            # It writes messages and numbers into its log lines; what is worth saying is said here.
            log_level=logging.CRITICAL + 1,
            log_handler=logging.NullHandler(),
            log_metadata={},
            hook=_Hook(traffic),
            broker=_Broker(traffic),
            rate_limiter=Pace(peer.rate, clock),
            throttle_handler=Throttle(peer.busy, clock),
            # No receipts are asked for: what is remembered for them is dropped at once.
            correlator=SimpleCorrelator(peer.system_id, max_ttl_delivery=1.0),
            retry_timer=Backoff(peer.first_retry),
        )

    @property
    def is_bound(self) -> bool:
        """Whether the SMSC has let us in."""
        return self.session_state == self.bind_mode.session_state

    async def connect(self) -> None:
        """See `ESME.connect`; the connection before it is closed, and what happens is said in the log."""
        self.hang_up()
        try:
            await super().connect()
        except SmppError as error:
            _log.warning("smpp.away", cause=error.command_status.name)
            raise
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            _log.warning("smpp.away", cause=type(error).__name__)
            raise
        finally:
            self._open = self._writer
        _log.info("smpp.bound")

    def hang_up(self) -> None:
        """Close the connection, if there is one, without a word."""
        if self._open is not None:
            self._open.close()
            self._open = None

    async def _get_pdu(self) -> tuple[bytes, PduHeader]:
        """See `ESME._get_pdu`; bounded, and with a status or command that SMPP 3.4 does not know the line lives on."""
        assert self._reader is not None  # noqa: S101 - as in ESME
        while True:
            head = await self._reader.readexactly(HEADER_BYTES)
            length, command, status, sequence = unpack("!IIII", head)
            if not HEADER_BYTES <= length <= _LONGEST_PDU:
                raise ConnectionError("not SMPP")
            pdu = head + await self._reader.readexactly(length - HEADER_BYTES)
            if command in _COMMANDS:
                known = SmppCommandStatus(status if status in _STATUSES else SmppCommandStatus.ESME_RUNKNOWNERR)
                return pdu, PduHeader(length, SmppCommand(command), known, sequence)
            await self._refuse(sequence)

    async def _handle_request(self, pdu: bytes, header: PduHeader) -> SmppMessage | None:
        """See `ESME._handle_request`; a deliver_sm is answered here, after `Traffic.deliver` and with its status."""
        if header.smpp_command == SmppCommand.DELIVER_SM:
            status = await self._traffic.deliver(pdu)
            await self._respond(DeliverSmResp(header.sequence_num, status))
            return None
        if header.smpp_command not in _UNDERSTOOD:
            await self._refuse(header.sequence_num)
            return None
        return await super()._handle_request(pdu, header)

    async def _refuse(self, sequence: int) -> None:
        await self._respond(GenericNack(sequence, SmppCommandStatus.ESME_RINVCMDID))

    async def _respond(self, response: SmppMessage) -> None:
        # Told to stop meanwhile, we have unbound already: the SMSC delivers again to whoever binds next.
        if self._writer is not None:
            await self._send_data(response)


class Backoff(AbstractRetryTimer):
    """Waits before each try to bind, twice as long each time: an SMSC that binds and unbinds us at once is no hot loop.

    `first` is in seconds.
    """

    def __init__(self, first: float) -> None:
        self._first = first
        self._delay = first

    async def wait(self) -> None:
        """See the base."""
        delay, self._delay = self._delay, min(self._delay * 2, _LONGEST_RETRY_SECONDS)
        await asyncio.sleep(delay)

    def reset(self) -> None:
        """See the base."""
        self._delay = self._first

    def next_delay(self) -> float:
        """See the base."""
        return self._delay


class Throttle(AbstractThrottleHandler):
    """Says nothing while the SMSC is too busy; each time that it says so again, for twice as long.

    `first` is in seconds.
    """

    def __init__(self, first: float, clock: Callable[[], float]) -> None:
        self._first = first
        self._clock = clock
        self._until = 0.0
        self._pause = 0.0

    async def throttled(self) -> None:
        """See the base."""
        self._pause = min(max(2 * self._pause, self._first), _LONGEST_THROTTLE_SECONDS)
        self._until = self._clock() + self._pause

    async def not_throttled(self) -> None:
        """See the base."""
        self._pause = 0.0

    async def allow_request(self) -> bool:
        """See the base."""
        return self._clock() >= self._until

    async def throttle_delay(self) -> float:
        """See the base."""
        return max(self._until - self._clock(), 0.0)


class Pace(AbstractRateLimiter):
    """Lets at most `rate` messages a second out, evenly."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._gap = 1 / rate
        self._clock = clock
        self._next = 0.0

    def take(self) -> float:
        """Seconds to wait for the turn that is taken with this call."""
        now = self._clock()
        turn = max(now, self._next)
        self._next = turn + self._gap
        return turn - now

    async def limit(self) -> None:
        """See the base."""
        await asyncio.sleep(self.take())


class _Hook(AbstractHook):
    """Passes on what the SMSC says to an answer."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic

    async def sending(self, smpp_message: SmppMessage, pdu: bytes, client_id: str) -> None:
        """See the base."""

    async def received(self, smpp_message: SmppMessage | None, pdu: bytes, client_id: str) -> None:  # noqa: ARG002 - the library's
        """See the base."""
        if isinstance(smpp_message, SubmitSmResp) and smpp_message.log_id:
            await self._traffic.sent(smpp_message.log_id, smpp_message.command_status)

    async def send_error(self, smpp_message: SmppMessage, error: Exception, client_id: str) -> None:
        """See the base. What was not sent is tried again from the outbox."""


class _Broker(AbstractBroker):
    """Where aiosmpplib takes what is to be sent."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic

    async def enqueue(self, message: SmppMessage) -> None:
        """See the base; nobody puts anything here."""
        raise NotImplementedError

    async def dequeue(self) -> SmppMessage:
        """See the base."""
        return await self._traffic.next_answer()
