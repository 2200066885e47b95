"""kafka-python's record as ours."""

from typing import Any

from bus.port import Record


def record_of(record: Any) -> Record:
    """Nothing is null with us: what another writer left null is empty."""
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key or b"",
        value=record.value or b"",
        headers=tuple((name, value or b"") for name, value in record.headers),
    )
