"""Derives when the sender of a case is asked about the Ombudsman, and what the sender answered; stores it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, delete, select
from sqlmodel import col

from cases.clocks.clock_table import ClockName
from cases.clocks.deadlines import Deadlines
from cases.course.ombudsman_consent import (
    ANSWERS,
    ASK_DAYS,
    ConsentAct,
    ConsentState,
    answer_event_id,
    consent_of,
    question_id,
)
from cases.facts.tables import ComplaintFact
from config.conditions import is_one_of
from config.row_insertion import insert_or_replace_rows
from oversight.notices.tables import OversightConsent
from oversight.notices.told_events import ToldEvents
from oversight.read_model.report_facts import CaseClocks, ReportFacts

_CLOCK: ClockName = "resolve"

# Built once: each batch executes them.
_IDS: BindParameter[Any] = bindparam("ids")
_REMOVAL = delete(OversightConsent).where(is_one_of(col(OversightConsent.complaint_id), _IDS))
_ARRIVALS = select(col(ComplaintFact.id), col(ComplaintFact.received_at)).where(is_one_of(col(ComplaintFact.id), _IDS))


class CaseConsent(NamedTuple):
    """The columns of `OversightConsent` without its next moment, with the latest answer as one."""

    complaint_id: UUID
    ask_at: datetime | None
    asked_at: datetime | None
    state: ConsentState
    answer: ConsentAct | None

    def next_moment(self, told: Collection[UUID]) -> datetime | None:
        """Return the moment of the next event that is not among those told; `None` without one."""
        if self.answer:
            return None if answer_event_id(self.answer) in told else self.answer.at
        return None if question_id(self.complaint_id) in told else self.ask_at

    def columns(self, told: Collection[UUID]) -> dict[str, Any]:
        """Return the row of `OversightConsent`."""
        return {
            "complaint_id": self.complaint_id,
            "ask_at": self.ask_at,
            "asked_at": self.asked_at,
            "state": self.state,
            "answered_at": self.answer.at if self.answer else None,
            "answer_act": self.answer.act if self.answer else "",
            "answer_id": self.answer.complaint_id if self.answer else None,
            "next_at": self.next_moment(told),
        }


def ask_moment(facts: ReportFacts, clocks: CaseClocks, deadlines: Deadlines) -> datetime | None:
    """Return the moment at which the sender of a case is asked; `None` if the case has ended or its clock stands.

    It is the deadline of `resolve`, and not before `ASK_DAYS` days, without the pauses of that clock. Pure: the present
    time has no part in it.
    """
    if any(message.act == "asks-to-be-forgotten" for message in facts.messages):
        return None
    runs, until = clocks.runs.get(_CLOCK), clocks.at
    run = runs[-1] if runs else None
    if run is None or not run.is_open or run.paused_at:
        return None
    in_calendar_days = replace(run, row=replace(run.row, unit="calendar", days=ASK_DAYS))
    return max(run.due_at(deadlines, until), in_calendar_days.due_at(deadlines, until))


def derived_consent(
    facts: ReportFacts, clocks: CaseClocks, arrivals: Mapping[UUID, datetime], deadlines: Deadlines
) -> CaseConsent | None:
    """Return what is known of a case; `None` if there is nothing to ask and nothing was asked.

    `arrivals` are the times at which answers arrived, by their complaints.
    """
    asked_at = facts.asked_about_ombudsman_at
    ask_at = None if asked_at else ask_moment(facts, clocks, deadlines)
    if asked_at is None and ask_at is None:
        return None
    consent = consent_of(
        asked_at,
        (
            ConsentAct(arrivals[message.complaint_id], message.act, message.complaint_id)
            for message in facts.messages
            if message.complaint_id in arrivals
        ),
    )
    return CaseConsent(facts.id, ask_at, asked_at, consent.state, consent.answer)


def derived_consents(
    connection: Connection, cases: Sequence[tuple[ReportFacts, CaseClocks]], deadlines: Deadlines
) -> Sequence[CaseConsent]:
    """Return what is known of those of these cases whose sender is or was to be asked."""
    arrivals = _arrivals(connection, [facts for facts, _ in cases])
    return [row for facts, clocks in cases if (row := derived_consent(facts, clocks, arrivals, deadlines))]


def store_consents(
    connection: Connection, report_ids: Sequence[UUID], consents: Sequence[CaseConsent], told: ToldEvents
) -> None:
    """Store the rows of reports in place of those before. The caller holds the lock.

    `told` are the events of their cases that are on the topic.
    """
    if removed_ids := set(report_ids) - {consent.complaint_id for consent in consents}:
        connection.execute(_REMOVAL, {"ids": removed_ids})
    rows = [consent.columns(told.get(consent.complaint_id, ())) for consent in consents]
    insert_or_replace_rows(connection, OversightConsent, rows)


def answer_of(row: OversightConsent) -> ConsentAct | None:
    """Return the latest answer of a stored row."""
    act = next((act for act in ANSWERS if act == row.answer_act), None)
    if act is None or row.answered_at is None or row.answer_id is None:
        return None
    return ConsentAct(row.answered_at, act, row.answer_id)


def _arrivals(connection: Connection, all_facts: Sequence[ReportFacts]) -> Mapping[UUID, datetime]:
    """Return the times at which the answers of the senders of these cases arrived. Those of dispatches may be equal."""
    answer_ids = {message.complaint_id for facts in all_facts for message in facts.messages if message.act in ANSWERS}
    rows = connection.execute(_ARRIVALS, {"ids": answer_ids}) if answer_ids else ()
    return {row.id: row.received_at for row in rows}
