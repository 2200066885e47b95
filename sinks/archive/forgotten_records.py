"""Finds the records of forgotten persons, and removes the words from them.

A record keeps its position, key, time and headers. Its value becomes what remains of the message, or empty if it cannot
be decoded. A record that has no words, or no longer, is not changed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from bus.errors import Stop
from bus.port import Record
from messages import codec, ids
from messages.answer_check import AnswerCheck
from messages.forgotten import Forgotten, remains_of
from messages.recommendation import Recommendation
from messages.shapes import (
    AgencyAnswer,
    Complaint,
    Correction,
    Dispatch,
    OversightEvent,
    Quarantined,
    RawMessage,
    Reply,
    WireModel,
)
from sinks.archive.columns import row_of
from sinks.archive.person_keys_file import ArchivedKey

# Columns by which records are found. The key of an arrival, also as a dead letter, is the keyed hash of its sender.
FLAT_COLUMNS = ("offset", "timestamp", "key", "id", "message_id", "complaint_id", "subject", "at")
_TRACE_HEADER, _TRACE_ID = "traceparent", slice(3, 35)
_BY_SENDER = ("raw-", "quarantine", "dead-")
_WITH_WORDS = (
    *(AgencyAnswer, Complaint, Correction, Dispatch, OversightEvent, Quarantined, RawMessage, Recommendation, Reply),
)
_SHAPES: Mapping[str, type[WireModel]] = MappingProxyType({shape.name: shape for shape in _WITH_WORDS})


class ForgottenPersons:
    """Persons whom these tombstones name, and what leads to them."""

    def __init__(self, tombstones: Collection[Forgotten]) -> None:
        self._complaint_ids = {id_ for tombstone in tombstones for id_ in tombstone.complaint_ids}
        self._requested_at: dict[str, datetime] = {}
        for tombstone in sorted(tombstones, key=lambda tombstone: tombstone.at):
            self._requested_at[tombstone.sender] = tombstone.at

    def __bool__(self) -> bool:
        """Return True if somebody is forgotten."""
        return bool(self._requested_at)

    def has_row(self, topic: str, row: Mapping[str, Any]) -> bool:
        """Return True if the flat columns of a row lead to a forgotten person."""
        if topic.startswith(_BY_SENDER) and self._is_sent_by_forgotten(row["key"], row["at"] or row["timestamp"]):
            return True
        if row["complaint_id"]:
            return UUID(row["complaint_id"]) in self._complaint_ids
        candidates = [UUID(row[name]) for name in ("id", "subject") if row[name]]
        if row["message_id"]:
            candidates.append(ids.complaint_id(UUID(row["message_id"])))
        return not self._complaint_ids.isdisjoint(candidates)

    def has_record(self, record: Record) -> bool:
        """Return True if a record leads to a forgotten person, by its value or else by its trace."""
        row = dict.fromkeys(FLAT_COLUMNS) | row_of(record, _shape_of(record))
        row["message_id"] = row["message_id"] or _traced_message(record)
        return self.has_row(record.topic, row)

    def has_message(self, message_id: UUID) -> bool:
        """Return True if an accepted message is of a forgotten person."""
        return ids.complaint_id(message_id) in self._complaint_ids

    def _is_sent_by_forgotten(self, key: bytes, at: datetime) -> bool:
        requested_at = self._requested_at.get(key.decode(errors="replace"))
        return requested_at is not None and at <= requested_at


class ForgottenRecords(ForgottenPersons):
    """Records of the persons whom these tombstones name. `answer_check` authenticates answers without their text."""

    def __init__(self, tombstones: Collection[Forgotten], answer_check: AnswerCheck) -> None:
        super().__init__(tombstones)
        self._answer_check = answer_check

    def redraw(self, record: Record) -> Record:
        """Return the record, without words if it is of a forgotten person."""
        return self.without_words(record) if self.has_record(record) else record

    def without_words(self, record: Record) -> Record:
        """Return the record of a forgotten person without words. Raises `Stop` for one of a newer program."""
        shape = _shape_of(record)
        if shape is None:
            return record if record.header("ce_type") else replace(record, value=b"")
        try:
            message = codec.decode(shape, record.value, record.headers)
        except codec.CodecError:
            return replace(record, value=b"")
        except codec.NewerVersionError as error:
            raise Stop(f"{record.position} cannot be redrawn: {error}.") from error
        remains = self._remains_of(message)
        if remains == message:
            return record
        _, current_headers = codec.upcast(shape, record.value, record.headers)
        return replace(record, value=remains.model_dump_json().encode(), headers=current_headers)

    def without_keys(self, keys: Iterable[ArchivedKey]) -> Iterable[ArchivedKey]:
        """Yield the keys, those of forgotten persons as destroyed. A key from after the request stays: it is new."""
        for key in keys:
            requested_at = self._requested_at.get(key.sender)
            is_forgotten = requested_at is not None and key.created_at <= requested_at
            destroyed = key._replace(wrapped="", root_key_id="", retired_at=key.retired_at or requested_at)
            yield destroyed if is_forgotten else key

    def _remains_of(self, message: WireModel) -> WireModel:
        if isinstance(message, AgencyAnswer):
            return self._answer_check.without_text(message)
        return remains_of(message)


def decode_tombstones(records: Iterable[Record]) -> list[Forgotten]:
    """Return the tombstones in records of the topic `forgotten`. Raises `Stop` for another record."""
    tombstones = []
    for record in records:
        try:
            tombstones.append(codec.decode(Forgotten, record.value, record.headers))
        except codec.CodecError as error:
            raise Stop(f"{record.position} is no tombstone of a forgotten person: {error}.") from error
    return tombstones


def _shape_of(record: Record) -> type[WireModel] | None:
    return _SHAPES.get(codec.shape_name(record.header("ce_type")))


def _traced_message(record: Record) -> str | None:
    """Return the arrival that a record follows from, by its trace context."""
    try:
        return str(UUID(record.header(_TRACE_HEADER)[_TRACE_ID]))
    except ValueError:
        return None
