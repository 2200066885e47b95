"""Converts kafka-python's records."""

from typing import Any

from bus.port import Record


def record_of(record: Any) -> Record:
    """Return the record in the port's form. A null key, value or header of another writer becomes empty."""
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key or b"",
        value=record.value or b"",
        headers=tuple((name, value or b"") for name, value in record.headers),
    )
