"""Parts become messages: in any order, with duplicates, losses and crashes; nothing is lost, and nothing is mixed."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import smpp34
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import Engine, select
from sqlmodel import SQLModel
from structlog.types import EventDict

from app.assembly.doors import smpp
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.database import open_database
from bus.errors import Retry, Stop
from bus.port import Outgoing, Producer
from config.database import write_transaction
from ingest.smpp.acknowledgements import AcknowledgementQueue, SmsAnswer
from ingest.smpp.adapter import SmppAdapter
from ingest.smpp.door import SmppDoor
from ingest.smpp.part_matching import PartDeadlines, PartMatch, StoredPart, match_part
from ingest.smpp.part_store import PartStore, SmsPart
from ingest.wrap import Wrapper
from messages import codec
from messages.sealing import Sealer
from messages.shapes import RawMessage
from messages.smpp import JoinedSms
from messages.sms import ParsedSms
from tests.conftest import NOW
from tests.ingest.people import PHONE, TEXT
from tests.ingest.smpp.smsc import PAYLOAD, RECEIPTED_ID, deliver, part, pdu

WAIT = timedelta(minutes=10)
DEADLINES = PartDeadlines(WAIT)
SEALER = Sealer([b"k" * 64])
OTHER_SOURCE = "6280000001709"


class Killed(BaseException):
    """The process is gone."""


class Log:
    """A bus at some of whose calls, counted from 1, the process is killed; what was published outlives it."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.calls = 0
        self.killed_before: set[int] = set()
        self.killed_after: set[int] = set()
        self.away = False
        self.meanwhile: Callable[[], object] | None = None

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`."""
        if self.away:
            raise Retry("away")
        self.calls += 1
        if self.calls in self.killed_before:
            raise Killed
        self.published += messages
        if self.meanwhile:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        if self.calls in self.killed_after:
            raise Killed

    def close(self) -> None:
        """See `bus.port.Producer`."""

    def raw_messages(self) -> list[RawMessage]:
        """Every message once, as first published; the same again must be the same."""
        found: dict[Any, RawMessage] = {}
        for each in self.published:
            raw = codec.decode(RawMessage, each.value, each.headers)
            assert found.setdefault(raw.id, raw) == raw
        return list(found.values())

    def messages(self) -> list[JoinedSms]:
        """What the messages say."""
        return [JoinedSms.model_validate_json(SEALER.open(raw.body, raw.id)) for raw in self.raw_messages()]


@dataclass
class World:
    """What outlives a process: the database, the bus, and time."""

    engine: Engine
    log: Log = field(default_factory=Log)
    now: datetime = NOW
    max_waiting_parts: int = 1000

    def door(self, sealer: Sealer = SEALER) -> SmppDoor:
        """A process."""
        adapter = SmppAdapter(Wrapper(sealer, b"sender", b"tracking"), sealer)
        store, queue = PartStore(self.engine, DEADLINES), AcknowledgementQueue(self.engine)
        return SmppDoor(adapter, store, queue, self.log, _answer, lambda: self.now, self.max_waiting_parts)

    def forward(self) -> None:
        """Hand on all that is due, with as many processes as it takes."""
        while True:
            with suppress(Killed):
                if not self.door().forward():
                    return

    def take(self, *fields: dict[str, Any]) -> None:
        """Take these, and hand on what is due."""
        for each in fields:
            self.door().receive(pdu(each))
        self.forward()

    def later(self, **delta: float) -> None:
        """Let time pass, and hand on what is due then."""
        self.now += timedelta(**delta)
        self.forward()

    def texts(self) -> list[str]:
        """What was published."""
        return [message.text for message in self.log.messages()]

    def answers(self) -> list[tuple[str, str]]:
        """Who would be told what."""
        found = []
        while answer := self.door().next_acknowledgement():
            found.append((answer[1].destination.number, answer[1].text))
            self.door().close_acknowledgement(answer[0])
        return found


def _answer(raw: RawMessage, said: ParsedSms) -> str:
    return raw.tracking if said.kind != "nothing" else ""


@pytest.fixture
def world(engine: Engine) -> World:
    """A world on each kind of database."""
    return World(engine)


MOMENTS = some.integers(0, int(DEADLINES.completion.total_seconds()) - 1)


@dataclass
class Sms:
    """An SMS in parts as a telephone sends it, and the moments (seconds) at which each part is delivered, if ever."""

    number: int
    source: str
    reference: int
    start: int
    deliveries: list[list[int]]

    @property
    def total(self) -> int:
        """How many parts it has."""
        return len(self.deliveries)

    @property
    def arrived(self) -> set[int]:
        """Which parts were delivered at all."""
        return {number for number, moments in enumerate(self.deliveries, 1) if moments}

    def says(self, number: int) -> str:
        """The words of a part, which no other part has."""
        return f"<{self.number}:{number}>"

    def events(self) -> list[tuple[int, dict[str, Any]]]:
        """Each delivery with its moment."""
        return [
            (
                self.start + moment,
                part(self.says(number).encode(), number, self.total, self.reference, source_addr=self.source),
            )
            for number, moments in enumerate(self.deliveries, 1)
            for moment in moments
        ]


@some.composite
def traffic(draw: some.DrawFn, apart: int) -> list[Sms]:
    """Messages of two senders with few references. Those with one key begin `apart` seconds after one another."""
    begun: dict[tuple[str, int, int], int] = {}
    found = []
    for number in range(draw(some.integers(1, 6))):
        source, reference = draw(some.sampled_from(["6280000001708", OTHER_SOURCE])), draw(some.sampled_from([7, 300]))
        deliveries = draw(some.lists(some.lists(MOMENTS, max_size=3), min_size=2, max_size=4))
        key = (source, reference, len(deliveries))
        start = begun.get(key, -apart) + apart
        begun[key] = start
        found.append(Sms(number, source, reference, start, deliveries))
    return found


CALLS = some.sets(some.integers(1, 12), max_size=5)


@pytest.fixture(scope="module")
def memory() -> Iterator[Engine]:
    """A database that forgets everything with the last test; what outlives a process is shown with files elsewhere."""
    engine = open_database("sqlite://")
    SQLModel.metadata.create_all(engine, [SQLModel.metadata.tables[t.__tablename__] for t in (SmsPart, SmsAnswer)])
    yield engine
    engine.dispose()


def played(engine: Engine, sent: list[Sms], kill_before: set[int], kill_after: set[int], ticks: set[int]) -> World:
    """Deliver everything in the order of time, with a look at what is due at some moments, and at last wait long."""
    with write_transaction(engine) as connection:
        for table in (SmsPart, SmsAnswer):
            connection.execute(SQLModel.metadata.tables[table.__tablename__].delete())
    world = World(engine, Log())
    world.log.killed_before, world.log.killed_after = kill_before, kill_after
    door = world.door()
    events = sorted((event for sms in sent for event in sms.events()), key=lambda event: event[0])
    for number, (moment, fields) in enumerate(events):
        world.now = NOW + timedelta(seconds=moment)
        door.receive(pdu(fields))
        if number in ticks:
            try:
                door.forward()
            except Killed:
                door = world.door()
    world.later(seconds=2 * DEADLINES.completion.total_seconds())
    return world


@settings(max_examples=100, deadline=None)
@given(traffic(int(2 * DEADLINES.completion.total_seconds())), CALLS, CALLS, some.sets(some.integers(0, 30)))
def test_any_order_loss_repetition_and_crash(
    memory: Engine, sent: list[Sms], kill_before: set[int], kill_after: set[int], ticks: set[int]
) -> None:
    """However parts arrive: each message goes on with all of its parts that came and with no other's, once it is whole
    or has waited; each sender hears of it once; and the same message has the same bytes, whoever crashed.
    """
    world = played(memory, sent, kill_before, kill_after, ticks)

    raw_messages = dict(zip(map(_name, world.log.messages()), world.log.raw_messages(), strict=True))
    of = {sms.number: [message for message in world.log.messages() if _belongs(message) == sms.number] for sms in sent}
    answers = world.answers()
    for sms in sent:
        heard = [{each.number for each in message.parts} for message in of[sms.number]]
        if not sms.arrived:
            assert heard == []
            continue
        assert heard[-1] == sms.arrived
        assert all(earlier < later for earlier, later in pairwise(heard))
        assert {message.mark for message in of[sms.number]} == {of[sms.number][0].mark}
        for message, numbers in zip(of[sms.number], heard, strict=True):
            assert set(message.missing) == set(range(1, sms.total + 1)) - numbers
            words = [sms.says(number) if number in numbers else " " for number in range(1, sms.total + 1)]
            assert "".join(message.text.replace("[…]", "").split()) == "".join("".join(words).split())
            assert message.sender == f"+{sms.source}"
        told = [
            text for _, text in answers if text in {raw_messages[_name(message)].tracking for message in of[sms.number]}
        ]
        assert len(told) == 1
    assert sum(bool(sms.arrived) for sms in sent) == len(answers) == len({sms[0].mark for sms in of.values() if sms})


@settings(max_examples=60, deadline=None)
@given(traffic(0), CALLS, CALLS, some.sets(some.integers(0, 30)))
def test_references_used_again_at_once(
    memory: Engine, sent: list[Sms], kill_before: set[int], kill_after: set[int], ticks: set[int]
) -> None:
    """Even when a telephone gives all of its messages one reference at once, every part goes on, with its sender's."""
    world = played(memory, sent, kill_before, kill_after, ticks)

    went_on = {
        (message.sender, bytes.fromhex(p.content).decode()) for message in world.log.messages() for p in message.parts
    }
    assert went_on == {(f"+{sms.source}", sms.says(number)) for sms in sent for number in sms.arrived}
    assert len(world.answers()) == len({message.mark for message in world.log.messages()})


def _name(message: JoinedSms) -> tuple[str, int]:
    return message.mark, len(message.parts)


def _belongs(message: JoinedSms) -> int:
    """The number of the one SMS that all parts are of."""
    (number,) = {bytes.fromhex(each.content).decode().strip("<>").split(":")[0] for each in message.parts}
    return int(number)


def test_window_ends_it(world: World) -> None:
    """Two messages with one reference, an hour apart, never merge: each goes on with what came of it."""
    world.take(part(b"pertama ", 1, 2))
    world.now += DEADLINES.completion
    world.take(part(b"kedua", 2, 2))
    world.later(hours=1)

    assert world.texts() == ["pertama  […]", "[…] kedua"]


def test_just_within_the_window(world: World) -> None:
    """A part that comes as late as can be still completes its message."""
    world.take(part(b"satu ", 1, 2))
    world.later(seconds=DEADLINES.completion.total_seconds() - 1)
    world.take(part(b"dua", 2, 2))

    assert world.texts() == ["satu  […]", "satu dua"]


@pytest.mark.parametrize(
    "other",
    [
        part(b"dua", 2, 2, source_addr=OTHER_SOURCE),
        part(b"dua", 2, 2, destination_addr="1709"),
        part(b"dua", 2, 2, 8),
        part(b"dua", 2, 2, 0x0107),
        part(b"dua", 2, 3),
    ],
    ids=["sender", "receiver", "reference", "wider reference", "count"],
)
def test_what_tells_messages_apart(world: World, other: dict[str, Any]) -> None:
    """Parts of another sender, receiver, reference or count are never put together."""
    world.take(part(b"satu ", 1, 2), other)
    world.later(hours=2)

    assert [len(message.parts) for message in world.log.messages()] == [1, 1]


def test_same_number_other_words(world: World) -> None:
    """A part whose number is there with other words begins another message; each gets its own other half."""
    world.take(part(b"A1 ", 1, 2), part(b"A2", 2, 2), part(b"B1 ", 1, 2), part(b"A2", 2, 2), part(b"B2", 2, 2))

    assert world.texts() == ["A1 A2", "B1 B2"]


def test_a_part_two_messages_lack(world: World) -> None:
    """Where a part would fit two messages that still arrive it joins neither: better in pieces than mixed."""
    world.take(part(b"A1", 1, 3), part(b"B1", 1, 3), part(b"?2", 2, 3))
    world.later(hours=2)

    assert sorted(world.texts()) == ["A1 […]", "B1 […]", "[…] ?2 […]"]


def test_a_part_an_old_message_lacks_too(world: World) -> None:
    """Where one of two messages has waited long enough already, a part belongs to the one that is arriving."""
    world.take(part(b"A1", 1, 2))
    world.later(minutes=20)
    world.take(part(b"B1 ", 1, 2), part(b"B2", 2, 2))

    assert world.texts() == ["A1 […]", "B1 B2"]


def test_clock_set_back(world: World) -> None:
    """Parts that seem to come before the first one still join it."""
    world.take(part(b"satu ", 1, 2))
    world.now -= timedelta(minutes=5)
    world.take(part(b"dua", 2, 2))
    world.later(minutes=5)

    assert world.texts() == ["satu dua"]


def test_each_part_gives_the_others_more_time(world: World) -> None:
    """A message waits for as long as its last part came not too long ago."""
    world.take(part(b"A ", 1, 3))
    world.later(minutes=6)
    world.take(part(b"B ", 2, 3))
    world.later(minutes=9)
    assert world.texts() == []
    world.later(minutes=1)

    assert world.texts() == ["A B  […]"]
    assert world.log.raw_messages()[0].at == NOW + timedelta(minutes=6)


def test_a_part_that_comes_while_the_others_go_on(world: World) -> None:
    """A part that arrives between the look at what is due and the note that it went on is not taken for gone."""
    world.take(part(b"satu ", 1, 2))
    world.log.meanwhile = lambda: world.door().receive(pdu(part(b"dua", 2, 2)))
    world.later(minutes=10)

    assert world.texts() == ["satu  […]", "satu dua"]


def test_each_late_part_waits_for_the_others(world: World) -> None:
    """A late part that does not complete its message goes on too, after it has waited: nobody's words stay behind."""
    world.take(part(b"A ", 1, 3))
    world.later(minutes=10)
    world.take(part(b"B ", 2, 3))
    assert world.texts() == ["A  […]"]
    world.later(minutes=10)

    assert world.texts() == ["A  […]", "A B  […]"]
    assert len(world.answers()) == 1


def test_same_sms_again(world: World) -> None:
    """An SMS in one piece that is delivered again soon is one message; after a while it may be meant."""
    sms = deliver(b"LAPOR banjir")
    world.take(sms, sms)
    world.later(seconds=WAIT.total_seconds() - 1)
    world.take(sms)
    assert len(world.texts()) == 1

    world.later(seconds=1)
    world.take(sms)
    assert len(world.texts()) == 2
    assert len(world.answers()) == 2


def test_same_words_of_two_people(world: World) -> None:
    """The same words of another sender, or to another number, are another message."""
    sms = deliver(b"LAPOR banjir")
    world.take(sms, {**sms, "source_addr": OTHER_SOURCE}, {**sms, "destination_addr": "1709"})

    assert len(world.texts()) == 3


def test_same_words_with_other_ids(world: World) -> None:
    """Where the operator gives each SMS an id of its own, the same words under another id are another message."""
    ids = [[smpp34.Tlv(RECEIPTED_ID, name + b"\0")] for name in (b"x1", b"x1", b"x2")]
    world.take(*(deliver(b"LAPOR banjir", tlvs=each) for each in ids))

    assert len(world.texts()) == 2


def test_two_processes_at_once(engine: Engine) -> None:
    """Two processes, each with a part of the same message at the same moment, make one message of them."""
    world = World(engine)
    total = 8
    ready = threading.Barrier(total)

    def take(number: int) -> None:
        door = world.door()
        ready.wait()
        door.receive(pdu(part(b"%d" % number, number, total)))

    threads = [threading.Thread(target=take, args=(number,)) for number in range(1, total + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.forward()

    assert world.texts() == ["12345678"]


def test_parts_outlive_the_process(tmp_path: Path) -> None:
    """A part is on the disk when it is acknowledged: whoever opens the database next has it."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    first = open_database(url)
    migrate(first)
    World(first).take(part(b"satu ", 1, 2))
    first.dispose()
    second = open_database(url)
    world = World(second)
    world.take(part(b"dua", 2, 2))
    second.dispose()

    assert world.texts() == ["satu dua"]


def test_bus_away(world: World) -> None:
    """While the bus is away parts are taken and kept; when it is back all goes on."""
    world.log.away = True
    world.door().receive(pdu(deliver(b"LAPOR banjir")))
    with pytest.raises(Retry):
        world.door().forward()
    world.log.away = False
    world.forward()

    assert world.texts() == ["LAPOR banjir"]


def test_bus_away_for_too_long(world: World) -> None:
    """When too many wait for the bus the SMSC has to keep what comes, until what was kept has gone on."""
    world.log.away, world.max_waiting_parts = True, 2
    door = world.door()
    for text in (b"satu", b"dua"):
        world.now += timedelta(seconds=1)
        door.receive(pdu(deliver(text)))
    with pytest.raises(Retry):
        door.forward()
    assert door.is_full
    with pytest.raises(Retry):
        door.receive(pdu(deliver(b"tiga")))

    world.log.away = False
    assert door.forward() == 2
    door.receive(pdu(deliver(b"tiga")))
    world.forward()
    assert world.texts() == ["satu", "dua", "tiga"]


def test_other_secret_key(world: World) -> None:
    """Parts that were sealed with another key stop the door; nothing of them is lost."""
    world.door().receive(pdu(deliver(b"LAPOR banjir")))

    with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY"):
        world.door(Sealer([b"x" * 64])).forward()
    world.forward()
    assert world.texts() == ["LAPOR banjir"]


def test_nobody_stands_in_the_database(world: World, logged: list[EventDict]) -> None:
    """What is kept of a part and of an answer shows neither who sent it nor what was said, nor does a log line."""
    world.take(
        part(TEXT.encode()[:60], 1, 2, source_addr=PHONE[1:]), part(TEXT.encode()[60:], 2, 2, source_addr=PHONE[1:])
    )

    with write_transaction(world.engine) as connection:
        tables = [SQLModel.metadata.tables[table.__tablename__] for table in (SmsPart, SmsAnswer)]
        rows = [str(row) for table in tables for row in connection.execute(select(table)).all()]
    (raw,) = world.log.raw_messages()
    assert len(rows) == 3
    for shown in (*rows, raw.model_dump_json(), str(logged)):
        assert PHONE[1:] not in shown
        assert "Sukamaju" not in shown
        assert raw.tracking not in shown or shown == raw.model_dump_json()


SENDERS = {
    "a person": (deliver(b"LAPOR banjir"), 1),
    "a name": (deliver(b"LAPOR banjir", "BANK", source_addr_ton=5), 0),
    "a name of digits": (deliver(b"LAPOR banjir", "6281200001", source_addr_ton=5), 0),
    "a short code": (deliver(b"LAPOR banjir", "1708", source_addr_ton=3), 0),
    "nobody": (deliver(b"LAPOR banjir", "", source_addr_ton=0), 0),
    "nothing said": (deliver(b""), 0),
}


@pytest.mark.parametrize(("sms", "answers"), SENDERS.values(), ids=SENDERS)
def test_who_is_answered(world: World, sms: dict[str, Any], answers: int) -> None:
    """Every SMS goes on, but only a person's telephone is answered: machines would write to each other for ever."""
    world.take(sms)

    assert (len(world.texts()), len(world.answers())) == (1, answers)


def test_part_that_is_too_long_for_one(world: World) -> None:
    """What says that it is a part and is longer than any stands for itself: nothing is joined beyond bounds."""
    payload = bytes([5, 0, 3, 7, 2, 1]) + b"x" * 255
    world.take(deliver(b"", esm_class=0x40, tlvs=[smpp34.Tlv(PAYLOAD, payload)]))

    assert world.texts() == ["x" * 255]


def test_as_many_parts_as_there_can_be(world: World) -> None:
    """The longest SMS there can be is one message, and fits the bus."""
    content = "日".encode("utf-16-be") * 66
    for number in range(255, 0, -1):
        world.door().receive(pdu(part(content, number, 255, data_coding=8)))
    world.forward()

    (message,) = world.log.published
    message.check()
    assert world.texts() == ["日" * 66 * 255]


def test_undecodable_bytes_are_kept(world: World) -> None:
    """What no alphabet explains is in the message byte by byte, beside what could be read of it."""
    world.take(deliver(b"\xd8\x00\xff", data_coding=8))

    ((only,),) = [message.parts for message in world.log.messages()]
    assert (only.content, only.coding) == ("d800ff", 8)


def test_forgotten_when_of_no_use(world: World) -> None:
    """What went on and can take no more parts is dropped; what has not gone on stays."""
    world.take(part(b"satu", 1, 2), deliver(b"LAPOR banjir"))
    world.later(hours=2)
    world.log.away = True
    world.door().receive(pdu(part(b"lagi", 1, 2)))
    world.now += timedelta(hours=3)
    world.door().delete_expired()

    with write_transaction(world.engine) as connection:
        kept = connection.execute(select(SQLModel.metadata.tables[SmsPart.__tablename__])).all()
    assert len(kept) == 1
    world.log.away = False
    world.forward()
    assert world.texts()[-1] == "lagi […]"


@pytest.fixture
def queue(engine: Engine) -> AcknowledgementQueue:
    """An empty queue on each kind of database."""
    return AcknowledgementQueue(engine)


def test_answer_is_added_once(queue: AcknowledgementQueue) -> None:
    """The same SMS is answered once, also after its answer has gone."""
    queue.add("mark", "first", NOW)
    queue.add("mark", "second", NOW)
    taken = queue.take_due(NOW)
    assert taken
    assert taken.content == "first"
    queue.close("mark")
    queue.add("mark", "third", NOW)

    assert queue.take_due(NOW + timedelta(hours=1)) is None


def test_unconfirmed_answer_is_tried_again(queue: AcknowledgementQueue, logged: list[EventDict]) -> None:
    """An answer nobody confirmed is tried again after a minute, five times in all, and then given up and said."""
    queue.add("mark", "content", NOW)
    tried = []
    for seconds in range(0, 600, 30):
        now = NOW + timedelta(seconds=seconds)
        queue.delete_expired(now)
        if queue.take_due(now):
            tried.append(seconds)

    assert tried == [0, 60, 120, 180, 240]
    assert [(line["event"], line["acknowledgements"]) for line in logged] == [("smpp.acknowledgements_abandoned", 1)]


def test_busy_does_not_count(queue: AcknowledgementQueue) -> None:
    """What the SMSC was too busy for is no try."""
    queue.add("mark", "content", NOW)
    for second in range(20):
        now = NOW + timedelta(seconds=second)
        assert queue.take_due(now)
        queue.postpone("mark", now + timedelta(seconds=1))
        queue.delete_expired(now)

    assert queue.take_due(NOW + timedelta(seconds=20))


def test_old_answer_is_given_up(queue: AcknowledgementQueue) -> None:
    """A day late nobody is answered any more."""
    queue.add("mark", "content", NOW)
    queue.delete_expired(NOW + timedelta(hours=25))

    assert queue.take_due(NOW + timedelta(hours=25)) is None


def test_one_process_takes_an_answer(engine: Engine) -> None:
    """Of several processes that look at once each answer goes to one."""
    queue = AcknowledgementQueue(engine)
    for number in range(4):
        queue.add(f"mark{number}", "content", NOW)
    ready = threading.Barrier(4)
    taken: list[str] = []

    def take() -> None:
        ready.wait()
        while found := queue.take_due(NOW):
            taken.append(found.mark)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == ["mark0", "mark1", "mark2", "mark3"]


def test_new_message_never_has_the_moment_of_another() -> None:
    """Two messages of one key that begin at the same moment are told apart by it all the same."""
    stored_parts = [StoredPart(NOW, 1, "a", NOW)]

    assert match_part(stored_parts, 1, "b", NOW, DEADLINES.completion, WAIT) == PartMatch(
        NOW + timedelta(milliseconds=1)
    )


def test_the_audit_knows_what_waits_for_its_other_parts(parts: Parts, producer: Producer) -> None:
    """An acknowledged part is accepted: until it goes on it is pending, and nobody calls it nothing."""
    migrate(parts.engine)
    smpp.door(parts, producer).receive(pdu(part(b"LAPOR lampu", 1, 2)))
    found = parts.audit()
    assert (found.accepted, found.pending, found.clean) == (1, 1, True)
