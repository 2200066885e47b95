"""SMPP door at a real SMSC on loopback, with all faults of a connection."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text as sql
from structlog.types import EventDict

from app.assembly.channels import CHANNELS
from app.assembly.doors import smpp
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from bus.port import Outgoing, Producer
from config.database import write_transaction
from ingest.smpp.connection import SmppConnection
from ingest.smpp.session import BindBackoff, SendRateLimiter, SmscSettings, ThrottlePause
from messages import topics
from messages.payloads.smpp import JoinedSms
from messages.shapes import RawMessage
from messages.topics import COMPLAINTS
from tests.conftest import NOW
from tests.ingest.door_client import quarantined, raw_messages
from tests.ingest.people import PHONE, TEXT
from tests.ingest.smpp import smsc
from tests.ingest.smpp.smsc import OK, Smsc, Wire, deliver, part, sar, serving
from tests.support.records import value_of
from tests.support.service import RunningService
from tests.support.stages import make_normalizer

# Short times of the `SmscSettings`, for tests that do not depend on them.
_POLL_SECONDS = 0.02
_QUICK = {"rate": 1000.0, "first_bind_pause_seconds": 0.05, "throttle_seconds": 0.05}


class Clock:
    """Clock that starts at NOW and runs at normal speed. `leap` moves it forward."""

    def __init__(self) -> None:
        self._ahead = -time.monotonic()

    def __call__(self) -> datetime:
        """Return the time."""
        return NOW + timedelta(seconds=self._ahead + time.monotonic())

    def leap(self, seconds: float) -> None:
        """Move the clock forward."""
        self._ahead += seconds


class Bound:
    """Door that is bound to an SMSC through a wire."""

    def __init__(self, parts: Parts, wire: Wire, clock: Clock) -> None:
        self.parts = parts
        self.wire = wire
        self.clock = clock
        self.smsc: Smsc = wire.smsc

    def raw_messages(self) -> list[RawMessage]:
        """Return the published messages."""
        return raw_messages(self.parts, "sms")

    def texts(self) -> list[str]:
        """Return the texts of the published messages."""
        opened = (self.parts.sealer.open(raw.body, raw.id) for raw in self.raw_messages())
        return [JoinedSms.model_validate_json(body).text for body in opened]


@asynccontextmanager
async def bound(parts: Parts, producer: Producer, **changed: Any) -> AsyncIterator[Bound]:
    """Run the door in its own thread, as the service does."""
    async with serving() as wire:
        peer = SmscSettings("127.0.0.1", wire.port, "satupintu", "rahasia", **(_QUICK | changed))
        stopping = threading.Event()
        clock = Clock()
        line = SmppConnection(peer, smpp.door(parts.doors, producer, clock), time.monotonic, stopping, _POLL_SECONDS)
        thread = threading.Thread(target=line.run, name="smpp")
        thread.start()
        try:
            yield Bound(parts, wire, clock)
        finally:
            stopping.set()
            await asyncio.to_thread(thread.join, 20)
            assert not thread.is_alive()


Play = Callable[[Bound], Awaitable[None]]


@pytest.fixture
def run_with_door(parts: Parts, producer: Producer) -> Callable[..., None]:
    """Return a function that plays a test at a new door; keywords change the `SmscSettings`."""

    def run(play: Play, **changed: Any) -> None:
        async def run_play() -> None:
            async with bound(parts, producer, **changed) as line:
                await play(line)

        asyncio.run(run_play())

    return run


def test_an_sms_is_acknowledged_published_and_answered(run_with_door: Callable[..., None]) -> None:
    """An SMS in one piece becomes one message of a proven sender, who gets one SMS with the number."""

    async def play(line: Bound) -> None:
        assert await line.smsc.deliver(deliver(f"LAPOR {TEXT}".encode(), PHONE[1:])) == OK
        await line.smsc.until(lambda: len(line.smsc.accepted) == 1)

        (raw,) = line.raw_messages()
        assert (raw.verified_by, line.texts()) == ("smpp-bind", [f"LAPOR {TEXT}"])
        (answer,) = line.smsc.accepted
        assert (answer.source_addr, answer.destination_addr, answer.dest_addr_ton) == ("1708", PHONE[1:], 1)
        assert raw.tracking in answer.short_message.decode()
        assert (answer.data_coding, answer.registered_delivery) == (0, 0)
        assert len(answer.short_message) <= 160

    run_with_door(play)


@pytest.mark.parametrize(
    "make", [part, partial(part, reference=4711), sar], ids=["8-bit header", "16-bit header", "optional parameters"]
)
def test_parts_in_any_order_are_one_message(run_with_door: Callable[..., None], make: Callable[..., Any]) -> None:
    """Twelve parts, unordered and some repeated, are all acknowledged, and make one message with one reply."""
    order = [12, 3, 1, 2, 3, 11, 10, 4, 9, 5, 8, 12, 7, 6, 6]

    async def play(line: Bound) -> None:
        for number in order:
            assert await line.smsc.deliver(make(b"%02d " % number, number, 12)) == OK
        await line.smsc.until(lambda: len(line.smsc.accepted) == 1)
        assert line.texts() == [" ".join(f"{number:02}" for number in range(1, 13))]

        # Whatever came after would be seen by now.
        assert await line.smsc.deliver(deliver(b"LAPOR lampu jalan mati")) == OK
        await line.smsc.until(lambda: len(line.smsc.accepted) == 2)
        assert len(line.raw_messages()) == 2

    run_with_door(play)


def test_ucs2_cut_within_a_character(run_with_door: Callable[..., None]) -> None:
    """A character of two UTF-16 units, split between two parts, is decoded correctly."""
    text = "Jalan rusak 🚧 parah"
    content = text.encode("utf-16-be")
    middle = text.index("🚧") * 2 + 2

    async def play(line: Bound) -> None:
        await line.smsc.deliver(part(content[middle:], 2, 2, data_coding=8))
        await line.smsc.deliver(part(content[:middle], 1, 2, data_coding=8))
        await line.smsc.until(lambda: len(line.smsc.accepted) == 1)
        assert line.texts() == [text]

    run_with_door(play)


def test_lost_acknowledgement_is_no_second_message(run_with_door: Callable[..., None]) -> None:
    """A stored part whose response was lost is delivered again, and there is still one message."""

    async def play(line: Bound) -> None:
        def lose(_frame: bytes) -> None:
            line.wire.cut()

        line.wire.once(smsc.DELIVER_RESP, lose)
        assert await line.smsc.insist(deliver(b"LAPOR sampah menumpuk")) > 1
        line.wire.once(smsc.DELIVER_RESP, lose)
        assert await line.smsc.insist(part(b"jembatan ", 1, 2)) > 1
        await line.smsc.insist(part(b"roboh", 2, 2))
        # The answer may have been on the line when it broke.
        line.clock.leap(61)
        await line.smsc.until(lambda: len({answer.short_message for answer in line.smsc.accepted}) == 2)

        assert line.texts() == ["LAPOR sampah menumpuk", "jembatan roboh"]
        assert line.wire.connections >= 3

    run_with_door(play)


def test_smsc_comes_back(run_with_door: Callable[..., None]) -> None:
    """After an outage of the SMSC the door binds again, and still has its parts."""

    async def play(line: Bound) -> None:
        assert await line.smsc.deliver(part(b"pohon ", 1, 2)) == OK
        await line.smsc.stop()
        line.wire.cut()
        await line.wire.until(lambda: line.wire.connections > 2)
        await line.smsc.start()

        assert await line.smsc.deliver(part(b"tumbang", 2, 2)) == OK
        await line.smsc.until(lambda: len(line.smsc.accepted) == 1)
        assert line.texts() == ["pohon tumbang"]

    run_with_door(play)


def test_unbind_by_the_smsc(run_with_door: Callable[..., None]) -> None:
    """After an unbind by the SMSC the door binds again."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        await line.smsc.unbind()
        await line.smsc.until(lambda: line.smsc.binds == 2)
        assert await line.smsc.deliver(deliver(b"LAPOR banjir")) == OK

    run_with_door(play)


def test_quiet_connection_is_checked(run_with_door: Callable[..., None]) -> None:
    """On a quiet connection the door sends enquire_link; without a response it binds again."""

    async def play(line: Bound) -> None:
        await line.wire.until(lambda: line.wire.commands().count(smsc.ENQUIRE_LINK) >= 2)
        assert line.wire.connections == 1

        line.wire.dead = True
        await line.wire.until(lambda: line.wire.connections == 2)
        line.wire.dead = False
        line.wire.cut()

        assert await line.smsc.insist(deliver(b"LAPOR banjir"))

    run_with_door(play, enquire_link_seconds=0.1, response_timeout_seconds=0.3)


def test_busy_smsc(run_with_door: Callable[..., None], logged: list[EventDict]) -> None:
    """An acknowledgement that a busy SMSC refused is sent again later, until it is accepted once."""

    async def play(line: Bound) -> None:
        line.smsc.statuses.extend([smsc.THROTTLED, smsc.QUEUE_FULL])
        await line.smsc.deliver(deliver(b"LAPOR banjir"))
        await line.smsc.until(lambda: len(line.smsc.accepted) == 1)

        assert len(line.smsc.submitted) == 3
        refused = [line["status"] for line in logged if line["event"] == "smpp.acknowledgement_refused"]
        assert refused == ["ESME_RTHROTTLED", "ESME_RMSGQFUL"]

    run_with_door(play)


def test_unknown_status(run_with_door: Callable[..., None]) -> None:
    """An unknown status of the operator does not end the session, and the acknowledgement is sent again."""

    async def play(line: Bound) -> None:
        line.wire.once(smsc.SUBMIT_RESP, smsc.with_status(0x0000_0417))
        await line.smsc.deliver(deliver(b"LAPOR banjir"))
        await line.smsc.until(lambda: len(line.smsc.submitted) == 1)
        await line.wire.until(lambda: smsc.SUBMIT_RESP in line.wire.commands())
        assert await line.smsc.deliver(deliver(b"LAPOR jembatan roboh")) == OK
        line.clock.leap(61)
        await line.smsc.until(lambda: len(line.smsc.submitted) == 3)
        assert line.wire.connections == 1

    run_with_door(play)


@pytest.mark.parametrize("command", [smsc.DATA, 0x0001_0200, 0x0000_0003])
def test_unknown_commands_are_refused(run_with_door: Callable[..., None], command: int) -> None:
    """An unknown or unsupported command gets a generic_nack, and the session continues."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        line.wire.inject(pack("!IIII", 16, command, 0, 77))
        await line.wire.until(lambda: smsc.NACK in line.wire.commands())

        nack = next(frame for frame in line.wire.frames if smsc.command(frame) == smsc.NACK)
        assert (smsc.status(nack), nack[12:16]) == (0x03, pack("!I", 77))
        assert await line.smsc.deliver(deliver(b"LAPOR banjir")) == OK
        assert line.wire.connections == 1

    run_with_door(play)


@pytest.mark.parametrize("body", [b"", b"\xff" * 40, b"\0\1\1628000\0\0\0001708\0\0\0\0\0\0\0\0\0\0\xa0short"])
def test_malformed_pdu_is_quarantined(run_with_door: Callable[..., None], body: bytes) -> None:
    """An unreadable deliver_sm is quarantined unchanged and acknowledged, so it is not delivered again and again."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        for sequence in (77, 78):
            line.wire.inject(pack("!IIII", 16 + len(body), smsc.DELIVER, 0, sequence) + body)
        await line.wire.until(lambda: line.wire.commands().count(smsc.DELIVER_RESP) == 2)

        assert [smsc.status(frame) for frame in line.wire.frames if smsc.command(frame) == smsc.DELIVER_RESP] == [
            OK,
            OK,
        ]
        by_id = {message.raw.id: message for message in quarantined(line.parts)}
        (message,) = by_id.values()
        assert (message.reason, line.parts.sealer.open(message.raw.body, message.raw.id)) == ("malformed", body)

    run_with_door(play)


def test_not_smpp_at_all(run_with_door: Callable[..., None]) -> None:
    """An impossible PDU length, which would fill the memory, only ends the connection."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        line.wire.inject(pack("!IIII", 0xFFFF_FFFF, smsc.DELIVER, 0, 1))
        await line.smsc.until(lambda: line.smsc.binds == 2)
        assert await line.smsc.deliver(deliver(b"LAPOR banjir")) == OK

    run_with_door(play)


def test_receipts_are_dropped(run_with_door: Callable[..., None]) -> None:
    """A delivery receipt in any format is acknowledged and dropped."""

    async def play(line: Bound) -> None:
        for text in (b"id:1 sub:001 dlvrd:001 submit date:x done date:y stat:DELIVRD err:0A7 Text:", b"", b"\xff\xfe"):
            assert await line.smsc.deliver(deliver(text, esm_class=0x04)) == OK
        assert await line.smsc.deliver(deliver(b"LAPOR banjir")) == OK
        await line.smsc.until(lambda: len(line.smsc.accepted) == 1)
        assert line.texts() == ["LAPOR banjir"]

    run_with_door(play)


def test_without_the_database_nothing_is_acknowledged(run_with_door: Callable[..., None]) -> None:
    """A part that cannot be stored gets a temporary error: the SMSC keeps it and delivers it later."""

    async def play(line: Bound) -> None:
        rename = "ALTER TABLE {} RENAME TO {}"
        with write_transaction(line.parts.engine) as connection:
            connection.execute(sql(rename.format("ingest_sms_part", "away")))
        assert await line.smsc.deliver(part(b"pohon ", 1, 2)) == smsc.TEMPORARY

        with write_transaction(line.parts.engine) as connection:
            connection.execute(sql(rename.format("away", "ingest_sms_part")))
        assert await line.smsc.deliver(part(b"tumbang", 2, 2)) == OK
        assert await line.smsc.deliver(part(b"pohon ", 1, 2)) == OK
        line.clock.leap(1)
        await line.smsc.until(lambda: len(line.smsc.accepted) == 1)
        assert line.texts() == ["pohon tumbang"]

    run_with_door(play)


def test_wrong_password(run_with_door: Callable[..., None], logged: list[EventDict]) -> None:
    """A refused bind is logged with its status, without the password, and tried again."""

    async def play(line: Bound) -> None:
        line.wire.once(smsc.BIND_RESP, smsc.with_status(0x0E))
        line.wire.once(smsc.BIND_RESP, smsc.with_status(0x0E))
        await line.wire.until(lambda: line.wire.connections == 3)
        assert await line.smsc.insist(deliver(b"LAPOR banjir"))

    run_with_door(play)
    causes = [line["cause"] for line in logged if line["event"] == "smpp.bind_failed"]
    assert causes.count("ESME_RINVPASWD") >= 2
    assert "rahasia" not in str(logged)


def test_stop_unbinds(run_with_door: Callable[..., None]) -> None:
    """At a stop the door unbinds, so that the SMSC delivers nothing into a closed connection."""
    unbinds_before_stop: list[int] = []

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        unbinds_before_stop.append(line.wire.commands().count(smsc.UNBIND))
        wires.append(line.wire)

    wires: list[Wire] = []
    run_with_door(play)
    assert (unbinds_before_stop, wires[0].commands().count(smsc.UNBIND)) == ([0], 1)


def test_stop_before_bound(run_with_door: Callable[..., None]) -> None:
    """The door stops while the SMSC does not respond."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        line.wire.dead = True
        line.wire.cut()
        await line.wire.until(lambda: line.wire.connections == 2)

    run_with_door(play)


def test_late_part_completes(run_with_door: Callable[..., None]) -> None:
    """Overdue parts are published with a gap. The late part completes the message, without a second reply."""

    async def play(line: Bound) -> None:
        await line.smsc.deliver(part(b"LAPOR jembatan ", 1, 3))
        await line.smsc.deliver(part(b" anak sekolah", 3, 3))
        line.clock.leap(601)
        await line.smsc.until(lambda: len(line.smsc.accepted) == 1)
        assert line.texts() == ["LAPOR jembatan  […]  anak sekolah"]

        await line.smsc.deliver(part(b"roboh,", 2, 3))
        await line.smsc.deliver(deliver(b"LAPOR banjir"))
        await line.smsc.until(lambda: len(line.smsc.accepted) == 2)
        assert line.texts()[1:] == ["LAPOR jembatan roboh, anak sekolah", "LAPOR banjir"]

        complaints = [value_of(record) for record in normalized(line.parts) if record.topic == COMPLAINTS]
        partial, complete, _ = complaints
        assert [complaint["report"]["partial"] for complaint in complaints] == [True, False, False]
        related = {"kind": "repeat", "of": partial["id"], "since": None, "evidence": ["same-sender", "completes"]}
        assert complete["relation"] == related

    run_with_door(play)


def normalized(parts: Parts) -> list[Outgoing]:
    """Return the normalizer's output for all records of the door's topic."""
    reader = parts.bus.reader()
    try:
        records = sorted(reader.read([topics.raw_topic("sms")]), key=lambda record: record.timestamp)
        return list(make_normalizer(parts.engine, parts.sealer).handle(records))
    finally:
        reader.close()


def test_no_door_without_an_smsc(parts: Parts, producer: Producer) -> None:
    """Without an SMSC in the settings there is no SMPP door."""
    assert smpp.connection(parts.doors, producer, threading.Event()) is None


def test_door_built_from_settings(parts: Parts, producer: Producer) -> None:
    """With the settings alone the service binds and receives an SMS."""

    async def play() -> None:
        async with serving() as wire:
            smpp_settings = {"smpp_host": "127.0.0.1", "smpp_port": wire.port, "smpp_system_id": "satupintu"}
            changed = {**smpp_settings, "smpp_password": SecretStr("rahasia")}
            smpp_parts = Parts(parts.settings.model_copy(update=changed), CHANNELS, system_surroundings())
            stopping = threading.Event()
            line = smpp.connection(smpp_parts.doors, producer, stopping)
            assert line
            assert line.why_shut() == "not_bound"
            thread = threading.Thread(target=line.run)
            thread.start()
            try:
                assert await wire.smsc.deliver(deliver(b"LAPOR banjir")) == OK
                await wire.smsc.until(lambda: len(wire.smsc.accepted) == 1)
                assert line.why_shut() == ""
            finally:
                stopping.set()
                await asyncio.to_thread(thread.join)
                smpp_parts.engine.dispose()

    asyncio.run(play())


def test_killed_between_two_parts(process_database: Mapping[str, str], tmp_path: Path) -> None:
    """An acknowledged part survives `kill -9`: the next process joins it with the later parts."""

    async def play() -> None:
        async with serving() as wire:
            smpp_settings = {"smpp_host": "127.0.0.1", "smpp_port": str(wire.port), "smpp_system_id": "satupintu"}
            service = RunningService(tmp_path, **smpp_settings, **process_database)
            try:
                await asyncio.to_thread(service.start)
                assert await wire.smsc.insist(part(b"LAPOR jembatan ", 1, 2))
                await asyncio.to_thread(service.kill)
                await asyncio.to_thread(service.start)
                assert await wire.smsc.insist(part(b"LAPOR jembatan ", 1, 2))
                assert await wire.smsc.insist(part(b"roboh", 2, 2))
                await wire.smsc.until(lambda: len(wire.smsc.accepted) == 1)

                assert Bound(service.parts, wire, Clock()).texts() == ["LAPOR jembatan roboh"]
                audit = await asyncio.to_thread(service.audit)
                assert (audit.accepted, audit.complaints, audit.clean) == (1, 1, True)
                assert await asyncio.to_thread(service.stop) == [0]
            finally:
                await asyncio.to_thread(service.close)

    asyncio.run(play())


class Ticks:
    """Clock that stands still until it is set."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.at


def test_send_rate() -> None:
    """At most `rate` messages per second are sent, and unused time gives no burst."""
    ticks = Ticks()
    pace = SendRateLimiter(4.0, ticks)
    assert [pace.reserve() for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]

    ticks.at += 60
    assert [pace.reserve() for _ in range(3)] == [0.0, 0.25, 0.5]


def test_throttle() -> None:
    """Each time that the SMSC is too busy the pause doubles, up to a maximum."""

    async def play() -> None:
        ticks = Ticks()
        throttle = ThrottlePause(1.0, ticks)
        pauses = []
        for _ in range(7):
            assert await throttle.allow_request()
            await throttle.throttled()
            assert not await throttle.allow_request()
            pauses.append(await throttle.throttle_delay())
            ticks.at += pauses[-1]
        assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]

        await throttle.not_throttled()
        await throttle.throttled()
        assert await throttle.throttle_delay() == 1.0

    asyncio.run(play())


def test_bind_backoff() -> None:
    """The pause between two binds doubles up to a minute; it is never zero, even after a bind."""

    async def play() -> None:
        backoff = BindBackoff(0.001)
        waited = []
        for _ in range(3):
            waited.append(backoff.next_delay())
            await backoff.wait()
        backoff.reset()
        assert [*waited, backoff.next_delay()] == [0.001, 0.002, 0.004, 0.001]

    asyncio.run(play())
