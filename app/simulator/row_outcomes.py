"""Outcomes of the rows of a replay: the complaint or the reason why it is none, and the agency that has it now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Literal, TypeVar
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col, select

from app.assembly.parts import Parts
from bus.port import Reader, Record
from cases.facts.tables import ComplaintFact, DispatchFact
from config.conditions import is_one_of
from config.database import read_transaction
from messages import codec
from messages.dead_letters import read_dead_letter
from messages.shapes import OversightEvent, RawMessage, WireModel
from messages.topics import OVERSIGHT, dead_letter_topic

Wire = TypeVar("Wire", bound=WireModel)
_POLL_SECONDS = 0.5
RowState = Literal["complaint", "set_aside", "dead_letter", "pending", "refused"]


@dataclass(frozen=True, slots=True)
class SentRow:
    """Row of the file that was sent: its position from 1, its id, the channel, and the number that the door gave.

    `refusal` is the door's reason if it accepted nothing.
    """

    row: int
    id: str
    channel: str
    number: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """Outcome of one row. Of a complaint: its `relation`, the number that it is related to, and the `agency` now.

    `reason` is the code why it was refused at the door, set aside, or became a dead letter. `pending`: no stage has
    decided about it yet.
    """

    row: int
    id: str
    channel: str
    number: str
    state: RowState
    relation: str = ""
    related_number: str = ""
    agency: str = ""
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the outcome as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _LedgerEntry:
    relation: str
    related_number: str
    agency: str


def settled_outcomes(parts: Parts, rows: Sequence[SentRow], patience: float) -> Sequence[RowOutcome]:
    """Return the outcomes when the ledger has the agency of each complaint, or the last ones after `patience` seconds.

    An audit reads the topics. The ledger may not have read the last dispatches when nothing is pending there.
    """
    deadline = parts.clock.monotonic() + patience
    while True:
        outcomes = list(row_outcomes(parts, rows))
        is_settled = all(outcome.agency or outcome.state != "complaint" for outcome in outcomes)
        if is_settled or parts.clock.monotonic() >= deadline:
            return outcomes
        parts.clock.sleep(_POLL_SECONDS)


def row_outcomes(parts: Parts, rows: Sequence[SentRow]) -> Iterator[RowOutcome]:
    """Yield the outcome of each row, in the order of the rows."""
    numbers = sorted({row.number for row in rows if row.number})
    with read_transaction(parts.engine) as connection:
        entries = dict(_ledger_entries(connection, numbers))
    with closing(parts.bus.reader()) as reader:
        set_aside, dead = _set_aside_reasons(reader), _dead_letter_reasons(reader)
    for row in rows:
        yield _outcome(row, entries, set_aside, dead)


def _outcome(
    row: SentRow, entries: Mapping[str, _LedgerEntry], set_aside: Mapping[str, str], dead: Mapping[str, str]
) -> RowOutcome:
    sent = (row.row, row.id, row.channel, row.number)
    if row.refusal:
        return RowOutcome(*sent, "refused", reason=row.refusal)
    if entry := entries.get(row.number):
        return RowOutcome(*sent, "complaint", entry.relation, entry.related_number, entry.agency)
    if row.number in set_aside:
        return RowOutcome(*sent, "set_aside", reason=set_aside[row.number])
    if row.number in dead:
        return RowOutcome(*sent, "dead_letter", reason=dead[row.number])
    return RowOutcome(*sent, "pending")


def _ledger_entries(connection: Connection, numbers: Sequence[str]) -> Iterator[tuple[str, _LedgerEntry]]:
    """Yield each of these numbers that the ledger has, with the agency of its latest dispatch."""
    columns = (ComplaintFact.tracking, ComplaintFact.id, ComplaintFact.relation, ComplaintFact.of)
    complaints = connection.execute(
        select(*map(col, columns)).where(is_one_of(col(ComplaintFact.tracking), numbers))
    ).all()
    agencies = _current_agencies(connection, [row.id for row in complaints])
    related_numbers = _numbers_of(connection, [row.of for row in complaints if row.of])
    for row in complaints:
        related_number = related_numbers.get(row.of, "") if row.of else ""
        yield row.tracking, _LedgerEntry(row.relation, related_number, agencies.get(row.id, ""))


def _current_agencies(connection: Connection, complaint_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    query = select(col(DispatchFact.complaint_id), col(DispatchFact.agency))
    query = query.where(is_one_of(col(DispatchFact.complaint_id), complaint_ids)).order_by(col(DispatchFact.hop))
    return {row.complaint_id: row.agency for row in connection.execute(query)}


def _numbers_of(connection: Connection, complaint_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    query = select(col(ComplaintFact.id), col(ComplaintFact.tracking)).where(
        is_one_of(col(ComplaintFact.id), complaint_ids)
    )
    return {row.id: row.tracking for row in connection.execute(query)}


def _set_aside_reasons(reader: Reader) -> Mapping[str, str]:
    """Return the reason of each message that is no complaint, by its number."""
    events = _readable(OversightEvent, reader.read([OVERSIGHT]))
    return {event.tracking: event.reason for _, event in events if event.event == "not-a-complaint" and event.tracking}


def _dead_letter_reasons(reader: Reader) -> Mapping[str, str]:
    """Return the reason of each arrival that the normalizer could not process, by its number."""
    arrivals = _readable(RawMessage, reader.read([dead_letter_topic("normalize")]))
    return {
        raw.tracking: read_dead_letter(record.topic, record.position, record.headers).reason for record, raw in arrivals
    }


def _readable(shape: type[Wire], records: Iterable[Record]) -> Iterator[tuple[Record, Wire]]:
    """Yield the records that can be read, with their content."""
    for record in records:
        try:
            yield record, codec.decode(shape, record.value, record.headers)
        except (codec.CodecError, codec.NewerVersionError):
            continue
