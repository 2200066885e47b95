"""The SMPP door on the line: a real SMSC on loopback, and everything that can happen between it and us."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
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
from bus.port import Outgoing, Producer
from config.database import write_transaction
from ingest.smpp.connection import SmppConnection
from ingest.smpp.session import BindBackoff, SendRateLimiter, SmscSettings, ThrottlePause
from messages import topics
from messages.shapes import RawMessage
from messages.smpp import JoinedSms
from messages.topics import COMPLAINTS
from tests.conftest import NOW
from tests.ingest.door_client import quarantined, raw_messages
from tests.ingest.people import PHONE, TEXT
from tests.ingest.smpp import smsc as says
from tests.ingest.smpp.smsc import OK, Smsc, Wire, deliver, part, sar, serving
from tests.support.records import value_of
from tests.support.service import RunningService
from tests.support.stages import make_normalizer

# Seconds of a `SmscSettings`, where a test is not about them.
_QUICK = {"rate": 1000.0, "first_bind_pause_seconds": 0.05, "throttle_seconds": 0.05}


class Clock:
    """Begins at NOW and goes as time goes; and by leaps when told."""

    def __init__(self) -> None:
        self._ahead = -time.monotonic()

    def __call__(self) -> datetime:
        """What time it is."""
        return NOW + timedelta(seconds=self._ahead + time.monotonic())

    def leap(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += seconds


class Bound:
    """A door that is bound to an SMSC behind a wire."""

    def __init__(self, parts: Parts, wire: Wire, clock: Clock) -> None:
        self.parts = parts
        self.wire = wire
        self.clock = clock
        self.smsc: Smsc = wire.smsc

    def raw_messages(self) -> list[RawMessage]:
        """What the door published."""
        return raw_messages(self.parts, "sms")

    def texts(self) -> list[str]:
        """What it says."""
        opened = (self.parts.sealer.open(raw.body, raw.id) for raw in self.raw_messages())
        return [JoinedSms.model_validate_json(body).text for body in opened]


@asynccontextmanager
async def bound(parts: Parts, producer: Producer, **changed: Any) -> AsyncIterator[Bound]:
    """The door in a thread of its own, as the service runs it."""
    async with serving() as wire:
        peer = SmscSettings("127.0.0.1", wire.port, "satupintu", "rahasia", **(_QUICK | changed))
        stopping = threading.Event()
        clock = Clock()
        line = SmppConnection(peer, smpp.door(parts, producer, clock), time.monotonic, stopping)
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
def on_the_line(parts: Parts, producer: Producer) -> Callable[..., None]:
    """Plays a test on a line of its own; what is named changes the `SmscSettings`."""

    def run(play: Play, **changed: Any) -> None:
        async def whole() -> None:
            async with bound(parts, producer, **changed) as line:
                await play(line)

        asyncio.run(whole())

    return run


def test_an_sms_is_acknowledged_published_and_answered(on_the_line: Callable[..., None]) -> None:
    """An SMS in one piece becomes one message of a proven sender, and its sender gets one SMS with the number."""

    async def play(line: Bound) -> None:
        assert await line.smsc.deliver(deliver(f"LAPOR {TEXT}".encode(), PHONE[1:])) == OK
        await line.smsc.until(lambda: len(line.smsc.sent) == 1)

        (raw,) = line.raw_messages()
        assert (raw.verified_by, line.texts()) == ("smpp-bind", [f"LAPOR {TEXT}"])
        (answer,) = line.smsc.sent
        assert (answer.source_addr, answer.destination_addr, answer.dest_addr_ton) == ("1708", PHONE[1:], 1)
        assert raw.tracking in answer.short_message.decode()
        assert (answer.data_coding, answer.registered_delivery) == (0, 0)
        assert len(answer.short_message) <= 160

    on_the_line(play)


@pytest.mark.parametrize(
    "make", [part, partial(part, reference=4711), sar], ids=["8-bit header", "16-bit header", "optional parameters"]
)
def test_parts_in_any_order_are_one_message(on_the_line: Callable[..., None], make: Callable[..., Any]) -> None:
    """Twelve parts, out of order and some of them twice, are each acknowledged, and one message with one answer."""
    order = [12, 3, 1, 2, 3, 11, 10, 4, 9, 5, 8, 12, 7, 6, 6]

    async def play(line: Bound) -> None:
        for number in order:
            assert await line.smsc.deliver(make(b"%02d " % number, number, 12)) == OK
        await line.smsc.until(lambda: len(line.smsc.sent) == 1)
        assert line.texts() == [" ".join(f"{number:02}" for number in range(1, 13))]

        # Whatever came after would be seen by now.
        assert await line.smsc.deliver(deliver(b"LAPOR lampu jalan mati")) == OK
        await line.smsc.until(lambda: len(line.smsc.sent) == 2)
        assert len(line.raw_messages()) == 2

    on_the_line(play)


def test_ucs2_cut_within_a_character(on_the_line: Callable[..., None]) -> None:
    """A character that takes two UTF-16 units, one in each part, is read whole."""
    text = "Jalan rusak 🚧 parah"
    content = text.encode("utf-16-be")
    middle = text.index("🚧") * 2 + 2

    async def play(line: Bound) -> None:
        await line.smsc.deliver(part(content[middle:], 2, 2, data_coding=8))
        await line.smsc.deliver(part(content[:middle], 1, 2, data_coding=8))
        await line.smsc.until(lambda: len(line.smsc.sent) == 1)
        assert line.texts() == [text]

    on_the_line(play)


def test_lost_acknowledgement_is_no_second_message(on_the_line: Callable[..., None]) -> None:
    """What was kept and whose acknowledgement was lost with the line is delivered again, and still one message."""

    async def play(line: Bound) -> None:
        def lose(_frame: bytes) -> None:
            line.wire.cut()

        line.wire.once(says.DELIVER_RESP, lose)
        assert await line.smsc.insist(deliver(b"LAPOR sampah menumpuk")) > 1
        line.wire.once(says.DELIVER_RESP, lose)
        assert await line.smsc.insist(part(b"jembatan ", 1, 2)) > 1
        await line.smsc.insist(part(b"roboh", 2, 2))
        # The answer may have been on the line when it broke.
        line.clock.leap(61)
        await line.smsc.until(lambda: len({answer.short_message for answer in line.smsc.sent}) == 2)

        assert line.texts() == ["LAPOR sampah menumpuk", "jembatan roboh"]
        assert line.wire.connections >= 3

    on_the_line(play)


def test_smsc_comes_back(on_the_line: Callable[..., None]) -> None:
    """After the SMSC was away the door binds again by itself, and knows the parts that it had."""

    async def play(line: Bound) -> None:
        assert await line.smsc.deliver(part(b"pohon ", 1, 2)) == OK
        await line.smsc.stop()
        line.wire.cut()
        await line.wire.until(lambda: line.wire.connections > 2)
        await line.smsc.start()

        assert await line.smsc.deliver(part(b"tumbang", 2, 2)) == OK
        await line.smsc.until(lambda: len(line.smsc.sent) == 1)
        assert line.texts() == ["pohon tumbang"]

    on_the_line(play)


def test_asked_to_leave(on_the_line: Callable[..., None]) -> None:
    """An SMSC that unbinds us is left, and bound to again."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        await line.smsc.unbind()
        await line.smsc.until(lambda: line.smsc.binds == 2)
        assert await line.smsc.deliver(deliver(b"LAPOR banjir")) == OK

    on_the_line(play)


def test_silence_is_asked_about(on_the_line: Callable[..., None]) -> None:
    """On a quiet line the door asks (enquire_link) and stays; where nobody answers, it leaves and binds anew."""

    async def play(line: Bound) -> None:
        await line.wire.until(lambda: line.wire.commands().count(says.ENQUIRE_LINK) >= 2)
        assert line.wire.connections == 1

        line.wire.dead = True
        await line.wire.until(lambda: line.wire.connections == 2)
        line.wire.dead = False
        line.wire.cut()

        assert await line.smsc.insist(deliver(b"LAPOR banjir"))

    on_the_line(play, enquire_link_seconds=0.1, response_timeout_seconds=0.3)


def test_busy_smsc_is_waited_for(on_the_line: Callable[..., None], logged: list[EventDict]) -> None:
    """An answer that the SMSC is too busy for is sent again later, once it is taken, and not again."""

    async def play(line: Bound) -> None:
        line.smsc.answers.extend([says.THROTTLED, says.QUEUE_FULL])
        await line.smsc.deliver(deliver(b"LAPOR banjir"))
        await line.smsc.until(lambda: len(line.smsc.sent) == 1)

        assert len(line.smsc.asked) == 3
        refused = [line["status"] for line in logged if line["event"] == "smpp.acknowledgement_refused"]
        assert refused == ["ESME_RTHROTTLED", "ESME_RMSGQFUL"]

    on_the_line(play)


def test_status_of_nobody_is_survived(on_the_line: Callable[..., None]) -> None:
    """A status of the operator's own for an answer leaves the line as it is, and the answer is tried again."""

    async def play(line: Bound) -> None:
        line.wire.once(says.SUBMIT_RESP, says.with_status(0x0000_0417))
        await line.smsc.deliver(deliver(b"LAPOR banjir"))
        await line.smsc.until(lambda: len(line.smsc.asked) == 1)
        await line.wire.until(lambda: says.SUBMIT_RESP in line.wire.commands())
        assert await line.smsc.deliver(deliver(b"LAPOR jembatan roboh")) == OK
        line.clock.leap(61)
        await line.smsc.until(lambda: len(line.smsc.asked) == 3)
        assert line.wire.connections == 1

    on_the_line(play)


@pytest.mark.parametrize("command", [says.DATA, 0x0001_0200, 0x0000_0003])
def test_commands_we_do_not_know_are_refused(on_the_line: Callable[..., None], command: int) -> None:
    """What is not for us, or of nobody's book, is refused by generic_nack, and the line lives on."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        line.wire.inject(pack("!IIII", 16, command, 0, 77))
        await line.wire.until(lambda: says.NACK in line.wire.commands())

        nack = next(frame for frame in line.wire.seen if says.command(frame) == says.NACK)
        assert (says.status(nack), nack[12:16]) == (0x03, pack("!I", 77))
        assert await line.smsc.deliver(deliver(b"LAPOR banjir")) == OK
        assert line.wire.connections == 1

    on_the_line(play)


@pytest.mark.parametrize("body", [b"", b"\xff" * 40, b"\0\1\1628000\0\0\0001708\0\0\0\0\0\0\0\0\0\0\xa0short"])
def test_what_is_no_message_is_kept_aside(on_the_line: Callable[..., None], body: bytes) -> None:
    """A deliver_sm that can't be read is kept in quarantine as it came, and acknowledged: else it came for ever."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        for sequence in (77, 78):
            line.wire.inject(pack("!IIII", 16 + len(body), says.DELIVER, 0, sequence) + body)
        await line.wire.until(lambda: line.wire.commands().count(says.DELIVER_RESP) == 2)

        assert [says.status(each) for each in line.wire.seen if says.command(each) == says.DELIVER_RESP] == [OK, OK]
        kept = {held.raw.id: held for held in quarantined(line.parts)}
        (held,) = kept.values()
        assert (held.reason, line.parts.sealer.open(held.raw.body, held.raw.id)) == ("malformed", body)

    on_the_line(play)


def test_not_smpp_at_all(on_the_line: Callable[..., None]) -> None:
    """A length that no PDU has, which would fill the memory, ends the connection and no more."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        line.wire.inject(pack("!IIII", 0xFFFF_FFFF, says.DELIVER, 0, 1))
        await line.smsc.until(lambda: line.smsc.binds == 2)
        assert await line.smsc.deliver(deliver(b"LAPOR banjir")) == OK

    on_the_line(play)


def test_receipts_are_no_complaints(on_the_line: Callable[..., None]) -> None:
    """A delivery receipt is acknowledged and dropped, in whatever form the operator writes it."""

    async def play(line: Bound) -> None:
        for text in (b"id:1 sub:001 dlvrd:001 submit date:x done date:y stat:DELIVRD err:0A7 Text:", b"", b"\xff\xfe"):
            assert await line.smsc.deliver(deliver(text, esm_class=0x04)) == OK
        assert await line.smsc.deliver(deliver(b"LAPOR banjir")) == OK
        await line.smsc.until(lambda: len(line.smsc.sent) == 1)
        assert line.texts() == ["LAPOR banjir"]

    on_the_line(play)


def test_without_the_database_nothing_is_acknowledged(on_the_line: Callable[..., None]) -> None:
    """What can't be kept is answered with a temporary error, so that the SMSC keeps it; later it is taken."""

    async def play(line: Bound) -> None:
        rename = "ALTER TABLE {} RENAME TO {}"
        with write_transaction(line.parts.engine) as connection:
            connection.execute(sql(rename.format("ingest_sms_part", "away")))
        assert await line.smsc.deliver(part(b"pohon ", 1, 2)) == says.TEMPORARY

        with write_transaction(line.parts.engine) as connection:
            connection.execute(sql(rename.format("away", "ingest_sms_part")))
        assert await line.smsc.deliver(part(b"tumbang", 2, 2)) == OK
        assert await line.smsc.deliver(part(b"pohon ", 1, 2)) == OK
        line.clock.leap(1)
        await line.smsc.until(lambda: len(line.smsc.sent) == 1)
        assert line.texts() == ["pohon tumbang"]

    on_the_line(play)


def test_wrong_password(on_the_line: Callable[..., None], logged: list[EventDict]) -> None:
    """A refused bind is said with its status, not with the password, and tried again."""

    async def play(line: Bound) -> None:
        line.wire.once(says.BIND_RESP, says.with_status(0x0E))
        line.wire.once(says.BIND_RESP, says.with_status(0x0E))
        await line.wire.until(lambda: line.wire.connections == 3)
        assert await line.smsc.insist(deliver(b"LAPOR banjir"))

    on_the_line(play)
    causes = [line["cause"] for line in logged if line["event"] == "smpp.bind_failed"]
    assert causes.count("ESME_RINVPASWD") >= 2
    assert "rahasia" not in str(logged)


def test_stop_unbinds(on_the_line: Callable[..., None]) -> None:
    """Told to stop, the door unbinds: the SMSC does not hand a message to nobody."""
    seen: list[int] = []

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        seen.append(line.wire.commands().count(says.UNBIND))
        wires.append(line.wire)

    wires: list[Wire] = []
    on_the_line(play)
    assert (seen, wires[0].commands().count(says.UNBIND)) == ([0], 1)


def test_stop_before_bound(on_the_line: Callable[..., None]) -> None:
    """Told to stop while nobody answers, the door stops."""

    async def play(line: Bound) -> None:
        await line.smsc.until(lambda: line.smsc.binds == 1)
        line.wire.dead = True
        line.wire.cut()
        await line.wire.until(lambda: line.wire.connections == 2)

    on_the_line(play)


def test_late_part_completes(on_the_line: Callable[..., None]) -> None:
    """Parts that wait too long go on as they are, with a gap; the late one brings the whole, and no second answer."""

    async def play(line: Bound) -> None:
        await line.smsc.deliver(part(b"LAPOR jembatan ", 1, 3))
        await line.smsc.deliver(part(b" anak sekolah", 3, 3))
        line.clock.leap(601)
        await line.smsc.until(lambda: len(line.smsc.sent) == 1)
        assert line.texts() == ["LAPOR jembatan  […]  anak sekolah"]

        await line.smsc.deliver(part(b"roboh,", 2, 3))
        await line.smsc.deliver(deliver(b"LAPOR banjir"))
        await line.smsc.until(lambda: len(line.smsc.sent) == 2)
        assert line.texts()[1:] == ["LAPOR jembatan roboh, anak sekolah", "LAPOR banjir"]

        complaints = [value_of(each) for each in normalized(line.parts) if each.topic == COMPLAINTS]
        first, whole, _ = complaints
        assert [each["report"]["partial"] for each in complaints] == [True, False, False]
        related = {"kind": "repeat", "of": first["id"], "since": None, "evidence": ["same-sender", "completes"]}
        assert whole["relation"] == related

    on_the_line(play)


def normalized(parts: Parts) -> list[Outgoing]:
    """What the normalizer makes of everything that stands on the door's topic."""
    reader = parts.bus.reader()
    try:
        records = sorted(reader.read([topics.raw_topic("sms")]), key=lambda record: record.timestamp)
        return list(make_normalizer(parts.engine, parts.sealer).handle(records))
    finally:
        reader.close()


def test_no_host_no_door(parts: Parts, producer: Producer) -> None:
    """Where no SMSC is named there is no SMPP."""
    assert smpp.connection(parts, producer, threading.Event()) is None


def test_as_the_service_runs_it(parts: Parts, producer: Producer) -> None:
    """With the settings alone the service binds and takes an SMS."""

    async def play() -> None:
        async with serving() as wire:
            named = {"smpp_host": "127.0.0.1", "smpp_port": wire.port, "smpp_system_id": "satupintu"}
            made = Parts(parts.settings.model_copy(update={**named, "smpp_password": SecretStr("rahasia")}), CHANNELS)
            stopping = threading.Event()
            line = smpp.connection(made, producer, stopping)
            assert line
            assert line.why_shut() == "not_bound"
            thread = threading.Thread(target=line.run)
            thread.start()
            try:
                assert await wire.smsc.deliver(deliver(b"LAPOR banjir")) == OK
                await wire.smsc.until(lambda: len(wire.smsc.sent) == 1)
                assert line.why_shut() == ""
            finally:
                stopping.set()
                await asyncio.to_thread(thread.join)
                made.engine.dispose()

    asyncio.run(play())


def test_killed_between_two_parts(tmp_path: Path) -> None:
    """A part that was acknowledged outlives `kill -9`: the next process has it, and joins what comes then."""

    async def play() -> None:
        async with serving() as wire:
            named = {"smpp_host": "127.0.0.1", "smpp_port": str(wire.port), "smpp_system_id": "satupintu"}
            service = RunningService(tmp_path, **named)
            try:
                await asyncio.to_thread(service.start)
                assert await wire.smsc.insist(part(b"LAPOR jembatan ", 1, 2))
                await asyncio.to_thread(service.kill)
                await asyncio.to_thread(service.start)
                assert await wire.smsc.insist(part(b"LAPOR jembatan ", 1, 2))
                assert await wire.smsc.insist(part(b"roboh", 2, 2))
                await wire.smsc.until(lambda: len(wire.smsc.sent) == 1)

                assert Bound(service.parts, wire, Clock()).texts() == ["LAPOR jembatan roboh"]
                audit = await asyncio.to_thread(service.audit)
                assert (audit.accepted, audit.complaints, audit.clean) == (1, 1, True)
                assert await asyncio.to_thread(service.stop) == [0]
            finally:
                await asyncio.to_thread(service.close)

    asyncio.run(play())


class Ticks:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        """What time it is, in seconds."""
        return self.at


def test_pace() -> None:
    """No more than so many answers go out in a second, and none is saved up for a burst."""
    ticks = Ticks()
    pace = SendRateLimiter(4.0, ticks)
    assert [pace.reserve() for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]

    ticks.at += 60
    assert [pace.reserve() for _ in range(3)] == [0.0, 0.25, 0.5]


def test_throttle() -> None:
    """Each time that the SMSC is too busy the door says nothing for twice as long, up to a bound."""

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


def test_backoff() -> None:
    """Between two tries to bind the pause doubles up to a minute; even after a bind it is never none."""

    async def play() -> None:
        backoff = BindBackoff(0.001)
        waited = []
        for _ in range(3):
            waited.append(backoff.next_delay())
            await backoff.wait()
        backoff.reset()
        assert [*waited, backoff.next_delay()] == [0.001, 0.002, 0.004, 0.001]

    asyncio.run(play())
