"""Reads of long topics: committed and aborted transactions, deleted and compacted records."""

import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise

import pytest

from app.clock import system_clock
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import OffsetRange, Outgoing, Partition, Reader, TopicSpec
from tests.bus.kafka.filling import Filler

pytestmark = pytest.mark.slow

RECORDS = 10_000
DELETED = 1_500
TRANSACTION = 1_000
# Patience in seconds with Kafka's compaction, which runs in the background.
PATIENCE = 120.0


@pytest.fixture(scope="module")
def bus(kafka_bootstrap: str) -> KafkaBus:
    """A bus on the session's broker."""
    return KafkaBus(KafkaSettings(bootstrap=kafka_bootstrap), system_clock())


@pytest.fixture(scope="module")
def filler(kafka_bootstrap: str) -> Iterator[Filler]:
    """A filler of topics on the session's broker."""
    with closing(Filler(kafka_bootstrap)) as opened:
        yield opened


@pytest.fixture(scope="module")
def topic(bus: KafkaBus, filler: Filler) -> str:
    """Name of a topic with three partitions.

    Half of the records of each partition are in transactions. Its last records are aborted, and its first are deleted.
    """
    name = f"topic-{uuid.uuid4().hex[:12]}"
    bus.ensure([TopicSpec(name, 3)])
    messages = [Outgoing(name, b"%d" % number, b"%d" % number) for number in range(RECORDS)]
    filler.append(messages[: RECORDS // 2])
    filler.append_in_transactions(messages[RECORDS // 2 :], TRANSACTION)
    filler.delete_before({Partition(name, number): DELETED // 3 for number in range(3)})
    return name


@pytest.fixture
def reader(bus: KafkaBus) -> Iterator[Reader]:
    """A reader of the bus."""
    with closing(bus.reader()) as opened:
        yield opened


def visible_offsets(reader: Reader, topic: str) -> dict[Partition, list[int]]:
    """Return the offsets of all records that can be read, by partition."""
    offsets: dict[Partition, list[int]] = {}
    for record in reader.read([topic]):
        offsets.setdefault(Partition(topic, record.partition), []).append(record.offset)
    return offsets


def test_every_committed_record_is_read_once(reader: Reader, topic: str) -> None:
    """Aborted and deleted records are left out; the order within a partition is kept."""
    records = list(reader.read([topic]))
    assert len({record.value for record in records}) == len(records) == RECORDS - DELETED
    assert all(record.value != b"aborted" for record in records)
    for offsets in visible_offsets(reader, topic).values():
        assert offsets == sorted(offsets)


def test_a_reader_finds_the_first_records_from_any_offsets(reader: Reader, topic: str) -> None:
    """The monitor asks the same reader again and again, from offsets that groups have reached meanwhile."""
    offsets_by_partition = visible_offsets(reader, topic)
    ends = {partition: span.end for partition, span in reader.offset_ranges([topic]).items()}
    for share in (0.0, 0.05, 0.3, 0.2, 0.7, 0.9, 0.4, 0.99, 1.0, 0.0):
        starts = {partition: int(end * share) for partition, end in ends.items()}
        expected = {
            partition: next((offset for offset in offsets if offset >= starts[partition]), None)
            for partition, offsets in offsets_by_partition.items()
        }
        first = reader.first_records(starts)
        assert {partition: record.offset for partition, record in first.items()} == {
            partition: offset for partition, offset in expected.items() if offset is not None
        }


def test_single_records_are_found_between_others(reader: Reader, topic: str) -> None:
    """Deleted and aborted ones, and the markers of transactions, are left out; the rest is found in every order."""
    visible = visible_offsets(reader, topic)
    ends = {partition: span.end for partition, span in reader.offset_ranges([topic]).items()}
    wanted = {
        partition: [*range(0, end, 97), end - 1, offsets[-1]]
        for (partition, end), offsets in zip(ends.items(), visible.values(), strict=True)
    }
    found = [(Partition(topic, record.partition), record.offset) for record in reader.records_at(wanted)]
    expected = [(partition, at) for partition in visible for at in sorted({*wanted[partition]} & {*visible[partition]})]
    assert sorted(found) == sorted(expected)


def test_behind_the_last_record_only_aborted_ones_follow(reader: Reader, topic: str) -> None:
    """No first record is found there, and reading from there ends without a record."""
    last = {partition: offsets[-1] for partition, offsets in visible_offsets(reader, topic).items()}
    behind = {partition: offset + 1 for partition, offset in last.items()}
    assert all(span.end > behind[partition] for partition, span in reader.offset_ranges([topic]).items())
    assert reader.first_records(behind) == {}
    assert list(reader.read([topic], start_offsets=behind)) == []


def test_reading_from_deleted_offsets_starts_at_the_first_remaining_record(reader: Reader, topic: str) -> None:
    """A group that had committed a deleted offset continues there too."""
    start_offsets = {Partition(topic, number): 1 for number in range(3)}
    first = reader.first_records(start_offsets)
    assert {record.offset for record in first.values()} == {DELETED // 3}
    assert len(list(reader.read([topic], start_offsets=start_offsets))) == RECORDS - DELETED


def test_an_emptied_topic_has_no_record(bus: KafkaBus, filler: Filler, reader: Reader) -> None:
    """Retention may delete every record of a topic."""
    name = f"topic-{uuid.uuid4().hex[:12]}"
    bus.ensure([TopicSpec(name)])
    filler.append([Outgoing(name, b"key", b"value")] * 1_000)
    filler.delete_before({Partition(name, 0): 1_000})
    assert reader.offset_ranges([name]) == {Partition(name, 0): OffsetRange(1_000, 1_000)}
    assert (list(reader.read([name])), reader.first_records({Partition(name, 0): 3})) == ([], {})


def test_a_compacted_topic_is_read_to_its_end(filler: Filler, reader: Reader) -> None:
    """Compaction leaves gaps between the offsets."""
    name = f"topic-{uuid.uuid4().hex[:12]}"
    filler.create_compacted_topic(name)
    until = time.monotonic() + PATIENCE
    offsets: list[int] = []
    # Kafka closes a segment, and compacts it, only after a later record was appended.
    while not _have_gap(offsets):
        assert time.monotonic() < until
        filler.append([Outgoing(name, b"%d" % (number % 100), bytes(100)) for number in range(RECORDS // 4)])
        filler.abort(name, 10)
        offsets = [record.offset for record in reader.read([name])]
    ((partition, span),) = reader.offset_ranges([name]).items()
    # The records before the first gap were appended last, or have keys that were not appended again.
    for start in (0, offsets[0] + 1, span.end // 2, offsets[-1], offsets[-1] + 1):
        first = reader.first_records({partition: start})
        expected = next((offset for offset in offsets if offset >= start), None)
        assert (first[partition].offset if first else None) == expected


def _have_gap(offsets: list[int]) -> bool:
    """Return True if more records are missing between two offsets than one aborted transaction."""
    return any(after - before > 100 for before, after in pairwise([-1, *offsets]))
