"""The audit tolerates retention and records that are appended during it, and needs little memory."""

import sqlite3
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from messages import ids
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, OVERSIGHT, agency_topic
from monitor.audit.audit_store import new_store
from monitor.audit.auditor import Auditor
from tests.conftest import NOW
from tests.support.audit_faults import (
    FAULTS,
    MERGED_TO_1,
    clean_bus,
    expected_differences,
    listed,
    undispatched,
)
from tests.support.bus_readers import ReadAllReader
from tests.support.case_stages import make_case_stage
from tests.support.written_bus import (
    HEALTH,
    PLN,
    QUEUES,
    TRIAGE,
    AuditedBus,
    PlantedLedger,
    PlantedRouter,
    answer,
    append_messages,
    arrival,
    commit_all,
    complaint,
    complaint_id,
    dead_letter,
    dispatch,
    ledger_row,
    not_a_complaint,
    record_at,
)

pytestmark = pytest.mark.slow

YEAR = timedelta(days=366)
SECONDS_PER_DAY = 86_400


@pytest.fixture
def bus(parts: Parts) -> AuditedBus:
    """Return a bus without differences."""
    audited = AuditedBus(parts.bus, clean_bus().rows)
    audited.publish(*clean_bus().records)
    return audited


class InterruptedReader(ReadAllReader):
    """A reader that calls `interrupt` before its n-th call. It reads one topic after the other."""

    def __init__(self, reader: Reader, call_number: int, interrupt: Callable[[], None]) -> None:
        self._reader = reader
        self._calls_to_go = call_number
        self._interrupt = interrupt

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port."""
        self._count_call()
        return self._reader.offset_ranges(topics)

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port."""
        for name in topics:
            self._count_call()
            yield from self._reader.read([name], follow=follow, start_offsets=start_offsets)

    def committed(self, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """See the port."""
        self._count_call()
        return self._reader.committed(group, topics)

    def topics(self) -> Sequence[TopicSpec]:
        """See the port."""
        return self._reader.topics()

    def close(self) -> None:
        """See the port."""
        self._reader.close()

    def _count_call(self) -> None:
        self._calls_to_go -= 1
        if self._calls_to_go == 0:
            self._interrupt()


@pytest.mark.parametrize("call_number", range(1, 19))
def test_records_appended_during_the_audit_are_no_difference(bus: AuditedBus, call_number: int) -> None:
    """New messages are processed and recorded, and a case moves with its repeats, before any call of the audit."""
    bus.audit_processed()

    interrupted = bus.audit(lambda reader: InterruptedReader(reader, call_number, lambda: append_messages(bus)))
    assert interrupted.differences == []
    assert (bus.audit().differences, bus.audit().accepted) == ([], 13)


class TrimmedReader(ReadAllReader):
    """A reader without the records that `is_deleted` selects and that are older than `moment`, in milliseconds."""

    def __init__(self, reader: Reader, moment: float, is_deleted: Callable[[Outgoing], bool]) -> None:
        self._reader = reader
        self._moment = moment
        self._is_deleted = is_deleted
        self.topics, self.committed, self.close = reader.topics, reader.committed, reader.close

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port."""
        return {partition: OffsetRange(1, span.end) for partition, span in self._reader.offset_ranges(topics).items()}

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port."""
        for record in self._reader.read(topics, follow=follow, start_offsets=start_offsets):
            outgoing = Outgoing(record.topic, record.key, record.value, record.headers)
            if record.timestamp >= self._moment or not self._is_deleted(outgoing):
                yield record


def _on_topic(prefix: str) -> Callable[[Outgoing], bool]:
    return lambda record: record.topic.startswith(prefix)


_PREFIXES = ("raw-", "dead-", COMPLAINTS, OVERSIGHT, AGENCY_ANSWERS, "agency-bumn", "agency-k")
DELETED: Mapping[str, Callable[[Outgoing], bool]] = {
    **{prefix: _on_topic(prefix) for prefix in _PREFIXES},
    "a later dispatch of a case": lambda record: record == dispatch(1, HEALTH, hop=1),
    "the first dispatch of a case": lambda record: record == dispatch(1, PLN),
    "the last dispatch of a merged complaint": lambda record: (
        record == dispatch(4, HEALTH, hop=1, of=1, relation=MERGED_TO_1)
    ),
    "the dispatch after a split": lambda record: record == dispatch(42, PLN, hop=1),
}


class AgingBus(NamedTuple):
    """A bus whose clock can be advanced, so that retention deletes records."""

    audited: AuditedBus
    clock: list[float]
    parts: Parts

    def advance(self, days: float) -> None:
        """Advance the clock and apply retention, as at a start of the service."""
        self.clock[0] += days * SECONDS_PER_DAY
        self.audited.horizon += timedelta(days=days)
        specs = [TopicSpec(topic.name, topic.partitions, topic.retention) for topic in self.parts.topics]
        self.audited.bus.ensure(specs)


@pytest.fixture
def aging(parts: Parts) -> AgingBus:
    """Return a bus without differences."""
    clock = [NOW.timestamp()]
    local_bus = LocalBus(parts.settings.home / "bus.db", lambda: clock[0])
    audited = AuditedBus(local_bus, clean_bus().rows, NOW - YEAR)
    audited.publish(*clean_bus().records)
    commit_all(local_bus)
    return AgingBus(audited, clock, parts)


@pytest.mark.parametrize("records", DELETED)
def test_retention_may_delete_any_topic_first(aging: AgingBus, records: str) -> None:
    """Kafka deletes whole segments: an early record may remain after the records that followed from it."""
    bus = aging.audited
    bus.rows += [ledger_row(40), ledger_row(41), ledger_row(42)]
    rejected = answer(1, PLN, hop=5, verdict="refused")
    bus.publish(arrival(40), complaint(40), dead_letter("router", complaint(40)))
    bus.publish(rejected, dead_letter("router", rejected))
    bus.publish(arrival(42), complaint(42, of=5), dispatch(42, TRIAGE, of=5), dispatch(42, PLN, hop=1))
    bus.publish(arrival(43), complaint(43), dispatch(43, PLN), dead_letter("cases", complaint(43)))
    aging.clock[0] += 300 * SECONDS_PER_DAY
    bus.audit_processed(arrival(41), complaint(41, of=1), dispatch(41, HEALTH, of=1), dispatch(5, PLN, hop=1))
    bus.horizon = NOW + timedelta(days=200)
    trimmed = bus.audit(lambda reader: TrimmedReader(reader, bus.horizon.timestamp() * 1000, DELETED[records]))
    assert trimmed.differences == []


def test_a_deleted_record_is_not_missing(aging: AgingBus) -> None:
    """After a year the ledger still has its rows; agencies still answer and refuse, and citizens still write again."""
    bus = aging.audited
    aging.advance(200)
    bus.rows += [ledger_row(60, NOW + timedelta(days=200))]
    new_records = [arrival(60), complaint(60, of=1), dispatch(60, HEALTH, of=1)]
    new_records.append(answer(1, HEALTH, hop=1, verdict="refused"))
    dispatches = [dispatch(1, TRIAGE, hop=2), dispatch(2, TRIAGE, hop=2, of=1), dispatch(60, TRIAGE, hop=1, of=1)]
    dispatches.append(dispatch(4, TRIAGE, hop=2, of=1))
    assert bus.audit_processed(*new_records, *dispatches).differences == []
    aging.advance(200)
    assert bus.audit_processed(answer(4, HEALTH, hop=1), answer(1, TRIAGE, hop=2)).differences == []


def test_faults_are_found_after_retention(aging: AgingBus) -> None:
    """A record that is younger than the retention must still have its outcome."""
    bus = aging.audited
    aging.advance(400)
    bus.rows += [ledger_row(61)]
    arrivals = [arrival(number) for number in (1, 3, 4, 5, 6)]
    bus.audit_processed(*arrivals, *undispatched(61), dispatch(61, PLN), not_a_complaint(6))
    aging.advance(2)
    # The records that these faults refer to may have been deleted.
    hidden = {"dispatched_unknown", "belongs_to_unknown"}
    faults = [fault for fault in FAULTS if fault.name not in hidden]
    bus.rows += [(id_, NOW + timedelta(days=403)) for fault in faults for id_, _ in fault.rows]
    for fault in faults:
        fault.plant(bus)
    outcomes = [complaint(1), complaint(3, of=61, kind="joins"), complaint(4), complaint(5), dispatch(1, HEALTH)]
    outcomes += [dispatch(number, TRIAGE) for number in (3, 4, 5)]
    audit = bus.audit_processed(*outcomes, *(record for fault in faults for record in fault.records))
    assert listed(audit) == expected_differences(faults)


def test_the_ledger_is_read_from_either_database(parts: Parts, engine: Engine) -> None:
    """Rows without a complaint on the bus are listed, from SQLite and from PostgreSQL."""
    parts.core.engine = engine
    make_case_stage(engine).handle([record_at(complaint(number), number) for number in range(1, 4)])
    assert listed(parts.audit()) == sorted(("recorded_unknown", str(complaint_id(number))) for number in range(1, 4))


class EndlessReader(ReadAllReader):
    """A bus with many messages, each made when it is read."""

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
            yield from self._records(name)

    def close(self) -> None:
        """See the port."""

    def _records(self, topic: str) -> Iterator[Record]:
        for number in range(self._messages):
            if topic == "raw-web":
                yield record_at(replace(arrival(number), topic=topic), number)
            if topic == COMPLAINTS:
                yield record_at(complaint(number), number)
            if topic == agency_topic(PLN):
                yield record_at(dispatch(number, PLN), number)


def test_memory_does_not_grow_with_the_messages() -> None:
    """Less than 16 bytes of memory are needed for a further message: the rows are stored on disk."""

    def peak(messages: int) -> int:
        tracemalloc.start()
        try:
            reader, rows = EndlessReader(messages), map(ledger_row, range(messages))
            dispatch_ids = (ids.dispatch_id(complaint_id(number), 0) for number in range(messages))
            ledger = PlantedLedger(rows, lambda: dispatch_ids)
            hops = ((complaint_id(number), 0, f"{COMPLAINTS}/0/{number}") for number in range(messages))
            router = PlantedRouter(lambda: hops)
            audit = Auditor(reader, DIRECTORY.names, QUEUES, ledger, router, NOW).run(NOW)
            assert (audit.clean, audit.complaints) == (True, messages)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # The first run fills the libraries' own caches, which are bounded.
    peak(3_000)
    few, many = peak(300), peak(3_000)
    assert (many - few) / 2_700 < 16, (few, many)


@pytest.mark.parametrize(("code", "raised"), [(sqlite3.SQLITE_FULL, Stop), (sqlite3.SQLITE_BUSY, sqlite3.Error)])
def test_a_full_disk_stops_the_audit(code: int, raised: type[Exception]) -> None:
    """The error names TMPDIR. Any other SQLite error may come from the bus and is raised unchanged."""
    error = sqlite3.OperationalError("text of SQLite")
    error.sqlite_errorcode = code

    def rows() -> Iterator[tuple[bytes, int]]:
        yield b"", 0
        raise error

    with new_store(None) as store, pytest.raises(raised):
        store.add("ledger", rows())
