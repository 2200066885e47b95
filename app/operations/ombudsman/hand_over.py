"""Hands cases over to the Ombudsman: lists those whose senders agreed, and makes the file of each once."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, select
from sqlmodel import col

from accounts.permissions import person_name
from app.operations.audit.log import AuditLog
from app.operations.ombudsman.case_file import OmbudsmanCase
from app.operations.ombudsman.case_reader import AgreedCase, CaseReader
from app.operations.ombudsman.tables import OmbudsmanExport
from app.operations.staff_events import SOURCE
from bus.port import Outgoing
from cases.course.ombudsman_consent import hand_over_id
from cases.facts.tables import ComplaintFact
from config.database import DatabaseLock, insert_statement, lock_until_commit, read_transaction, write_transaction
from messages import codec
from messages.reveals import COMMAND_ROLE, reveal_end, reveal_subject
from messages.sealing import UnsealError
from messages.shapes import OversightEvent, iso
from messages.topics import OVERSIGHT
from oversight.notices.tables import OversightConsent
from oversight.read_model.tables import OversightCase

EXPORT_ACTION = "ombudsman.export"

# `exported`: the file is there. `withdrawn`: the sender does not agree any more, or asked to be forgotten.
# `unreadable`: the contact cannot be opened.
Outcome: TypeAlias = Literal["exported", "withdrawn", "unreadable"]

_log = structlog.get_logger()


class ListedCase(NamedTuple):
    """A case that its sender was asked about. `answered_at` is the time of the answer, `exported_at` of the file."""

    id: UUID
    message_id: UUID
    number: str
    agency: str
    consent: str
    asked_at: datetime
    answered_at: datetime | None
    answer_id: UUID | None
    exported_at: datetime | None


class ExportedCase(NamedTuple):
    """Number, outcome, and the file of an exported case."""

    number: str
    outcome: Outcome
    path: Path | None = None


class HandOver:
    """Lists and exports cases. Each export is a row of the `audit_log` before anything is opened."""

    def __init__(
        self,
        engine: Engine,
        reader: CaseReader,
        audit_log: AuditLog,
        publish: Callable[[Sequence[Outgoing]], None],
    ) -> None:
        self._engine = engine
        self._reader = reader
        self._audit_log = audit_log
        self._publish = publish

    def cases(self, number: str = "") -> Sequence[ListedCase]:
        """Return the cases whose senders were asked, the earliest first; only that with a number, if given."""
        with read_transaction(self._engine) as connection:
            return list(_listed(connection, number))

    def waiting(self, number: str = "", *, again: bool = False) -> Sequence[ListedCase]:
        """Return the cases to export: the sender agreed, and no file was made yet, unless they are made `again`."""
        agreed = [case for case in self.cases(number) if case.consent == "agreed" and case.answer_id]
        return [case for case in agreed if again or case.exported_at is None]

    def export(self, case: ListedCase, folder: Path, actor: str, why: str, at: datetime) -> ExportedCase:
        """Make the file of a case. Its event is published once, however often the file is made.

        A process that ends on the way leaves a case that is exported again. Raises `OSError`, `DatabaseUnavailable` and
        the errors of the bus.
        """
        agreed = AgreedCase(case.id, case.message_id, case.number, case.answer_id or case.id)
        own = self._reader.report(agreed)
        if own is None or own.is_forgotten or own.consent.state != "agreed":
            return ExportedCase(case.number, "withdrawn")
        until = iso(reveal_end(COMMAND_ROLE, at))
        self._audit_log.append(EXPORT_ACTION, reveal_subject(str(case.id), COMMAND_ROLE, until), actor, why, at)
        try:
            case_file = self._reader.case_file(agreed, at)
        except UnsealError:
            return ExportedCase(case.number, "unreadable")
        if case_file is None:
            return ExportedCase(case.number, "withdrawn")
        path = _write(case_file, folder)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.OVERSIGHT)
            self._publish([_event(case, actor, why, at)])
            row = {"complaint_id": case.id, "exported_at": at, "actor": actor}
            connection.execute(insert_statement(connection, OmbudsmanExport).on_conflict_do_nothing(), [row])
        _log.info("ombudsman.case_exported", complaint_id=str(case.id))
        return ExportedCase(case.number, "exported", path)


def list_row(case: ListedCase) -> Mapping[str, object]:
    """Return a case as JSON."""
    return {
        "number": case.number,
        "agency": case.agency,
        "consent": case.consent,
        "asked_at": iso(case.asked_at),
        "answered_at": case.answered_at and iso(case.answered_at),
        "exported_at": case.exported_at and iso(case.exported_at),
    }


def _listed(connection: Connection, number: str) -> Iterator[ListedCase]:
    consent, case = OversightConsent, OversightCase
    columns: Sequence[Any] = (
        *(col(getattr(consent, name)) for name in ("complaint_id", "state", "asked_at", "answered_at", "answer_id")),
        *(col(getattr(case, name)) for name in ("tracking", "agency", "handed_over_at")),
        col(OmbudsmanExport.exported_at),
        col(ComplaintFact.message_id),
    )
    query = (
        select(*columns)
        .join(case, col(case.complaint_id) == col(consent.complaint_id))
        .join(ComplaintFact, col(ComplaintFact.id) == col(consent.complaint_id))
        .outerjoin(OmbudsmanExport, col(OmbudsmanExport.complaint_id) == col(consent.complaint_id))
        .where(col(consent.asked_at).is_not(None))
        .order_by(col(consent.asked_at), col(consent.complaint_id))
    )
    if number:
        query = query.where(col(case.tracking) == number)
    for row in connection.execute(query):
        exported_at = row.exported_at or row.handed_over_at
        times = (row.asked_at, row.answered_at, row.answer_id, exported_at)
        yield ListedCase(row.complaint_id, row.message_id, row.tracking, row.agency, row.state, *times)


def _write(case_file: OmbudsmanCase, folder: Path) -> Path:
    """Write the file, readable for its owner alone; a reader never sees half of it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"ombudsman-{case_file.number}.json"
    unfinished = path.with_suffix(".tmp")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(case_file.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return path


def _event(case: ListedCase, actor: str, why: str, at: datetime) -> Outgoing:
    event = OversightEvent(
        id=hand_over_id(case.id),
        message_id=case.message_id,
        at=at,
        event="handed-to-ombudsman",
        subject=case.id,
        reason=why,
        actor=person_name(actor),
        tracking=case.number,
    )
    return Outgoing(OVERSIGHT, *codec.encode(event, str(case.id), SOURCE))
