"""A look at Kafka's topics: committed records only, outside any group."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import GroupIdNotFoundError, KafkaError
from kafka.protocol.consumer import IsolationLevel

from bus.errors import Retry
from bus.kafka.clients import connect
from bus.kafka.error_policy import translate
from bus.kafka.records import record_of
from bus.kafka.settings import KafkaSettings
from bus.kafka.topics import members, partitions
from bus.port import OffsetRange, Partition, Record, TopicSpec

_POLL_MS = 200


class CommittedReader:
    """See `bus.port.Reader`. Its methods raise `Retry` when the broker is away."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        # Looks for single records again and again; opened when it is first needed.
        self._client: Any = None
        try:
            self._admin = connect(KafkaAdminClient, settings.client())
        except KafkaError as error:
            raise translate(error, "open reader") from error

    def topics(self) -> Sequence[TopicSpec]:
        """See the port."""
        there = self._ask("topics", lambda: partitions(self._admin))
        return [TopicSpec(name, there[name]) for name in sorted(there)]

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port. An `end` counts transactions' markers too, and stops before a transaction still open."""
        spans: dict[Partition, OffsetRange] = self._ask("spans", lambda: self._offset_ranges(list(topics)))
        return spans

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port. Raises `Retry` when the broker falls silent before the end, unless it follows."""
        known = start_offsets or {}
        spans = {
            place: OffsetRange(max(span.start, known.get(place, 0)), span.end)
            for place, span in self.offset_ranges(topics).items()
        }
        starts = {
            TopicPartition(*place): span.start for place, span in spans.items() if follow or span.start < span.end
        }
        ends = {TopicPartition(*place): span.end for place, span in spans.items()}
        if not starts:
            return
        client = self._ask("read", lambda: connect(KafkaConsumer, self._arguments()))
        try:
            client.assign(list(starts))
            for partition, start in starts.items():
                client.seek(partition, start)
            yield from (
                _follow(client) if follow else _read(client, {p: ends[p] for p in starts}, self._settings.deadline)
            )
        except KafkaError as error:
            raise translate(error, "read") from error
        finally:
            client.close(autocommit=False)

    def first_records(self, places: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """See the port. Raises `Retry` when the broker falls silent before it said what there is."""
        spans = self.offset_ranges({place.topic for place in places})
        sought = {place: max(offset, spans[place].start) for place, offset in places.items() if place in spans}
        ends = {
            TopicPartition(*place): spans[place].end for place, offset in sought.items() if offset < spans[place].end
        }
        found: dict[Partition, Record] = {}
        if not ends:
            return found
        client = self._client = self._client or self._ask("first", lambda: connect(KafkaConsumer, self._arguments()))
        try:
            client.assign(list(ends))
            client.resume(*ends)
            for place in ends:
                client.seek(place, sought[Partition(*place)])
            for record in _read(client, ends, self._settings.deadline, only_first=True):
                found.setdefault(Partition(record.topic, record.partition), record)
        except KafkaError as error:
            self._forget()
            raise translate(error, "first") from error
        return found

    def offsets_since(self, topics: Iterable[str], moment: int) -> Mapping[Partition, int]:
        """See the port."""
        spans = self.offset_ranges(topics)
        found = self._ask("since", lambda: self._offsets([TopicPartition(*place) for place in spans], moment))
        return {
            place: at if (at := found.get(TopicPartition(*place), -1)) >= 0 else span.end
            for place, span in spans.items()
        }

    def committed(self, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """See the port."""
        wanted = set(topics)
        try:
            offsets = self._ask(
                "committed",
                lambda: self._admin.list_group_offsets({group: None})[group],
            )
        except GroupIdNotFoundError:
            return {}
        return {
            Partition(place.topic, place.partition): found.offset
            for place, found in offsets.items()
            if place.topic in wanted and found.offset >= 0
        }

    def members(self, group: str) -> Sequence[str]:
        """See the port. A member that is not ours and has no name of its own goes by its client's."""
        found: list[str] = self._ask("members", lambda: members(self._admin, group))
        return sorted(name.removeprefix(f"{group}-") for name in found)

    def close(self) -> None:
        """See the port."""
        self._forget()
        self._admin.close()

    def _forget(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close(autocommit=False)

    def _offset_ranges(self, names: list[str]) -> dict[Partition, OffsetRange]:
        # An empty list would ask for every topic's metadata.
        counts = partitions(self._admin, names) if names else {}
        places = [TopicPartition(name, number) for name, count in counts.items() for number in range(count)]
        starts = self._offsets(places, OffsetSpec.EARLIEST)
        ends = self._offsets(places, OffsetSpec.LATEST)
        return {Partition(*place): OffsetRange(starts[place], ends[place]) for place in places}

    def _offsets(self, places: list[TopicPartition], spec: Any) -> dict[TopicPartition, int]:
        asked = dict.fromkeys(places, spec)
        found = self._admin.list_partition_offsets(asked, isolation_level=IsolationLevel.READ_COMMITTED)
        return {place: at.offset for place, at in found.items()}

    def _ask(self, doing: str, question: Any) -> Any:
        try:
            return question()
        except GroupIdNotFoundError:
            raise
        except KafkaError as error:
            raise translate(error, doing) from error

    def _arguments(self) -> dict[str, Any]:
        return {
            **self._settings.client(),
            "isolation_level": "read_committed",
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "allow_auto_create_topics": False,
            "fetch_max_bytes": 16_000_000,
        }


def _follow(client: Any) -> Iterator[Record]:
    while True:
        for records in client.poll(_POLL_MS).values():
            yield from map(record_of, records)


def _read(
    client: Any, ends: dict[TopicPartition, int], patience: float, *, only_first: bool = False
) -> Iterator[Record]:
    """Up to `ends`, which may lie past the last record: behind it can be markers and aborted records.

    `only_first`: of each partition no more than came with its first record.
    """
    silent_since = time.monotonic()
    left = dict(ends)
    while left:
        found = client.poll(_POLL_MS)
        for partition, records in found.items():
            yield from (record_of(record) for record in records if record.offset < ends[partition])
        done = [
            partition
            for partition in left
            if (only_first and partition in found) or (client.position(partition, timeout_ms=0) or 0) >= ends[partition]
        ]
        for partition in done:
            del left[partition]
            client.pause(partition)
        if found or done:
            silent_since = time.monotonic()
        elif time.monotonic() - silent_since > patience:
            raise Retry("kafka: the broker fell silent")
