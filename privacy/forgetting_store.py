"""Writes who is forgotten: the tombstones in the database. The keys of the persons are in `privacy.key_store`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, delete, func, update
from sqlmodel import col, select

from config.conditions import is_one_of
from config.database import insert_statement
from privacy.forgotten import forgotten_senders
from privacy.tables import ForgottenSender, PersonReport, WaitingRequest

# Begins what stands for the sender of a report whose retention has ended. No keyed hash begins so.
EXPIRED_PREFIX = "expired:"
_IS_UNFINISHED = col(ForgottenSender.finished_at).is_(None)


class DuePerson(NamedTuple):
    """A person whose keys are to be destroyed. `asked_for` is the sender of the report that led to the request."""

    asked_for: str
    requested_by: str
    forgotten_at: datetime
    due_at: datetime


def mark_forgotten(
    connection: Connection, senders: Sequence[str], requested_by: str, at: datetime, due_at: datetime
) -> Sequence[str]:
    """Record that these senders are forgotten until `at`. The first one led to the others.

    Return those whose keys are to be retired after the transaction. The same request again has no effect: a key that
    was made after it is the key of a person who writes anew.
    """
    known = forgotten_senders(connection, senders)
    fresh = sorted(sender for sender in senders if sender not in known or known[sender] < at)
    for sender in fresh:
        row = {
            "sender": sender, "asked_for": senders[0], "requested_by": requested_by,
            "forgotten_at": at, "due_at": due_at, "finished_at": None,
        }  # fmt: skip
        statement = insert_statement(connection, ForgottenSender).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["sender"], set_=row))
    return fresh


def mark_reports(connection: Connection, sender: str, complaint_ids: Collection[UUID], at: datetime) -> None:
    """Record that these complaints are forgotten. Those that nobody has recorded yet are added for the sender."""
    ids = sorted(complaint_ids)
    rows = [{"complaint_id": id_, "sender": sender, "has_shared_seal": False, "forgotten_at": at} for id_ in ids]
    if rows:
        connection.execute(insert_statement(connection, PersonReport).on_conflict_do_nothing(), rows)
    is_unmarked = is_one_of(col(PersonReport.complaint_id), ids), col(PersonReport.forgotten_at).is_(None)
    connection.execute(update(PersonReport).where(*is_unmarked).values(forgotten_at=at))


def mark_expired(connection: Connection, complaint_ids: Collection[UUID], at: datetime) -> None:
    """Record that the retention of these complaints has ended: no words of them are written any more.

    Their senders are replaced, so that nothing leads from the report to a person or to another report of the person.
    """
    rows = [
        {"complaint_id": id_, "sender": f"{EXPIRED_PREFIX}{id_}", "has_shared_seal": False, "forgotten_at": at}
        for id_ in sorted(complaint_ids)
    ]
    if rows:
        statement = insert_statement(connection, PersonReport)
        replaced = {
            "sender": statement.excluded.sender,
            "forgotten_at": func.coalesce(col(PersonReport.forgotten_at), statement.excluded.forgotten_at),
        }
        connection.execute(statement.on_conflict_do_update(index_elements=["complaint_id"], set_=replaced), rows)


def keep_waiting(connection: Connection, request: WaitingRequest) -> None:
    """Store a request whose report is not known yet. The first one about a report counts."""
    statement = insert_statement(connection, WaitingRequest).on_conflict_do_nothing()
    connection.execute(statement, [request.model_dump()])


def known_requests(connection: Connection) -> Sequence[tuple[WaitingRequest, str]]:
    """Return the waiting requests whose reports are known by now, with the senders of the reports."""
    is_of_report = col(PersonReport.complaint_id) == col(WaitingRequest.complaint_id)
    columns = (col(WaitingRequest.complaint_id), col(WaitingRequest.message_id), col(WaitingRequest.at))
    query = select(*columns, col(PersonReport.sender)).join(PersonReport, is_of_report).order_by(columns[0])
    rows = connection.execute(query)
    return [(WaitingRequest(complaint_id=id_, message_id=of, at=at), sender) for id_, of, at, sender in rows]


def end_wait(connection: Connection, complaint_ids: Collection[UUID]) -> None:
    """Delete the waiting requests about these reports."""
    connection.execute(delete(WaitingRequest).where(is_one_of(col(WaitingRequest.complaint_id), complaint_ids)))


def due_persons(connection: Connection, now: datetime) -> Sequence[DuePerson]:
    """Return the persons whose grace has ended and whose keys are not destroyed."""
    query = select(*(col(getattr(ForgottenSender, name)) for name in DuePerson._fields))
    query = query.where(_IS_UNFINISHED, col(ForgottenSender.due_at) <= now).order_by(col(ForgottenSender.due_at))
    persons = {row.asked_for: DuePerson(*row) for row in connection.execute(query)}
    return list(persons.values())


def record_destruction(connection: Connection, senders: Sequence[str], now: datetime) -> None:
    """Record that the keys of those of these senders are destroyed whose grace has ended."""
    is_due = _IS_UNFINISHED, col(ForgottenSender.due_at) <= now
    finished = update(ForgottenSender).where(is_one_of(col(ForgottenSender.sender), senders), *is_due)
    connection.execute(finished.values(finished_at=now))
