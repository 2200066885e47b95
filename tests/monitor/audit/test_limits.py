"""What the audit takes no notice of: retention and what goes on meanwhile; and what it does not hold in memory."""

import sqlite3
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import Engine

from app.assembly.channels import DIRECTORY
from app.assembly.parts import Parts
from bus.errors import Stop
from bus.local.bus import LocalBus
from bus.port import OffsetRange, Outgoing, Partition, Reader, Record, TopicSpec
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, OVERSIGHT, agency_topic
from monitor.audit.audit import Auditor
from monitor.audit.temp_store import Scratch
from tests.conftest import NOW
from tests.support import bus_readers, written_bus
from tests.support.audit_faults import FAULTS, MERGED_TO_1, clean, expected, found, lost
from tests.support.stages import make_ledger_sink
from tests.support.written_bus import (
    HEALTH,
    PLN,
    QUEUES,
    TRIAGE,
    Desk,
    answer,
    arrival,
    aside,
    case,
    complaint,
    dispatch,
    held,
    letter,
    released,
    row,
)

YEAR = timedelta(days=366)


@pytest.fixture
def desk(parts: Parts) -> Desk:
    """A bus on which all is right."""
    made = Desk(parts.bus, clean().rows)
    made.publish(*clean().records)
    return made


class Meanwhile(bus_readers.Whole):
    """A reader before whose n-th look something happens; it looks at one topic after the other."""

    def __init__(self, reader: Reader, number: int, happens: Callable[[], None]) -> None:
        self._reader = reader
        self._left = number
        self._happens = happens

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port."""
        self._tick()
        return self._reader.offset_ranges(topics)

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port."""
        for name in topics:
            self._tick()
            yield from self._reader.read([name], follow=follow, start_offsets=start_offsets)

    def committed(self, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """See the port."""
        self._tick()
        return self._reader.committed(group, topics)

    def topics(self) -> Sequence[TopicSpec]:
        """See the port."""
        return self._reader.topics()

    def close(self) -> None:
        """See the port."""
        self._reader.close()

    def _tick(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._happens()


@pytest.mark.parametrize("number", range(1, 19))
def test_what_goes_on_meanwhile_is_no_difference(desk: Desk, number: int) -> None:
    """While the audit looks, messages come, are worked and recorded, and a case moves with all that belongs to it."""
    desk.worked()

    def happens() -> None:
        desk.publish(arrival(50), arrival(51), held(52), arrival(52), released(52), aside(52))
        desk.publish(complaint(50), complaint(51, of=50))
        desk.publish(dispatch(50, PLN), dispatch(51, PLN, of=50), answer(1, HEALTH, hop=1, verdict="refused"))
        for hop, to in ((2, PLN), (3, TRIAGE)):
            desk.publish(dispatch(1, to, hop=hop), dispatch(2, to, hop=hop, of=1), dispatch(4, to, hop=hop, of=1))
        desk.publish(answer(50, PLN), arrival(53), letter("normalize", arrival(53)))
        desk.rows += [row(50), row(51)]
        written_bus.worked(desk.bus)

    assert desk.audit(lambda reader: Meanwhile(reader, number, happens)).found == []
    assert (desk.audit().found, desk.audit().accepted) == ([], 13)


class Without(bus_readers.Whole):
    """A reader of a bus from which retention has taken some of the records that came before a moment (ms)."""

    def __init__(self, reader: Reader, moment: float, taken: Callable[[Outgoing], bool]) -> None:
        self._reader = reader
        self._moment = moment
        self._taken = taken
        self.topics, self.committed, self.close = reader.topics, reader.committed, reader.close

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port."""
        return {place: OffsetRange(1, span.end) for place, span in self._reader.offset_ranges(topics).items()}

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port."""
        for record in self._reader.read(topics, follow=follow, start_offsets=start_offsets):
            said = Outgoing(record.topic, record.key, record.value, record.headers)
            if record.timestamp >= self._moment or not self._taken(said):
                yield record


def _of(beginning: str) -> Callable[[Outgoing], bool]:
    return lambda one: one.topic.startswith(beginning)


TAKEN: Mapping[str, Callable[[Outgoing], bool]] = {
    **{name: _of(name) for name in ("raw-", "dead-", COMPLAINTS, OVERSIGHT, AGENCY_ANSWERS, "agency-bumn", "agency-k")},
    "a move of a case": lambda one: one == dispatch(1, HEALTH, hop=1),
    "the first hop": lambda one: one == dispatch(1, PLN),
    "the last hop of what goes along": lambda one: one == dispatch(4, HEALTH, hop=1, of=1, relation=MERGED_TO_1),
    "a split": lambda one: one == dispatch(42, PLN, hop=1),
}


class Aged(NamedTuple):
    """A bus whose clock can be set, and what retention took of it."""

    desk: Desk
    clock: list[float]
    parts: Parts

    def pass_(self, days: float) -> None:
        """So many days later, when the service is started again."""
        self.clock[0] += days * 86_400
        self.desk.horizon += timedelta(days=days)
        self.desk.bus.ensure([TopicSpec(each.name, each.partitions, each.retention) for each in self.parts.topics])


@pytest.fixture
def aged(parts: Parts) -> Aged:
    """A bus on which all was right at first."""
    clock = [NOW.timestamp()]
    bus = LocalBus(parts.settings.home / "bus.db", lambda: clock[0])
    made = Desk(bus, clean().rows, NOW - YEAR)
    made.publish(*clean().records)
    written_bus.worked(bus)
    return Aged(made, clock, parts)


@pytest.mark.parametrize("what", TAKEN)
def test_retention_may_take_any_topic_first(aged: Aged, what: str) -> None:
    """Kafka drops whole segments: what came first may outlive what followed from it, and all are past their time."""
    desk = aged.desk
    desk.rows += [row(40), row(41), row(42)]
    rejected = answer(1, PLN, hop=5, verdict="refused")
    desk.publish(arrival(40), complaint(40), letter("router", complaint(40)), rejected, letter("router", rejected))
    desk.publish(arrival(42), complaint(42, of=5), dispatch(42, TRIAGE, of=5), dispatch(42, PLN, hop=1))
    desk.publish(arrival(43), complaint(43), dispatch(43, PLN), letter("sinks", complaint(43)))
    aged.clock[0] += 300 * 86_400
    desk.worked(arrival(41), complaint(41, of=1), dispatch(41, HEALTH, of=1), dispatch(5, PLN, hop=1))
    desk.horizon = NOW + timedelta(days=200)
    assert desk.audit(lambda reader: Without(reader, desk.horizon.timestamp() * 1000, TAKEN[what])).found == []


def test_what_retention_took_is_not_missing(aged: Aged) -> None:
    """After a year the ledger still has its rows, agencies still answer and refuse, and people still write again."""
    aged.pass_(200)
    aged.desk.rows += [row(60, NOW + timedelta(days=200))]
    later = [arrival(60), complaint(60, of=1), dispatch(60, HEALTH, of=1), answer(1, HEALTH, hop=1, verdict="refused")]
    moved = [dispatch(1, TRIAGE, hop=2), dispatch(2, TRIAGE, hop=2, of=1), dispatch(60, TRIAGE, hop=1, of=1)]
    moved.append(dispatch(4, TRIAGE, hop=2, of=1))
    assert aged.desk.worked(*later, *moved).found == []
    aged.pass_(200)
    assert aged.desk.worked(answer(4, HEALTH, hop=1), answer(1, TRIAGE, hop=2)).found == []


def test_faults_are_found_beside_what_retention_took(aged: Aged) -> None:
    """What is young enough that all which followed from it has to be there is held against it as ever."""
    aged.pass_(400)
    aged.desk.rows += [row(61)]
    aged.desk.worked(*(arrival(number) for number in (1, 3, 4, 5, 6)), *lost(61), dispatch(61, PLN), aside(6))
    aged.pass_(2)
    # What they are about may have been taken.
    hidden = {"dispatched_unknown", "belongs_to_unknown"}
    faults = [fault for fault in FAULTS if fault.name not in hidden]
    aged.desk.rows += [(id_, NOW + timedelta(days=403)) for fault in faults for id_, _ in fault.rows]
    whole = [complaint(1), complaint(3, of=61, kind="joins"), complaint(4), complaint(5), dispatch(1, HEALTH)]
    whole += [dispatch(number, TRIAGE) for number in (3, 4, 5)]
    audit = aged.desk.worked(*whole, *(record for fault in faults for record in fault.records))
    assert found(audit) == expected(faults)


def test_the_ledger_is_read_bit_by_bit_from_either_database(parts: Parts, engine: Engine) -> None:
    """Rows without a complaint on the bus are named, from SQLite and PostgreSQL alike."""
    parts.engine = engine
    make_ledger_sink(engine).handle([written_bus.at(complaint(number), number) for number in range(1, 4)])
    assert found(parts.audit()) == sorted(("recorded_unknown", str(case(number))) for number in range(1, 4))


class Endless(bus_readers.Whole):
    """A bus of so many messages, each made when it is read."""

    def __init__(self, messages: int) -> None:
        self._messages = messages

    def topics(self) -> Sequence[TopicSpec]:
        """See the port."""
        return [TopicSpec(name) for name in QUEUES]

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port."""
        return {Partition(name, 0): OffsetRange(0, self._messages) for name in topics}

    def committed(self, _group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """See the port."""
        return {Partition(name, 0): self._messages for name in topics}

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port."""
        assert not follow
        assert not start_offsets
        for name in topics:
            yield from self._of(name)

    def close(self) -> None:
        """See the port."""

    def _of(self, topic: str) -> Iterator[Record]:
        for number in range(self._messages):
            if topic == "raw-web":
                yield written_bus.at(replace(arrival(number), topic=topic), number)
            if topic == COMPLAINTS:
                yield written_bus.at(complaint(number), number)
            if topic == agency_topic(PLN):
                yield written_bus.at(dispatch(number, PLN), number)


def test_memory_does_not_grow_with_the_messages() -> None:
    """What is kept of each is less than two numbers: it is on disk."""

    def peak(messages: int) -> int:
        tracemalloc.start()
        try:
            audit = Auditor(Endless(messages), DIRECTORY.names, QUEUES, lambda: map(row, range(messages)), NOW).run()
            assert (audit.clean, audit.complaints) == (True, messages)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # What libraries keep of strings they have read is bounded, and not ours.
    peak(3_000)
    few, many = peak(300), peak(3_000)
    assert (many - few) / 2_700 < 16, (few, many)


@pytest.mark.parametrize(("code", "raised"), [(sqlite3.SQLITE_FULL, Stop), (sqlite3.SQLITE_BUSY, sqlite3.Error)])
def test_a_full_disk_is_said_to_be_one(code: int, raised: type[Exception]) -> None:
    """The operator hears where there may be room; what is wrong with the bus that is read is another matter."""
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code

    def rows() -> Iterator[tuple[bytes, int]]:
        yield b"", 0
        raise error

    with closing(Scratch()) as scratch, pytest.raises(raised):
        scratch.add("ledger", rows())
