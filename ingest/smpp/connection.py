"""Keeps the door bound to an SMSC, forwards messages and sends acknowledgements."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import structlog
from aiosmpplib.protocol import SubmitSm
from aiosmpplib.state import NPI, TON, PhoneNumber, SmppCommandStatus

from bus.errors import Retry, cause_of
from config.database import DatabaseUnavailable
from ingest.smpp.adapter import Acknowledgement
from ingest.smpp.door import SmppDoor
from ingest.smpp.pdu import Address
from ingest.smpp.session import OK, TEMPORARY_ERROR, THROTTLED, SmppSession, SmscSettings

_POLL_SECONDS = 0.5
# Longest pause after a failed forward.
_MAX_PAUSE_SECONDS = 30.0
# Time between two deletions of expired rows.
_DELETE_INTERVAL_SECONDS = 600.0
_UNBIND_TIMEOUT_SECONDS = 5.0

_log = structlog.get_logger()


class SmppConnection:
    """Runs in its own thread until `stopping` is set. `clock` counts seconds and never goes back.

    The database is asked for due messages and acknowledgements every `poll_seconds`.
    It is the `ingest.smpp.session.SessionHandler` of its session.
    """

    def __init__(
        self,
        smsc: SmscSettings,
        door: SmppDoor,
        clock: Callable[[], float],
        stopping: threading.Event,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self._smsc = smsc
        self._door = door
        self._clock = clock
        self._stopping = stopping
        self._poll_seconds = poll_seconds
        self._pause = 0.0
        self._next_forward_at = 0.0
        self._next_delete_at = 0.0
        self._session: SmppSession | None = None
        self._part_received = asyncio.Event()
        self._acknowledgement_queued = asyncio.Event()

    def run(self) -> None:
        """Receive, forward and acknowledge until stopped. Raises `Stop`."""
        asyncio.run(self._run())

    def why_shut(self) -> str:
        """Return the reason why the door accepts nothing; empty while it accepts messages."""
        if self._session is None or not self._session.is_bound:
            return "not_bound"
        return "parts_waiting" if self._door.is_full else ""

    async def deliver(self, pdu: bytes) -> SmppCommandStatus:
        """Return OK if the part is stored durably, else a temporary error: the SMSC keeps it and delivers it again."""
        try:
            await asyncio.to_thread(self._door.receive, pdu)
        except (Retry, DatabaseUnavailable) as error:
            _log.warning("smpp.store_failed", cause=cause_of(error))
            return TEMPORARY_ERROR
        except Exception as error:  # noqa: BLE001 - one PDU that causes a fault must not end the session for all others
            _log.error("smpp.deliver_failed", exc_info=error)
            return TEMPORARY_ERROR
        self._part_received.set()
        return OK

    async def next_acknowledgement(self) -> SubmitSm:
        """Return the next acknowledgement to send. Wait until there is one."""
        while True:
            due = None
            with suppress(DatabaseUnavailable):
                due = await asyncio.to_thread(self._door.next_acknowledgement)
            if due is None:
                await _wait_for(self._acknowledgement_queued, self._poll_seconds)
            else:
                return _submit_sm(*due)

    async def handle_response(self, mark: str, status: SmppCommandStatus) -> None:
        """Close an accepted acknowledgement. A refused one is sent again later."""
        with suppress(DatabaseUnavailable):
            if status == OK:
                await asyncio.to_thread(self._door.close_acknowledgement, mark)
                return
            _log.info("smpp.acknowledgement_refused", status=status.name)
            if status in THROTTLED:
                await asyncio.to_thread(self._door.postpone_acknowledgement, mark, self._smsc.throttle_seconds)

    async def _run(self) -> None:
        session = self._session = SmppSession(self._smsc, self, self._clock)
        session_task = asyncio.create_task(session.start())
        try:
            await self._forward_until_stopped(session_task)
        finally:
            if not session_task.done():
                with suppress(TimeoutError):
                    await asyncio.wait_for(session.stop(), _UNBIND_TIMEOUT_SECONDS)
            session_task.cancel()
            await asyncio.gather(session_task, return_exceptions=True)
            session.close_connection()

    async def _forward_until_stopped(self, session_task: asyncio.Task[None]) -> None:
        while not self._stopping.is_set():
            if session_task.done():
                session_task.result()
            if self._clock() >= self._next_forward_at:
                await self._forward()
            await _wait_for(self._part_received, self._poll_seconds)

    async def _forward(self) -> None:
        try:
            while await asyncio.to_thread(self._door.forward):
                self._acknowledgement_queued.set()
            if self._clock() >= self._next_delete_at:
                await asyncio.to_thread(self._door.delete_expired)
                self._next_delete_at = self._clock() + _DELETE_INTERVAL_SECONDS
            self._pause = 0.0
        except (Retry, DatabaseUnavailable) as error:
            self._pause = min(max(2 * self._pause, self._poll_seconds), _MAX_PAUSE_SECONDS)
            self._next_forward_at = self._clock() + self._pause
            _log.warning("smpp.forward_failed", cause=cause_of(error), seconds=self._pause)


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    """Return after the event, or after `seconds`. Clear the event."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    event.clear()


def _submit_sm(mark: str, acknowledgement: Acknowledgement) -> SubmitSm:
    """Return the PDU. It asks for no delivery receipt, because a receipt shows neither a loss nor a second sending."""
    return SubmitSm(
        short_message=acknowledgement.text,
        source=_phone_number(acknowledgement.source),
        destination=_phone_number(acknowledgement.destination),
        registered_delivery=0,
        log_id=mark,
    )


def _phone_number(address: Address) -> PhoneNumber:
    """Return the address as it was received. Types and plans that SMPP 3.4 does not define become unknown."""
    ton = TON(address.ton) if address.ton in set(TON) else TON.UNKNOWN
    npi = NPI(address.npi) if address.npi in set(NPI) else NPI.UNKNOWN
    return PhoneNumber(address.number, ton, npi)
