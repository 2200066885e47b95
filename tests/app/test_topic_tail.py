"""Records of a topic as `satupintu tail` shows them: the last ones, those since a time, and those with a text."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.operations.topic_view import TopicTail
from bus.local.bus import LocalBus
from bus.port import Outgoing, Reader, Record, TopicSpec
from messages import codec
from messages.shapes import AuditHead
from messages.topics import AUDIT_HEADS
from tests.conftest import NOW

_PARTITIONS = 3
_RECORDS = 40


@pytest.fixture
def bus(tmp_path: Path) -> LocalBus:
    """Return a bus with a topic of forty records, which it took one second after another."""
    seconds = iter(range(1_000_000, 2_000_000))
    bus_ = LocalBus(tmp_path / "bus.db", lambda: float(next(seconds)))
    bus_.ensure([TopicSpec(AUDIT_HEADS, _PARTITIONS)])
    publish(bus_, range(1, _RECORDS + 1))
    return bus_


@pytest.fixture
def reader(bus: LocalBus) -> Iterator[Reader]:
    """Return a reader of this bus."""
    with closing(bus.reader()) as reader_:
        yield reader_


def publish(bus: LocalBus, numbers: Iterable[int]) -> None:
    """Publish heads of an audit log with these numbers of rows, each with a key of its own."""
    with closing(bus.producer()) as producer:
        for number in numbers:
            id_ = UUID(int=number)
            head = AuditHead(id=id_, message_id=id_, at=NOW, rows=number, hash="0" * 64)
            producer.publish([Outgoing(AUDIT_HEADS, *codec.encode(head, str(number), "/operations"))])


def row_numbers(values: Iterator[dict[str, Any]]) -> list[int]:
    """Return the numbers of rows of these values."""
    return [value["value"]["rows"] for value in values]


@pytest.mark.parametrize("count", [0, 1, 5, _RECORDS, 3 * _RECORDS])
def test_the_last_records_are_those_of_the_latest_time(reader: Reader, count: int) -> None:
    """The last records of all partitions come in the order of time, and no earlier record instead of one of them."""
    expected = list(range(1, _RECORDS + 1))[_RECORDS - min(count, _RECORDS) :]
    assert row_numbers(TopicTail(reader, AUDIT_HEADS).last(count, follow=False)) == expected


def test_the_last_chosen_records_are_searched_backwards(reader: Reader) -> None:
    """A choice by what is not shown and by what is shown holds for the last records and for all of them."""

    def is_even(record: Record) -> bool:
        return int(record.key) % 2 == 0

    def has_a_four(value: dict[str, Any]) -> bool:
        return "4" in str(value["value"]["rows"])

    tail = TopicTail(reader, AUDIT_HEADS, wants=is_even, shows=has_a_four)
    assert row_numbers(tail.last(2, follow=False)) == [34, 40]
    assert sorted(row_numbers(tail.records(follow=False))) == [4, 14, 24, 34, 40]


def test_records_since_a_time(reader: Reader) -> None:
    """Only records that the bus took at this time or later are shown, however many are asked for."""
    times = {
        value["value"]["rows"]: value["timestamp"] for value in TopicTail(reader, AUDIT_HEADS).records(follow=False)
    }
    tail = TopicTail(reader, AUDIT_HEADS, since=times[30])
    assert sorted(row_numbers(tail.records(follow=False))) == list(range(30, _RECORDS + 1))
    assert row_numbers(tail.last(100, follow=False)) == list(range(30, _RECORDS + 1))


def test_new_records_follow_the_last_ones(bus: LocalBus, reader: Reader) -> None:
    """After the last records, new ones follow, and none is shown twice."""
    values = TopicTail(reader, AUDIT_HEADS).last(2, follow=True)
    assert row_numbers(islice(values, 2)) == [39, 40]
    publish(bus, [_RECORDS + 1])
    assert row_numbers(islice(values, 1)) == [41]
