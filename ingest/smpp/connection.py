"""Keeps the door bound to an SMSC, and what it holds moving."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import structlog
from aiosmpplib.protocol import SubmitSm
from aiosmpplib.state import NPI, TON, PhoneNumber, SmppCommandStatus

from bus.errors import Retry
from config.database import DatabaseUnavailable
from ingest.smpp.adapter import Answer
from ingest.smpp.door import SmppDoor
from ingest.smpp.pdu import Address
from ingest.smpp.session import BUSY, LATER, OK, Peer, Session

_LOOK_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_FORGET_SECONDS = 600.0
_UNBIND_SECONDS = 5.0

_log = structlog.get_logger()


class SmppLine:
    """Runs in a thread of its own until `stopping` is set. `clock` counts seconds from anywhere, and never back.

    See `ingest.smpp.session.Traffic` for what it does for the session.
    """

    def __init__(self, peer: Peer, door: SmppDoor, clock: Callable[[], float], stopping: threading.Event) -> None:
        self._peer = peer
        self._door = door
        self._clock = clock
        self._stopping = stopping
        self._pause = 0.0
        self._not_before = 0.0
        self._forget_at = 0.0
        self._session: Session | None = None
        self._taken = asyncio.Event()
        self._answers = asyncio.Event()

    def run(self) -> None:
        """Take, hand on and answer until stopped. Raises `Stop`."""
        asyncio.run(self._run())

    def shut(self) -> str:
        """Why nothing comes in here; nothing while it does."""
        if self._session is None or not self._session.is_bound:
            return "not_bound"
        return "parts_waiting" if self._door.full else ""

    async def deliver(self, pdu: bytes) -> SmppCommandStatus:
        """OK when the part is durable; else the SMSC keeps it and tries again."""
        try:
            await asyncio.to_thread(self._door.take, pdu)
        except (Retry, DatabaseUnavailable) as error:
            _log.warning("smpp.not_kept", cause=type(error).__name__)
            return LATER
        except Exception as error:  # noqa: BLE001 - one PDU that trips us must not take the line from all others
            _log.error("smpp.unexpected", exc_info=error)
            return LATER
        self._taken.set()
        return OK

    async def next_answer(self) -> SubmitSm:
        """The next answer that can be put on the line."""
        while True:
            found = None
            with suppress(DatabaseUnavailable):
                found = await asyncio.to_thread(self._door.next_answer)
            if found is None:
                await _within(_LOOK_SECONDS, self._answers)
            else:
                return _submit(*found)

    async def sent(self, mark: str, status: SmppCommandStatus) -> None:
        """Note what became of an answer; one that failed is tried again later."""
        with suppress(DatabaseUnavailable):
            if status == OK:
                await asyncio.to_thread(self._door.answered, mark)
                return
            _log.info("smpp.answer_refused", status=status.name)
            if status in BUSY:
                await asyncio.to_thread(self._door.answer_later, mark, self._peer.busy)

    async def _run(self) -> None:
        session = self._session = Session(self._peer, self, self._clock)
        bound = asyncio.create_task(session.start())
        try:
            await self._work(bound)
        finally:
            if not bound.done():
                with suppress(TimeoutError):
                    await asyncio.wait_for(session.stop(), _UNBIND_SECONDS)
            bound.cancel()
            await asyncio.gather(bound, return_exceptions=True)
            session.hang_up()

    async def _work(self, bound: asyncio.Task[None]) -> None:
        while not self._stopping.is_set():
            if bound.done():
                bound.result()
            if self._clock() >= self._not_before:
                await self._forward()
            await _within(_LOOK_SECONDS, self._taken)

    async def _forward(self) -> None:
        try:
            while await asyncio.to_thread(self._door.forward):
                self._answers.set()
            if self._clock() >= self._forget_at:
                await asyncio.to_thread(self._door.forget)
                self._forget_at = self._clock() + _FORGET_SECONDS
            self._pause = 0.0
        except (Retry, DatabaseUnavailable) as error:
            self._pause = min(max(2 * self._pause, _LOOK_SECONDS), _LONGEST_PAUSE_SECONDS)
            self._not_before = self._clock() + self._pause
            _log.warning("smpp.not_forwarded", cause=type(error).__name__, seconds=self._pause)


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Until the event, which is then over, or the time is up."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    event.clear()


def _submit(mark: str, answer: Answer) -> SubmitSm:
    """No receipt is asked for: what is sent twice or not at all is in no receipt either."""
    return SubmitSm(
        short_message=answer.text,
        source=_phone(answer.source),
        destination=_phone(answer.destination),
        registered_delivery=0,
        log_id=mark,
    )


def _phone(address: Address) -> PhoneNumber:
    """As it came; types and plans that SMPP 3.4 does not know are unknown."""
    ton = TON(address.ton) if address.ton in set(TON) else TON.UNKNOWN
    npi = NPI(address.npi) if address.npi in set(NPI) else NPI.UNKNOWN
    return PhoneNumber(address.number, ton, npi)
