"""Lookups of forgotten persons, which each sink and stage makes before it writes words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, Uuid, bindparam, null, type_coerce, union_all
from sqlmodel import col, select

from config.conditions import is_one_of
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
    is_one_of(col(ForgottenSender.sender), bindparam("senders"))
)
# Complaints among `complaint_ids` whose words must not be written any more. A part of larger statements, too.
FORGOTTEN_COMPLAINTS = select(col(PersonReport.complaint_id)).where(
    is_one_of(col(PersonReport.complaint_id), bindparam("complaint_ids")),
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
    values = {"senders": set(senders), "complaint_ids": set(complaint_ids)}
    for sender, at, complaint_id in connection.execute(_FORGOTTEN, values) if any(values.values()) else ():
        if complaint_id is not None:
            forgotten_ids.add(complaint_id)
        else:
            forgotten_at[sender] = at
    return Forgotten(forgotten_at, forgotten_ids)


def forgotten_complaints(connection: Connection, complaint_ids: Iterable[UUID]) -> Collection[UUID]:
    """Return those of these complaints whose words must not be written any more."""
    ids = set(complaint_ids)
    return set(connection.execute(FORGOTTEN_COMPLAINTS, {"complaint_ids": ids}).scalars()) if ids else ids


def forgotten_senders(connection: Connection, senders: Iterable[str]) -> Mapping[str, datetime]:
    """Return those of these senders who are forgotten, with the time: earlier messages are not processed any more."""
    asked = set(senders)
    rows = connection.execute(_FORGOTTEN_SENDERS, {"senders": asked}) if asked else ()
    return {row[0]: row[1] for row in rows}


def find_sent_report(connection: Connection, complaint_id: UUID) -> SentReport | None:
    """Return who sent a report, and when; `None` if that is not known (any more), or must not be written any more."""
    columns = (col(getattr(PersonReport, name)) for name in SentReport._fields)
    query = sa.select(*columns).where(
        col(PersonReport.complaint_id) == complaint_id,
        col(PersonReport.forgotten_at).is_(None),
        col(PersonReport.message_id).is_not(None),
        col(PersonReport.received_at).is_not(None),
    )
    row = connection.execute(query).one_or_none()
    return SentReport(*row) if row else None


def record_reports(connection: Connection, reports: Sequence[SentReport]) -> None:
    """Store which sender sent which reports. A report that is stored already stays as it is."""
    insert_missing_rows(connection, PersonReport, [report._asdict() for report in reports])
