"""Lookups of forgotten persons, which each sink and stage makes before it writes words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Uuid, bindparam, null, type_coerce, union_all
from sqlmodel import col, select

from config.database import statement_chunks
from config.row_insertion import insert_missing_rows
from privacy.tables import ForgottenSender, PersonReport


class SentReport(NamedTuple):
    """A message of a sender, as the normalizer decided about it."""

    complaint_id: UUID
    message_id: UUID
    sender: str
    received_at: datetime
    has_shared_seal: bool


class Forgotten(NamedTuple):
    """Senders who are forgotten, with the time, and complaints whose words must not be written any more."""

    senders: Mapping[str, datetime]
    complaint_ids: Collection[UUID]


_FORGOTTEN_SENDERS = select(col(ForgottenSender.sender), col(ForgottenSender.forgotten_at)).where(
    col(ForgottenSender.sender).in_(bindparam("senders", expanding=True))
)
# Complaints among `complaint_ids` whose words must not be written any more. A part of larger statements, too.
FORGOTTEN_COMPLAINTS = select(col(PersonReport.complaint_id)).where(
    col(PersonReport.complaint_id).in_(bindparam("complaint_ids", expanding=True)),
    col(PersonReport.forgotten_at).is_not(None),
)
_FORGOTTEN = union_all(
    _FORGOTTEN_SENDERS.add_columns(type_coerce(null(), Uuid())),
    FORGOTTEN_COMPLAINTS.with_only_columns(null(), null(), col(PersonReport.complaint_id)),
)


def read_forgotten(connection: Connection, senders: Iterable[str], complaint_ids: Iterable[UUID]) -> Forgotten:
    """Return which of these senders and complaints are forgotten, by one statement for both."""
    forgotten_at: dict[str, datetime] = {}
    forgotten_ids: set[UUID] = set()
    chunks = (statement_chunks(sorted(set(senders))), statement_chunks(sorted(set(complaint_ids))))
    for sender_chunk, id_chunk in zip_longest(*chunks, fillvalue=()):
        rows = connection.execute(_FORGOTTEN, {"senders": sender_chunk, "complaint_ids": id_chunk})
        for sender, at, complaint_id in rows:
            if complaint_id is not None:
                forgotten_ids.add(complaint_id)
            else:
                forgotten_at[sender] = at
    return Forgotten(forgotten_at, forgotten_ids)


def forgotten_complaints(connection: Connection, complaint_ids: Iterable[UUID]) -> Collection[UUID]:
    """Return those of these complaints whose words must not be written any more."""
    forgotten: set[UUID] = set()
    for chunk in statement_chunks(sorted(set(complaint_ids))):
        forgotten.update(connection.execute(FORGOTTEN_COMPLAINTS, {"complaint_ids": chunk}).scalars())
    return forgotten


def forgotten_senders(connection: Connection, senders: Iterable[str]) -> Mapping[str, datetime]:
    """Return those of these senders who are forgotten, with the time: earlier messages are not processed any more."""
    forgotten: dict[str, datetime] = {}
    for chunk in statement_chunks(sorted(set(senders))):
        rows = connection.execute(_FORGOTTEN_SENDERS, {"senders": chunk})
        forgotten.update((row[0], row[1]) for row in rows)
    return forgotten


def record_reports(connection: Connection, reports: Sequence[SentReport]) -> None:
    """Store which sender sent which reports. A report that is stored already stays as it is."""
    insert_missing_rows(connection, PersonReport, [report._asdict() for report in reports])
