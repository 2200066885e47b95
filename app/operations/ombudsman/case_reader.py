"""Reads what the file of a case for the Ombudsman has: the report, the steps, the clocks, and the contact."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlmodel import col, select

from app.operations.ombudsman.case_file import (
    FileClock,
    FileConsent,
    FileInstitution,
    FileSender,
    FileStep,
    OmbudsmanCase,
)
from cases.clocks.clock_states import ClockState, clock_states
from cases.clocks.deadlines import Deadlines
from cases.words.tables import CaseWords
from config.database import read_transaction
from language.masking import mask_with_labels
from messages.sealing import Sealed
from messages.shapes import Contact, Dispatch
from oversight.read_model.fact_reader import read_facts
from oversight.read_model.report_facts import clock_history
from router.store import dispatch_history
from sinks.ledger.own.own_report import OwnEntry, OwnReport, OwnReports
from sinks.ledger.status import StatusReader

# Opens a sealed contact of the report with this message id. Raises `UnsealError`.
OpenSeal = Callable[[Sealed, UUID], bytes]


class AgreedCase(NamedTuple):
    """A case whose sender agreed: ids of the complaint and of the complaint by which the sender agreed, and the number.

    `message_id` is that of the report's arrival.
    """

    id: UUID
    message_id: UUID
    number: str
    answer_id: UUID


class CaseReader:
    """Reads from the ledger, the router and oversight. `open_seal` opens contacts."""

    def __init__(self, engine: Engine, statuses: StatusReader, deadlines: Deadlines, open_seal: OpenSeal) -> None:
        self._engine = engine
        self._names = statuses.agency_names
        self._reports = OwnReports(engine, statuses, mask_with_labels)
        self._deadlines = deadlines
        self._open_seal = open_seal

    def report(self, case: AgreedCase) -> OwnReport | None:
        """Return the report as its sender reads it, with the consent as the ledger knows it now."""
        return self._reports.read(case.message_id)

    def case_file(self, case: AgreedCase, at: datetime) -> OmbudsmanCase | None:
        """Return the file; `None` if the stages have not stored the case yet, or if the sender does not agree any more.

        Raises `UnsealError` if the contact cannot be opened. Call it after the act was recorded.
        """
        own = self.report(case)
        with read_transaction(self._engine) as connection:
            history = dispatch_history(connection, case.id)
            contact = _sealed_contact(connection, case.id)
            states = self._clock_states(connection, case.id, at)
        if own is None or own.is_forgotten or own.consent.state != "agreed" or not history or not contact:
            return None
        consent = own.consent
        if consent.asked_at is None or consent.answered_at is None:
            return None
        dispatch = history[-1]
        return OmbudsmanCase(
            exported_at=at,
            number=case.number,
            channel=dispatch.channel,
            received_at=min(entry.step.at for entry in own.entries),
            state=own.status.state,
            topic=dispatch.topic,
            region=dispatch.region,
            institution=FileInstitution(code=dispatch.agency, name=self._names.get(dispatch.agency, "")),
            consent=FileConsent(asked_at=consent.asked_at, agreed_at=consent.answered_at, act_id=case.answer_id),
            sender=self._sender(contact, case.message_id, dispatch),
            report=dispatch.report,
            steps=tuple(map(_step, own.entries)),
            clocks=tuple(_clock(state, self._deadlines) for state in states),
        )

    def _sender(self, sealed: Sealed, message_id: UUID, dispatch: Dispatch) -> FileSender:
        contact = Contact.model_validate_json(self._open_seal(sealed, message_id))
        fields = contact.model_dump(include={"name", "phone", "email", "account"})
        return FileSender(**fields, hidden_from_institution=dispatch.report.anonim)

    def _clock_states(self, connection: Connection, case_id: UUID, at: datetime) -> Sequence[ClockState]:
        return [
            state
            for facts in read_facts(connection, [case_id])
            for state in clock_states(clock_history(facts), self._deadlines, at)
        ]


def _sealed_contact(connection: Connection, case_id: UUID) -> Sealed | None:
    query = select(col(CaseWords.contact)).where(col(CaseWords.fact_id) == case_id)
    sealed = connection.execute(query).scalar_one_or_none()
    return Sealed(sealed) if sealed else None


def _step(entry: OwnEntry) -> FileStep:
    step = entry.act or entry.step.kind
    return FileStep(at=entry.step.at, step=step, institution=entry.step.agency, text=entry.text, number=entry.number)


def _clock(state: ClockState, deadlines: Deadlines) -> FileClock:
    run = state.run
    return FileClock(
        clock=state.clock,
        institution=run.agency,
        duty=state.duty,
        days=run.row.days,
        unit=run.row.unit,
        source=run.row.source,
        started_at=run.started_at,
        due_at=state.due_at,
        ended_at=run.ended_at,
        state=state.state,
        times_overdue=state.times_overdue(deadlines),
    )
