"""Parts become messages in any order, with duplicates, losses and crashes. Nothing is lost, and nothing is mixed."""

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
from hypothesis import strategies as st
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
from messages.payloads.smpp import JoinedSms
from messages.payloads.sms import ParsedSms
from messages.sealing import Sealer
from messages.shapes import RawMessage
from tests.conftest import NOW
from tests.ingest.people import PHONE, TEXT
from tests.ingest.smpp.smsc import PAYLOAD, RECEIPTED_ID, deliver, part, pdu

pytestmark = pytest.mark.slow

WAIT = timedelta(minutes=10)
DEADLINES = PartDeadlines(WAIT)
SEALER = Sealer([b"k" * 64])
OTHER_SOURCE = "6280000001709"


class Killed(BaseException):
    """The process was killed."""


class KillingBus:
    """Bus that kills the process at given calls, counted from 1. Published records survive."""

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
        """Return every message once, as first published. A repetition must be equal."""
        by_id: dict[Any, RawMessage] = {}
        for record in self.published:
            raw = codec.decode(RawMessage, record.value, record.headers)
            assert by_id.setdefault(raw.id, raw) == raw
        return list(by_id.values())

    def messages(self) -> list[JoinedSms]:
        """Return the content of the messages."""
        return [JoinedSms.model_validate_json(SEALER.open(raw.body, raw.id)) for raw in self.raw_messages()]


@dataclass
class Harness:
    """State that survives a process: the database, the bus, and the time."""

    engine: Engine
    bus: KillingBus = field(default_factory=KillingBus)
    now: datetime = NOW
    max_waiting_parts: int = 1000

    def door(self, sealer: Sealer = SEALER) -> SmppDoor:
        """Return the door of a new process."""
        adapter = SmppAdapter(Wrapper(sealer, b"sender", b"tracking", b"message"), sealer)
        store, queue = PartStore(self.engine, DEADLINES), AcknowledgementQueue(self.engine)
        return SmppDoor(
            adapter, store, queue, self.bus, _acknowledgement_text, lambda: self.now, self.max_waiting_parts
        )

    def forward(self) -> None:
        """Forward all due messages, with as many processes as necessary."""
        while True:
            with suppress(Killed):
                if not self.door().forward():
                    return

    def take(self, *fields: dict[str, Any]) -> None:
        """Receive these parts, and forward due messages."""
        for part_fields in fields:
            self.door().receive(pdu(part_fields))
        self.forward()

    def later(self, **delta: float) -> None:
        """Move the clock forward, and forward messages that are due then."""
        self.now += timedelta(**delta)
        self.forward()

    def texts(self) -> list[str]:
        """Return the published texts."""
        return [message.text for message in self.bus.messages()]

    def acknowledgements(self) -> list[tuple[str, str]]:
        """Return receivers and texts of all due acknowledgements."""
        texts_by_receiver = []
        while due := self.door().next_acknowledgement():
            texts_by_receiver.append((due[1].destination.number, due[1].text))
            self.door().close_acknowledgement(due[0])
        return texts_by_receiver


def _acknowledgement_text(raw: RawMessage, sms: ParsedSms) -> str:
    return raw.tracking if sms.kind != "nothing" else ""


@pytest.fixture
def harness(engine: Engine) -> Harness:
    """Harness on each kind of database."""
    return Harness(engine)


MOMENTS = st.integers(0, int(DEADLINES.completion.total_seconds()) - 1)


@dataclass
class Sms:
    """SMS in parts as a telephone sends it, with the times (seconds) of the deliveries of each part."""

    number: int
    source: str
    reference: int
    start: int
    deliveries: list[list[int]]

    @property
    def total(self) -> int:
        """Number of its parts."""
        return len(self.deliveries)

    @property
    def arrived(self) -> set[int]:
        """Numbers of the parts that were delivered at least once."""
        return {number for number, moments in enumerate(self.deliveries, 1) if moments}

    def says(self, number: int) -> str:
        """Return the text of a part, which no other part has."""
        return f"<{self.number}:{number}>"

    def events(self) -> list[tuple[int, dict[str, Any]]]:
        """Return each delivery with its time."""
        return [
            (
                self.start + moment,
                part(self.says(number).encode(), number, self.total, self.reference, source_addr=self.source),
            )
            for number, moments in enumerate(self.deliveries, 1)
            for moment in moments
        ]


@st.composite
def traffic(draw: st.DrawFn, interval: int) -> list[Sms]:
    """Messages of two senders with few references. Those with one key begin `interval` seconds after one another."""
    begun: dict[tuple[str, int, int], int] = {}
    messages = []
    for number in range(draw(st.integers(1, 6))):
        source, reference = draw(st.sampled_from(["6280000001708", OTHER_SOURCE])), draw(st.sampled_from([7, 300]))
        deliveries = draw(st.lists(st.lists(MOMENTS, max_size=3), min_size=2, max_size=4))
        key = (source, reference, len(deliveries))
        start = begun.get(key, -interval) + interval
        begun[key] = start
        messages.append(Sms(number, source, reference, start, deliveries))
    return messages


CALLS = st.sets(st.integers(1, 12), max_size=5)


@pytest.fixture(scope="module")
def memory() -> Iterator[Engine]:
    """In-memory database that is lost after the last test. Other tests use files to show durability."""
    engine = open_database("sqlite://")
    SQLModel.metadata.create_all(engine, [SQLModel.metadata.tables[t.__tablename__] for t in (SmsPart, SmsAnswer)])
    yield engine
    engine.dispose()


def played(engine: Engine, sent: list[Sms], kill_before: set[int], kill_after: set[int], ticks: set[int]) -> Harness:
    """Deliver all parts in the order of time, forward at some moments, and finally wait for a long time."""
    with write_transaction(engine) as connection:
        for table in (SmsPart, SmsAnswer):
            connection.execute(SQLModel.metadata.tables[table.__tablename__].delete())
    harness = Harness(engine, KillingBus())
    harness.bus.killed_before, harness.bus.killed_after = kill_before, kill_after
    door = harness.door()
    events = sorted((event for sms in sent for event in sms.events()), key=lambda event: event[0])
    for number, (moment, fields) in enumerate(events):
        harness.now = NOW + timedelta(seconds=moment)
        door.receive(pdu(fields))
        if number in ticks:
            try:
                door.forward()
            except Killed:
                door = harness.door()
    harness.later(seconds=2 * DEADLINES.completion.total_seconds())
    return harness


@settings(max_examples=50, deadline=None)
@given(traffic(int(2 * DEADLINES.completion.total_seconds())), CALLS, CALLS, st.sets(st.integers(0, 30)))
def test_any_order_loss_repetition_and_crash(
    memory: Engine, sent: list[Sms], kill_before: set[int], kill_after: set[int], ticks: set[int]
) -> None:
    """However parts arrive: each message goes on with all of its parts that came and with no other's, once it is whole
    or has waited; each sender hears of it once; and the same message has the same bytes, whoever crashed.
    """
    harness = played(memory, sent, kill_before, kill_after, ticks)

    raw_messages = dict(zip(map(_name, harness.bus.messages()), harness.bus.raw_messages(), strict=True))
    of = {
        sms.number: [message for message in harness.bus.messages() if _belongs(message) == sms.number] for sms in sent
    }
    answers = harness.acknowledgements()
    for sms in sent:
        heard = [{part_.number for part_ in message.parts} for message in of[sms.number]]
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
        texts = [
            text for _, text in answers if text in {raw_messages[_name(message)].tracking for message in of[sms.number]}
        ]
        assert len(texts) == 1
    assert sum(bool(sms.arrived) for sms in sent) == len(answers) == len({sms[0].mark for sms in of.values() if sms})


@settings(max_examples=30, deadline=None)
@given(traffic(0), CALLS, CALLS, st.sets(st.integers(0, 30)))
def test_references_reused_at_once(
    memory: Engine, sent: list[Sms], kill_before: set[int], kill_after: set[int], ticks: set[int]
) -> None:
    """Even if a telephone uses one reference for all messages at once, every part is published, with its sender."""
    harness = played(memory, sent, kill_before, kill_after, ticks)

    went_on = {
        (message.sender, bytes.fromhex(p.content).decode()) for message in harness.bus.messages() for p in message.parts
    }
    assert went_on == {(f"+{sms.source}", sms.says(number)) for sms in sent for number in sms.arrived}
    assert len(harness.acknowledgements()) == len({message.mark for message in harness.bus.messages()})


def _name(message: JoinedSms) -> tuple[str, int]:
    return message.mark, len(message.parts)


def _belongs(message: JoinedSms) -> int:
    """Return the number of the one SMS that all parts belong to."""
    (number,) = {bytes.fromhex(part_.content).decode().strip("<>").split(":")[0] for part_ in message.parts}
    return int(number)


def test_messages_an_hour_apart_stay_separate(harness: Harness) -> None:
    """Two messages with one reference, an hour apart, never merge: each is published with its own parts."""
    harness.take(part(b"pertama ", 1, 2))
    harness.now += DEADLINES.completion
    harness.take(part(b"kedua", 2, 2))
    harness.later(hours=1)

    assert harness.texts() == ["pertama  […]", "[…] kedua"]


def test_just_within_the_window(harness: Harness) -> None:
    """A part at the end of the window still completes its message."""
    harness.take(part(b"satu ", 1, 2))
    harness.later(seconds=DEADLINES.completion.total_seconds() - 1)
    harness.take(part(b"dua", 2, 2))

    assert harness.texts() == ["satu  […]", "satu dua"]


@pytest.mark.parametrize(
    "different_part",
    [
        part(b"dua", 2, 2, source_addr=OTHER_SOURCE),
        part(b"dua", 2, 2, destination_addr="1709"),
        part(b"dua", 2, 2, 8),
        part(b"dua", 2, 2, 0x0107),
        part(b"dua", 2, 3),
    ],
    ids=["sender", "receiver", "reference", "wider reference", "count"],
)
def test_different_keys_never_join(harness: Harness, different_part: dict[str, Any]) -> None:
    """Parts with another sender, receiver, reference or count are never joined."""
    harness.take(part(b"satu ", 1, 2), different_part)
    harness.later(hours=2)

    assert [len(message.parts) for message in harness.bus.messages()] == [1, 1]


def test_same_number_with_other_content(harness: Harness) -> None:
    """A part with a stored number and other content begins another message; each gets its own second part."""
    harness.take(part(b"A1 ", 1, 2), part(b"A2", 2, 2), part(b"B1 ", 1, 2), part(b"A2", 2, 2), part(b"B2", 2, 2))

    assert harness.texts() == ["A1 A2", "B1 B2"]


def test_part_that_two_messages_lack(harness: Harness) -> None:
    """A part that fits two arriving messages joins neither: incomplete is better than mixed."""
    harness.take(part(b"A1", 1, 3), part(b"B1", 1, 3), part(b"?2", 2, 3))
    harness.later(hours=2)

    assert sorted(harness.texts()) == ["A1 […]", "B1 […]", "[…] ?2 […]"]


def test_part_that_an_overdue_message_lacks_too(harness: Harness) -> None:
    """If one of two messages is overdue, a part belongs to the one that is arriving."""
    harness.take(part(b"A1", 1, 2))
    harness.later(minutes=20)
    harness.take(part(b"B1 ", 1, 2), part(b"B2", 2, 2))

    assert harness.texts() == ["A1 […]", "B1 B2"]


def test_clock_set_back(harness: Harness) -> None:
    """Parts with an earlier time than the first one still join it."""
    harness.take(part(b"satu ", 1, 2))
    harness.now -= timedelta(minutes=5)
    harness.take(part(b"dua", 2, 2))
    harness.later(minutes=5)

    assert harness.texts() == ["satu dua"]


def test_each_part_extends_the_wait(harness: Harness) -> None:
    """Each new part extends the wait of its message."""
    harness.take(part(b"A ", 1, 3))
    harness.later(minutes=6)
    harness.take(part(b"B ", 2, 3))
    harness.later(minutes=9)
    assert harness.texts() == []
    harness.later(minutes=1)

    assert harness.texts() == ["A B  […]"]
    assert harness.bus.raw_messages()[0].at == NOW + timedelta(minutes=6)


def test_part_that_arrives_during_publication(harness: Harness) -> None:
    """A part that arrives during the publication of the others stays due."""
    harness.take(part(b"satu ", 1, 2))
    harness.bus.meanwhile = lambda: harness.door().receive(pdu(part(b"dua", 2, 2)))
    harness.later(minutes=10)

    assert harness.texts() == ["satu  […]", "satu dua"]


def test_late_part_is_published_after_its_wait(harness: Harness) -> None:
    """A late part that does not complete its message is published too, after its wait."""
    harness.take(part(b"A ", 1, 3))
    harness.later(minutes=10)
    harness.take(part(b"B ", 2, 3))
    assert harness.texts() == ["A  […]"]
    harness.later(minutes=10)

    assert harness.texts() == ["A  […]", "A B  […]"]
    assert len(harness.acknowledgements()) == 1


def test_redelivery_of_an_sms_in_one_piece(harness: Harness) -> None:
    """An SMS in one piece, delivered again soon, is one message; later it may be intended."""
    sms = deliver(b"LAPOR banjir")
    harness.take(sms, sms)
    harness.later(seconds=WAIT.total_seconds() - 1)
    harness.take(sms)
    assert len(harness.texts()) == 1

    harness.later(seconds=1)
    harness.take(sms)
    assert len(harness.texts()) == 2
    assert len(harness.acknowledgements()) == 2


def test_same_text_of_two_senders(harness: Harness) -> None:
    """The same text from another sender, or to another number, is another message."""
    sms = deliver(b"LAPOR banjir")
    harness.take(sms, {**sms, "source_addr": OTHER_SOURCE}, {**sms, "destination_addr": "1709"})

    assert len(harness.texts()) == 3


def test_same_text_with_other_ids(harness: Harness) -> None:
    """If the operator gives ids, the same text under another id is another message."""
    ids = [[smpp34.Tlv(RECEIPTED_ID, name + b"\0")] for name in (b"x1", b"x1", b"x2")]
    harness.take(*(deliver(b"LAPOR banjir", tlvs=tlvs) for tlvs in ids))

    assert len(harness.texts()) == 2


def test_two_processes_at_once(engine: Engine) -> None:
    """Two processes with parts of the same message at the same moment make one message of them."""
    harness = Harness(engine)
    total = 8
    ready = threading.Barrier(total)

    def take(number: int) -> None:
        door = harness.door()
        ready.wait()
        door.receive(pdu(part(b"%d" % number, number, total)))

    threads = [threading.Thread(target=take, args=(number,)) for number in range(1, total + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    harness.forward()

    assert harness.texts() == ["12345678"]


def test_parts_outlive_the_process(tmp_path: Path) -> None:
    """An acknowledged part is on disk: a process that opens the database next has it."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    first = open_database(url)
    migrate(first)
    Harness(first).take(part(b"satu ", 1, 2))
    first.dispose()
    second = open_database(url)
    harness = Harness(second)
    harness.take(part(b"dua", 2, 2))
    second.dispose()

    assert harness.texts() == ["satu dua"]


def test_bus_away(harness: Harness) -> None:
    """While the bus is away parts are stored; when it is back they are published."""
    harness.bus.away = True
    harness.door().receive(pdu(deliver(b"LAPOR banjir")))
    with pytest.raises(Retry):
        harness.door().forward()
    harness.bus.away = False
    harness.forward()

    assert harness.texts() == ["LAPOR banjir"]


def test_bus_away_for_too_long(harness: Harness) -> None:
    """With too many waiting parts the SMSC has to keep new ones, until the stored ones are published."""
    harness.bus.away, harness.max_waiting_parts = True, 2
    door = harness.door()
    for text in (b"satu", b"dua"):
        harness.now += timedelta(seconds=1)
        door.receive(pdu(deliver(text)))
    with pytest.raises(Retry):
        door.forward()
    assert door.is_full
    with pytest.raises(Retry):
        door.receive(pdu(deliver(b"tiga")))

    harness.bus.away = False
    assert door.forward() == 2
    door.receive(pdu(deliver(b"tiga")))
    harness.forward()
    assert harness.texts() == ["satu", "dua", "tiga"]


def test_other_secret_key(harness: Harness) -> None:
    """Parts that were sealed with another key stop the door; none is lost."""
    harness.door().receive(pdu(deliver(b"LAPOR banjir")))

    with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY"):
        harness.door(Sealer([b"x" * 64])).forward()
    harness.forward()
    assert harness.texts() == ["LAPOR banjir"]


def test_database_and_log_show_no_person(harness: Harness, logged: list[EventDict]) -> None:
    """Neither the database nor the log shows the sender or the text of a part or of an acknowledgement."""
    harness.take(
        part(TEXT.encode()[:60], 1, 2, source_addr=PHONE[1:]), part(TEXT.encode()[60:], 2, 2, source_addr=PHONE[1:])
    )

    with write_transaction(harness.engine) as connection:
        tables = [SQLModel.metadata.tables[table.__tablename__] for table in (SmsPart, SmsAnswer)]
        rows = [str(row) for table in tables for row in connection.execute(select(table)).all()]
    (raw,) = harness.bus.raw_messages()
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
def test_receivers_of_acknowledgements(harness: Harness, sms: dict[str, Any], answers: int) -> None:
    """Every SMS is published, but only a person's telephone gets an acknowledgement."""
    harness.take(sms)

    assert (len(harness.texts()), len(harness.acknowledgements())) == (1, answers)


def test_part_that_is_too_long_for_one(harness: Harness) -> None:
    """A message that claims to be a part but is too long for one counts as an SMS in one piece."""
    payload = bytes([5, 0, 3, 7, 2, 1]) + b"x" * 255
    harness.take(deliver(b"", esm_class=0x40, tlvs=[smpp34.Tlv(PAYLOAD, payload)]))

    assert harness.texts() == ["x" * 255]


def test_as_many_parts_as_there_can_be(harness: Harness) -> None:
    """The longest possible SMS is one message, and fits the bus."""
    content = "日".encode("utf-16-be") * 66
    for number in range(255, 0, -1):
        harness.door().receive(pdu(part(content, number, 255, data_coding=8)))
    harness.forward()

    (message,) = harness.bus.published
    message.check()
    assert harness.texts() == ["日" * 66 * 255]


def test_undecodable_bytes_are_kept(harness: Harness) -> None:
    """Undecodable bytes are in the message, next to the decoded text."""
    harness.take(deliver(b"\xd8\x00\xff", data_coding=8))

    ((only,),) = [message.parts for message in harness.bus.messages()]
    assert (only.content, only.coding) == ("d800ff", 8)


def test_expired_parts_are_deleted(harness: Harness) -> None:
    """Forwarded parts of closed messages are deleted; unforwarded ones stay."""
    harness.take(part(b"satu", 1, 2), deliver(b"LAPOR banjir"))
    harness.later(hours=2)
    harness.bus.away = True
    harness.door().receive(pdu(part(b"lagi", 1, 2)))
    harness.now += timedelta(hours=3)
    harness.door().delete_expired()

    with write_transaction(harness.engine) as connection:
        rows = connection.execute(select(SQLModel.metadata.tables[SmsPart.__tablename__])).all()
    assert len(rows) == 1
    harness.bus.away = False
    harness.forward()
    assert harness.texts()[-1] == "lagi […]"


@pytest.fixture
def queue(engine: Engine) -> AcknowledgementQueue:
    """Empty queue on each kind of database."""
    return AcknowledgementQueue(engine)


def test_one_acknowledgement_per_sms(queue: AcknowledgementQueue) -> None:
    """The same SMS is acknowledged once, also after its acknowledgement was sent."""
    queue.add("mark", "first", NOW)
    queue.add("mark", "second", NOW)
    taken = queue.take_due(NOW)
    assert taken
    assert taken.content == "first"
    queue.close("mark")
    queue.add("mark", "third", NOW)

    assert queue.take_due(NOW + timedelta(hours=1)) is None


def test_unconfirmed_acknowledgement_is_sent_again(queue: AcknowledgementQueue, logged: list[EventDict]) -> None:
    """An unconfirmed acknowledgement is sent five times, a minute apart, then abandoned and logged."""
    queue.add("mark", "content", NOW)
    tried = []
    for seconds in range(0, 600, 30):
        now = NOW + timedelta(seconds=seconds)
        queue.delete_expired(now)
        if queue.take_due(now):
            tried.append(seconds)

    assert tried == [0, 60, 120, 180, 240]
    assert [(line["event"], line["acknowledgements"]) for line in logged] == [("smpp.acknowledgements_abandoned", 1)]


def test_busy_smsc_does_not_count_as_a_try(queue: AcknowledgementQueue) -> None:
    """A try that a busy SMSC refused does not count."""
    queue.add("mark", "content", NOW)
    for second in range(20):
        now = NOW + timedelta(seconds=second)
        assert queue.take_due(now)
        queue.postpone("mark", now + timedelta(seconds=1))
        queue.delete_expired(now)

    assert queue.take_due(NOW + timedelta(seconds=20))


def test_old_acknowledgement_is_abandoned(queue: AcknowledgementQueue) -> None:
    """After a day an acknowledgement is abandoned."""
    queue.add("mark", "content", NOW)
    queue.delete_expired(NOW + timedelta(hours=25))

    assert queue.take_due(NOW + timedelta(hours=25)) is None


def test_one_process_gets_an_acknowledgement(engine: Engine) -> None:
    """Of several processes at once, only one gets each acknowledgement."""
    queue = AcknowledgementQueue(engine)
    for number in range(4):
        queue.add(f"mark{number}", "content", NOW)
    ready = threading.Barrier(4)
    taken: list[str] = []

    def take() -> None:
        ready.wait()
        while due := queue.take_due(NOW):
            taken.append(due.mark)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == ["mark0", "mark1", "mark2", "mark3"]


def test_opening_times_are_unique() -> None:
    """Two messages with one key that begin at the same time get different opening times."""
    stored_parts = [StoredPart(NOW, 1, "a", NOW)]

    assert match_part(stored_parts, 1, "b", NOW, DEADLINES.completion, WAIT) == PartMatch(
        NOW + timedelta(milliseconds=1)
    )


def test_audit_counts_waiting_parts_as_pending(parts: Parts, producer: Producer) -> None:
    """An acknowledged part counts as accepted and pending until it is published."""
    migrate(parts.engine)
    smpp.door(parts.doors, producer).receive(pdu(part(b"LAPOR lampu", 1, 2)))
    audit = parts.audit()
    assert (audit.accepted, audit.pending, audit.clean) == (1, 1, True)
