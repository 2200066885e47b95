"""An SMSC on loopback (smpp34's server), and a wire in front of it that can change, drop and inject PDUs."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from struct import pack, unpack
from typing import Any

import smpp34

from tests.support.ports import free_port

PATIENCE_SECONDS = 10.0

# Command ids.
BIND_RESP, UNBIND, ENQUIRE_LINK, NACK = 0x80000009, 0x06, 0x15, 0x80000000
DELIVER, DELIVER_RESP, SUBMIT, SUBMIT_RESP, DATA = 0x05, 0x80000005, 0x04, 0x80000004, 0x103

# Command statuses.
OK, TEMPORARY, THROTTLED, QUEUE_FULL = 0x00, 0x64, 0x58, 0x14
# Tags of optional parameters.
RECEIPTED_ID, PAYLOAD, SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x001E, 0x0424, 0x020C, 0x020E, 0x020F
SOURCE, CODE = "6280000001708", "1708"

# What is done to a PDU on its way: the bytes that go on, or none.
Change = Callable[[bytes], bytes | None]


def deliver(content: bytes, source: str = SOURCE, **more: Any) -> dict[str, Any]:
    """Return the fields of a deliver_sm from a subscriber to the short code."""
    return {
        "source_addr": source,
        "destination_addr": CODE,
        "short_message": content,
        "source_addr_ton": 1,
        "source_addr_npi": 1,
        **more,
    }


def part(content: bytes, number: int, total: int, reference: int = 7, **more: Any) -> dict[str, Any]:
    """Return the fields of a part: a user data header with an 8-bit reference, or a 16-bit one if necessary."""
    if reference <= 0xFF:
        header = pack("!BBBBBB", 5, 0x00, 3, reference, total, number)
    else:
        header = pack("!BBBHBB", 6, 0x08, 4, reference, total, number)
    return deliver(header + content, **{"esm_class": 0x40, **more})


def sar(content: bytes, number: int, total: int, reference: int = 7, **more: Any) -> dict[str, Any]:
    """Return the fields of a part with optional parameters."""
    tlvs = [
        smpp34.Tlv(SAR_REFERENCE, pack("!H", reference)),
        smpp34.Tlv(SAR_TOTAL, bytes([total])),
        smpp34.Tlv(SAR_NUMBER, bytes([number])),
    ]
    return deliver(content, tlvs=tlvs, **more)


def pdu(fields: dict[str, Any]) -> bytes:
    """Return the PDU of these fields, encoded by smpp34."""
    return smpp34.DeliverSm(**fields).encode()


def command(frame: bytes) -> int:
    """Return the command id."""
    return int(unpack("!I", frame[4:8])[0])


def status(frame: bytes) -> int:
    """Return the command status."""
    return int(unpack("!I", frame[8:12])[0])


def with_status(code: int) -> Change:
    """Replace the status of the SMSC's response."""
    return lambda frame: frame[:8] + pack("!I", code) + frame[12:]


class Smsc:
    """`statuses` are for the next submit_sm; without one it is accepted. `accepted` are the accepted ones."""

    def __init__(self) -> None:
        self.port = free_port()
        self.statuses: deque[int] = deque()
        self.submitted: list[smpp34.SubmitSmEvent] = []
        self.accepted: list[smpp34.SubmitSmEvent] = []
        self.binds = 0
        self.unbinds = 0
        self._bound: dict[str, smpp34.Esme] = {}
        self._changed = asyncio.Condition()

    async def start(self) -> None:
        """Listen."""
        self._server = smpp34.Server("127.0.0.1", self.port, system_id="LOOPBACK")
        await self._server.start()
        self._events = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop, without unbinding clients."""
        self._events.cancel()
        await asyncio.gather(self._events, return_exceptions=True)
        await self._server.stop()
        self._bound.clear()

    async def deliver(self, fields: dict[str, Any]) -> int:
        """Send a deliver_sm to the bound client. Return the status of the response."""
        await self.until(lambda: bool(self._bound))
        session = list(self._bound.values())[-1]
        response = await asyncio.wait_for(session.deliver_sm(**fields), PATIENCE_SECONDS)
        return response.command_status

    async def insist(self, fields: dict[str, Any]) -> int:
        """Deliver, again to the next client without a response. Return the number of attempts."""
        for attempt in range(1, 10):
            with suppress(smpp34.SmppError, TimeoutError):
                if await self.deliver(fields) == OK:
                    return attempt
            await asyncio.sleep(0.05)
        raise AssertionError("never acknowledged")

    async def unbind(self) -> None:
        """Send an unbind to all clients."""
        for session in list(self._bound.values()):
            await session.unbind()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(condition), PATIENCE_SECONDS)

    async def _work(self) -> None:
        while True:
            event = await self._server.next()
            async with self._changed:
                self._take(event)
                self._changed.notify_all()

    def _take(self, event: object) -> None:
        match event:
            case smpp34.Esme():
                self.binds += 1
                self._bound[event.session_id] = event
            case smpp34.Unbound():
                self.unbinds += 1
                self._bound.pop(event.session_id, None)
            case smpp34.SubmitSmEvent():
                self.submitted.append(event)
                code = self.statuses.popleft() if self.statuses else OK
                if code:
                    event.reject(code)
                else:
                    self.accepted.append(event)
                    event.accept(f"loopback-{len(self.accepted)}")


class Wire:
    """Passes PDUs between a client and an SMSC. `changes` are by command id; each is used once, or for ever.

    `frames` are the PDUs that reached it, in order, forwarded or not.
    """

    def __init__(self, smsc: Smsc) -> None:
        self.smsc = smsc
        self.frames: list[bytes] = []
        self.dead = False
        self.connections = 0
        self._once: dict[int, deque[Change]] = {}
        self._always: dict[int, Change] = {}
        self._clients: list[asyncio.StreamWriter] = []
        # Those of both sides, also of connections whose end was not seen.
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()

    def once(self, command_id: int, change: Change) -> None:
        """Apply the change to the next PDU with this command."""
        self._once.setdefault(command_id, deque()).append(change)

    def always(self, command_id: int, change: Change) -> None:
        """Apply the change to every PDU with this command."""
        self._always[command_id] = change

    def inject(self, frame: bytes) -> None:
        """Send a frame to the client in the SMSC's name."""
        self._clients[-1].write(frame)

    def cut(self) -> None:
        """Break every connection."""
        while self._clients:
            self._clients.pop().close()

    def commands(self) -> list[int]:
        """Return the command ids of the frames."""
        return [command(frame) for frame in self.frames]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(condition), PATIENCE_SECONDS)

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close all connections and stop."""
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            await _close(writer)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        async with self._changed:
            self.connections += 1
            self._changed.notify_all()
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self._clients.append(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.smsc.port)
            self._writers.append(far_writer)
        except (OSError, asyncio.CancelledError):
            await _close(writer)
            return
        to_smsc = asyncio.create_task(self._pass(reader, far_writer))
        to_client = asyncio.create_task(self._pass(far_reader, writer))
        try:
            await asyncio.wait({to_smsc, to_client}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (to_smsc, to_client):
                task.cancel()
            await asyncio.gather(to_smsc, to_client, return_exceptions=True)
            await _close(far_writer)
            await _close(writer)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                length_bytes = await reader.readexactly(4)
                frame = length_bytes + await reader.readexactly(unpack("!I", length_bytes)[0] - 4)
                async with self._changed:
                    self.frames.append(frame)
                    changed = None if self.dead else self._change(frame)
                    self._changed.notify_all()
                if changed is not None:
                    writer.write(changed)
                    await writer.drain()

    def _change(self, frame: bytes) -> bytes | None:
        if waiting := self._once.get(command(frame)):
            return waiting.popleft()(frame)
        always = self._always.get(command(frame))
        return always(frame) if always else frame


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and return when its socket is closed: the event loop may end right after."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def serving() -> AsyncIterator[Wire]:
    """Run an SMSC behind a wire until the block ends."""
    smsc = Smsc()
    wire = Wire(smsc)
    await smsc.start()
    await wire.start()
    try:
        yield wire
    finally:
        await wire.stop()
        await smsc.stop()
