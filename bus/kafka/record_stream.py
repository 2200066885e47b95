"""Yields the records that a kafka-python consumer fetches from its assigned partitions."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from kafka import TopicPartition

from bus.errors import Retry
from bus.kafka.records import record_of
from bus.port import Record

_POLL_MS = 200


def follow(client: Any) -> Iterator[Record]:
    """Yield records for ever, as they are committed."""
    while True:
        for records in client.poll(_POLL_MS).values():
            yield from map(record_of, records)


def read_until(
    client: Any,
    ends: Mapping[TopicPartition, int],
    patience: float,
    monotonic: Callable[[], float],
    *,
    only_first: bool = False,
) -> Iterator[Record]:
    """Yield the records before `ends`. An end may lie past the last record, behind markers and aborted records.

    `only_first`: of each partition no more than came with its first record. Raises `Retry` when for `patience` seconds
    no partition came nearer to its end. The consumer can't be used for another read: its finished partitions stay
    paused.
    """
    silence = _Silence(patience, monotonic)
    unfinished = dict(ends)
    while unfinished:
        batches = client.poll(_POLL_MS)
        for partition, records in batches.items():
            yield from (record_of(record) for record in records if record.offset < ends[partition])
        reached = _reached(client, batches, unfinished)
        silence.record(reached, has_records=bool(batches))
        satisfied = batches.keys() if only_first else ()
        for partition in _finished(reached, unfinished, satisfied):
            del unfinished[partition]
            client.pause(partition)


def read_at(
    client: Any,
    partition: TopicPartition,
    offsets: Sequence[int],
    patience: float,
    monotonic: Callable[[], float],
) -> Iterator[Record]:
    """Yield the records at these offsets of the only assigned partition, with one seek for each.

    An offset without a committed record is left out. Raises `Retry` when for `patience` seconds nothing came.
    """
    for offset in offsets:
        client.seek(partition, offset)
        silence = _Silence(patience, monotonic)
        while True:
            batches = client.poll(_POLL_MS, max_records=1)
            reached = _reached(client, batches, (partition,))
            silence.record(reached, has_records=bool(batches))
            yield from (record_of(record) for record in batches.get(partition, ()) if record.offset == offset)
            if reached[partition] > offset:
                break


class _Silence:
    """Measures how long no partition came nearer to its end."""

    def __init__(self, patience: float, monotonic: Callable[[], float]) -> None:
        self._patience = patience
        self._monotonic = monotonic
        self._progress_at = monotonic()
        self._positions: Mapping[TopicPartition, int] = {}

    def record(self, reached: Mapping[TopicPartition, int], *, has_records: bool) -> None:
        """Record the positions after a poll. Raises `Retry` after more than `patience` seconds without progress."""
        if has_records or reached != self._positions:
            self._progress_at = self._monotonic()
        elif self._monotonic() - self._progress_at > self._patience:
            raise Retry("kafka: the broker fell silent")
        if not has_records:
            self._positions = reached


def _reached(
    client: Any, batches: Mapping[TopicPartition, Sequence[Any]], unfinished: Collection[TopicPartition]
) -> Mapping[TopicPartition, int]:
    """Return the next offset of each partition that came with records. Without records, that of each unfinished one.

    Markers and aborted records move a position without records. kafka-python looks at all partitions for one position,
    so the positions are asked for only after an empty poll.
    """
    if batches:
        return {partition: records[-1].offset + 1 for partition, records in batches.items()}
    return {partition: client.position(partition, timeout_ms=0) or 0 for partition in unfinished}


def _finished(
    reached: Mapping[TopicPartition, int],
    unfinished: Mapping[TopicPartition, int],
    satisfied: Collection[TopicPartition],
) -> Sequence[TopicPartition]:
    """Return the partitions whose end was reached, and those that need no further record."""
    return [
        partition for partition, offset in reached.items() if partition in satisfied or offset >= unfinished[partition]
    ]
