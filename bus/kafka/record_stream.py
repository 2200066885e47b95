"""Yields the records that a kafka-python consumer fetches from its assigned partitions."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
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
    client: Any, ends: Mapping[TopicPartition, int], patience: float, *, only_first: bool = False
) -> Iterator[Record]:
    """Yield the records before `ends`. An end may lie past the last record, behind markers and aborted records.

    `only_first`: of each partition no more than came with its first record. Raises `Retry` when the broker is silent
    for `patience` seconds.
    """
    silent_since = time.monotonic()
    unfinished = dict(ends)
    while unfinished:
        batches = client.poll(_POLL_MS)
        for partition, records in batches.items():
            yield from (record_of(record) for record in records if record.offset < ends[partition])
        finished = _finished(client, unfinished, batches.keys() if only_first else ())
        for partition in finished:
            del unfinished[partition]
            client.pause(partition)
        if batches or finished:
            silent_since = time.monotonic()
        elif time.monotonic() - silent_since > patience:
            raise Retry("kafka: the broker fell silent")


def _finished(
    client: Any, unfinished: Mapping[TopicPartition, int], satisfied: Collection[TopicPartition]
) -> Sequence[TopicPartition]:
    """Return the partitions whose end was reached, and those that need no further record."""
    return [
        partition
        for partition, end in unfinished.items()
        if partition in satisfied or (client.position(partition, timeout_ms=0) or 0) >= end
    ]
