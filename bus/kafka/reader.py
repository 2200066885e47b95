"""Reads Kafka's topics outside any group: committed records only."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import GroupIdNotFoundError, KafkaError
from kafka.protocol.consumer import IsolationLevel

from bus.kafka import record_stream
from bus.kafka.clients import connect
from bus.kafka.error_policy import translate
from bus.kafka.settings import KafkaSettings
from bus.kafka.topics import members, partition_counts, retention_times
from bus.port import OffsetRange, Partition, Record, TopicSpec

# Bytes buffered per fetch; the default is 50 MB.
_FETCH_MAX_BYTES = 16_000_000
_MS_PER_SECOND = 1_000
_NO_ARGUMENTS: Mapping[str, Any] = {}
# For records one by one: a fetch brings little of what follows, and does not wait for more at the end of a partition.
_SINGLE_RECORDS = {"max_partition_fetch_bytes": 65_536, "fetch_max_wait_ms": 20}


class CommittedReader:
    """See `bus.port.Reader`. Its methods raise `Retry` when the broker is away."""

    def __init__(self, settings: KafkaSettings, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._monotonic = monotonic
        try:
            self._admin = connect(KafkaAdminClient, settings.client())
        except KafkaError as error:
            raise translate(error, "open reader") from error

    def topics(self) -> Sequence[TopicSpec]:
        """See the port."""
        counts = self._ask("topics", lambda: partition_counts(self._admin))
        return [TopicSpec(name, counts[name]) for name in sorted(counts)]

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port. An `end` counts transactions' markers too, and stops before a transaction still open."""
        ranges: dict[Partition, OffsetRange] = self._ask("offset ranges", lambda: self._offset_ranges(list(topics)))
        return ranges

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port. Raises `Retry` when the broker falls silent before the end, unless it follows."""
        starts, ends = self._bounds(topics, start_offsets or {}, with_empty=follow)
        if not starts:
            return
        with self._consumer("read", starts) as client:
            if follow:
                yield from record_stream.follow(client)
            else:
                yield from record_stream.read_until(client, ends, self._settings.deadline, self._monotonic)

    def first_records(self, offsets: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """See the port. Raises `Retry` when the broker falls silent before the answer is complete."""
        starts, ends = self._bounds({partition.topic for partition in offsets}, offsets)
        starts = {partition: start for partition, start in starts.items() if Partition(*partition) in offsets}
        if not starts:
            return {}
        first: dict[Partition, Record] = {}
        with self._consumer("first records", starts) as client:
            stops = {partition: ends[partition] for partition in starts}
            deadline, monotonic = self._settings.deadline, self._monotonic
            for record in record_stream.read_until(client, stops, deadline, monotonic, only_first=True):
                first.setdefault(Partition(record.topic, record.partition), record)
        return first

    def records_at(self, offsets: Mapping[Partition, Collection[int]]) -> Sequence[Record]:
        """See the port. Raises `Retry` when the broker falls silent before the answer is complete."""
        ranges = self.offset_ranges({partition.topic for partition in offsets})
        wanted = {
            TopicPartition(*partition): kept
            for partition, span in ranges.items()
            if (kept := sorted(at for at in offsets.get(partition, ()) if span.start <= at < span.end))
        }
        if not wanted:
            return []
        records: list[Record] = []
        first_offsets = {partition: kept[0] for partition, kept in wanted.items()}
        with self._consumer("records at offsets", first_offsets, _SINGLE_RECORDS) as client:
            for partition, kept in wanted.items():
                client.assign([partition])
                deadline, monotonic = self._settings.deadline, self._monotonic
                records += record_stream.read_at(client, partition, kept, deadline, monotonic)
        return records

    def retention_seconds(self, topics: Iterable[str]) -> Mapping[str, float]:
        """See the port. A user without the right to describe configurations is told no retention."""
        retention_ms = self._ask("retention", lambda: retention_times(self._admin, topics))
        return {name: time_ms / _MS_PER_SECOND for name, time_ms in retention_ms.items() if time_ms >= 0}

    def offsets_since(self, topics: Iterable[str], moment: int) -> Mapping[Partition, int]:
        """See the port."""
        ranges = self.offset_ranges(topics)
        offsets = self._ask("offsets since", lambda: self._offsets([TopicPartition(*key) for key in ranges], moment))
        return {
            partition: offset if (offset := offsets.get(TopicPartition(*partition), -1)) >= 0 else offset_range.end
            for partition, offset_range in ranges.items()
        }

    def committed(self, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """See the port."""
        names = set(topics)
        try:
            offsets = self._ask(
                "committed",
                lambda: self._admin.list_group_offsets({group: None})[group],
            )
        except GroupIdNotFoundError:
            return {}
        return {
            Partition(partition.topic, partition.partition): committed.offset
            for partition, committed in offsets.items()
            if partition.topic in names and committed.offset >= 0
        }

    def members(self, group: str) -> Sequence[str]:
        """See the port. A member that is not ours and has no name of its own has its client's name."""
        names: list[str] = self._ask("members", lambda: members(self._admin, group))
        return sorted(name.removeprefix(f"{group}-") for name in names)

    def close(self) -> None:
        """See the port."""
        self._admin.close()

    @contextmanager
    def _consumer(
        self, operation: str, starts: Mapping[TopicPartition, int], further_arguments: Mapping[str, Any] = _NO_ARGUMENTS
    ) -> Iterator[Any]:
        """Give the body a consumer that is positioned at `starts`; translate the errors of the body.

        Each read has a consumer of its own; opening one takes about 10 ms. kafka-python 3.0.12 may keep the fetched
        records of a paused partition for ever, and then never fetches this partition again, also after `resume` and
        `seek`.
        """
        client = self._ask(operation, lambda: connect(KafkaConsumer, {**self._arguments(), **further_arguments}))
        try:
            client.assign(list(starts))
            for partition, start in starts.items():
                client.seek(partition, start)
            yield client
        except KafkaError as error:
            raise translate(error, operation) from error
        finally:
            client.close(autocommit=False)

    def _bounds(
        self, topics: Iterable[str], start_offsets: Mapping[Partition, int], *, with_empty: bool = False
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        """Return where reading starts and ends, by partition; partitions with nothing to read only if `with_empty`."""
        starts: dict[TopicPartition, int] = {}
        ends: dict[TopicPartition, int] = {}
        for partition, offset_range in self.offset_ranges(topics).items():
            start = max(offset_range.start, start_offsets.get(partition, 0))
            if with_empty or start < offset_range.end:
                starts[TopicPartition(*partition)] = start
                ends[TopicPartition(*partition)] = offset_range.end
        return starts, ends

    def _offset_ranges(self, names: list[str]) -> dict[Partition, OffsetRange]:
        # An empty list would ask for every topic's metadata.
        counts = partition_counts(self._admin, names) if names else {}
        partitions = [TopicPartition(name, number) for name, count in counts.items() for number in range(count)]
        starts = self._offsets(partitions, OffsetSpec.EARLIEST)
        ends = self._offsets(partitions, OffsetSpec.LATEST)
        return {Partition(*partition): OffsetRange(starts[partition], ends[partition]) for partition in partitions}

    def _offsets(self, partitions: list[TopicPartition], spec: Any) -> dict[TopicPartition, int]:
        specs = dict.fromkeys(partitions, spec)
        answers = self._admin.list_partition_offsets(specs, isolation_level=IsolationLevel.READ_COMMITTED)
        return {partition: answer.offset for partition, answer in answers.items()}

    def _ask(self, operation: str, question: Any) -> Any:
        try:
            return question()
        except GroupIdNotFoundError:
            raise
        except KafkaError as error:
            raise translate(error, operation) from error

    def _arguments(self) -> dict[str, Any]:
        return {
            **self._settings.client(),
            "isolation_level": "read_committed",
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "allow_auto_create_topics": False,
            "fetch_max_bytes": _FETCH_MAX_BYTES,
        }
