"""Topics as operations staff see them: the number of records, and the records with identities masked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.operations.masking import mask_record
from bus.port import Partition, Reader, Record
from messages.shapes import Dispatch
from messages.topics import TRIAGE, Topic, agency_topic

# The search for the last records begins with a window of so many times their number, which then grows by this factor.
_WINDOW_FACTOR = 4


def topic_rows(reader: Reader, topics: Sequence[Topic]) -> list[dict[str, Any]]:
    """Return one row for each topic of the list."""
    record_counts: dict[str, int] = {}
    for partition, span in reader.offset_ranges([topic.name for topic in topics]).items():
        record_counts[partition.topic] = record_counts.get(partition.topic, 0) + span.end - span.start
    return [
        {
            "topic": topic.name,
            "shape": topic.shape.name if topic.shape else "as it was",
            "partitions": topic.partitions,
            "records": record_counts.get(topic.name, 0),
            "key": topic.key,
            "writer": topic.writer,
            "readers": ", ".join(topic.readers),
        }
        for topic in topics
    ]


def is_empty_queue(row: dict[str, Any]) -> bool:
    """Return True for the row of an agency's queue without records; the queue of triage is always listed."""
    is_queue = row["shape"] == Dispatch.name and row["topic"] != agency_topic(TRIAGE)
    return is_queue and not row["records"]


def all_records(_record: Record) -> bool:
    """Return True: every record is wanted."""
    return True


class TopicTail:
    """Records of one topic as JSON values, masked.

    `since`: only records that the bus took at this moment or later (milliseconds since 1970 UTC). `wants` decides by
    the whole record, with the parts that are masked later; `shows` decides by the masked values.
    """

    def __init__(
        self,
        reader: Reader,
        topic: str,
        since: int = 0,
        wants: Callable[[Record], bool] = all_records,
        shows: Callable[[dict[str, Any]], bool] = lambda _value: True,
    ) -> None:
        self._reader = reader
        self._topic = topic
        self._since = since
        self._wants = wants
        self._shows = shows

    def records(self, *, follow: bool) -> Iterator[dict[str, Any]]:
        """Yield the records, partition by partition. `follow` continues with new records."""
        records = self._reader.read([self._topic], follow=follow, start_offsets=self._first_offsets())
        return (value for _, value in self._chosen(records))

    def last(self, count: int, *, follow: bool) -> Iterator[dict[str, Any]]:
        """Yield the last `count` records in the order of time. `follow` continues with new records."""
        ranges = self._reader.offset_ranges([self._topic])
        ends = {partition: span.end for partition, span in ranges.items()}
        first_offsets = self._first_offsets()
        chosen = [
            pair
            for partition, span in ranges.items()
            for pair in self._last_of(partition, max(span.start, first_offsets.get(partition, 0)), ends, count)
        ]
        chosen.sort(key=lambda pair: (pair[0].timestamp, pair[0].partition, pair[0].offset))
        yield from (value for _, value in chosen[-count:])
        if follow:
            new_records = self._reader.read([self._topic], follow=True, start_offsets=ends)
            yield from (value for _, value in self._chosen(new_records))

    def _last_of(
        self, partition: Partition, first: int, ends: Mapping[Partition, int], count: int
    ) -> Sequence[tuple[Record, dict[str, Any]]]:
        """Return the last chosen records of one partition. It is read backwards, in windows that grow."""
        end, window = ends[partition], count * _WINDOW_FACTOR
        while True:
            start = max(first, end - window)
            records = self._reader.read([self._topic], start_offsets={**ends, partition: start})
            chosen = list(self._chosen(record for record in records if _is_before_end(record, ends)))
            if len(chosen) >= count or start == first:
                return chosen[-count:]
            window *= _WINDOW_FACTOR

    def _chosen(self, records: Iterable[Record]) -> Iterator[tuple[Record, dict[str, Any]]]:
        """Yield the chosen records with their masked values."""
        for record in records:
            if self._wants(record) and self._shows(value := mask_record(record)):
                yield record, value

    def _first_offsets(self) -> Mapping[Partition, int]:
        return self._reader.offsets_since([self._topic], self._since) if self._since else {}


def _is_before_end(record: Record, ends: Mapping[Partition, int]) -> bool:
    return record.offset < ends[Partition(record.topic, record.partition)]
