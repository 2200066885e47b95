"""Compares a kept store with the bus: an incremental pass needs the records that were read to be there still.

A difference is no fault of the service. The audit makes a full pass then.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Literal, TypeAlias

from bus.port import OffsetRange, Partition, Reader, Record
from monitor.audit.audit_store import VERSION, AuditStore, KeptPlace
from monitor.audit.facts import shape_versions

_MS_PER_SECOND = 1_000

# Why an audit read everything. `asked`: a person wanted it.
FullReason: TypeAlias = Literal[
    "asked", "first", "daily", "damaged", "other_version", "retention", "offsets_set_back", "topic_changed"
]
# The same for persons who did not ask.
FULL_PASSES: Mapping[str, str] = MappingProxyType(
    {
        "first": "there is no earlier audit in SATUPINTU_HOME",
        "daily": "the last time was a day ago",
        "damaged": "the file of the earlier audit is damaged",
        "other_version": "the earlier audit was made by another version",
        "retention": "retention deleted records since the earlier audit",
        "offsets_set_back": "the offsets of a stage were set back",
        "topic_changed": "a topic lost records or was made again",
    }
)


class CheckpointUnusable(Exception):
    """The kept store does not fit the bus; `reason` says why."""

    def __init__(self, reason: FullReason) -> None:
        super().__init__(reason)
        self.reason = reason


def store_version() -> str:
    """Return the version of a store that this program writes, with those of the records that it has read."""
    return f"{VERSION} {shape_versions()}"


def check_version(store: AuditStore, horizon: datetime) -> None:
    """Raise `CheckpointUnusable` for a store of another version, or if retention periods are longer than before."""
    state = store.state()
    if state.get("version") != store_version():
        raise CheckpointUnusable("other_version")
    if state["horizon"] > int(horizon.timestamp() * _MS_PER_SECOND):
        raise CheckpointUnusable("retention")


def check_bus(
    store: AuditStore,
    reader: Reader,
    spans: Mapping[Partition, OffsetRange],
    committed: Mapping[tuple[str, Partition], int],
) -> None:
    """Raise `CheckpointUnusable` if records that were read are gone or others, or a stage was set back."""
    places = store.places()
    for partition, place in places.items():
        span = spans.get(partition)
        if span is None or span.start < place.start or span.end <= place.last_offset:
            raise CheckpointUnusable("topic_changed")
        if span.start > place.start:
            raise CheckpointUnusable("retention")
    if any(committed.get(key, 0) < offset for key, offset in store.group_offsets().items()):
        raise CheckpointUnusable("offsets_set_back")
    if not all(_has_last_records(reader, places)):
        raise CheckpointUnusable("topic_changed")


def _has_last_records(reader: Reader, places: Mapping[Partition, KeptPlace]) -> list[bool]:
    """Return for each partition whether its last record that was read is still the same: a new topic has another."""
    last_offsets = {partition: place.last_offset for partition, place in places.items() if place.last_offset >= 0}
    records = reader.first_records(last_offsets)
    return [
        partition in records
        and records[partition].offset == offset
        and record_digest(records[partition]) == places[partition].last_digest
        for partition, offset in last_offsets.items()
    ]


def record_digest(record: Record) -> bytes:
    """Return a digest that another record at the same offset does not have."""
    identity = f"{record.offset} {record.timestamp} {len(record.key)} ".encode()
    return blake2b(identity + record.key + record.value, digest_size=16).digest()
