"""Topics as operations staff see them: the number of records, and the records with identities masked."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.operations.masking import mask_record
from bus.port import Reader
from messages.shapes import Dispatch
from messages.topics import TRIAGE, Topic, agency_topic


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
    """Return True for the row of an agency's queue without records. The queue of triage counts as a topic of ours."""
    is_queue = row["shape"] == Dispatch.name and row["topic"] != agency_topic(TRIAGE)
    return is_queue and not row["records"]


def masked_records(reader: Reader, topic: str, *, follow: bool) -> Iterator[dict[str, Any]]:
    """Return each record of the topic as JSON values, masked. `follow` continues with new records."""
    for record in reader.read([topic], follow=follow):
        yield mask_record(record)
