"""Derives when the sender of a case is asked about the Ombudsman, and what the sender answered; stores it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select
from sqlmodel import col

from config.clocks.cases.clock_runs import clock_runs
from config.clocks.clock_table import ClockName
from config.clocks.deadlines import Deadlines
from config.database import statement_chunks
from messages.cases.ombudsman_consent import ANSWERS, ASK_DAYS, ConsentAct, answer_event_id, consent_of, question_id
from oversight.notices.tables import OversightConsent
from oversight.notices.told_events import told_events
from oversight.read_model.report_facts import ReportFacts, clock_history
from oversight.read_model.tables import OversightReport

_CLOCK: ClockName = "resolve"

# Built once: each batch executes them.
_IDS: BindParameter[UUID] = bindparam("ids", expanding=True)
_REMOVAL = delete(OversightConsent).where(col(OversightConsent.complaint_id).in_(_IDS))
_INSERTION = insert(OversightConsent)
_ARRIVALS = select(col(OversightReport.id), col(OversightReport.received_at)).where(col(OversightReport.id).in_(_IDS))


def ask_moment(facts: ReportFacts, deadlines: Deadlines) -> datetime | None:
    """Return the moment at which the sender of a case is asked; `None` if the case has ended or its clock stands.

    It is the deadline of `resolve`, and not before `ASK_DAYS` days, without the pauses of that clock. Pure: the present
    time has no part in it.
    """
    if any(message.act == "asks-to-be-forgotten" for message in facts.messages):
        return None
    history = clock_history(facts)
    until = max(event.at for event in history.events)
    runs = clock_runs(history, _CLOCK, deadlines, until)
    run = runs[-1] if runs else None
    if run is None or not run.is_open or run.paused_at:
        return None
    in_calendar_days = replace(run, row=replace(run.row, unit="calendar", days=ASK_DAYS))
    return max(run.due_at(deadlines, until), in_calendar_days.due_at(deadlines, until))


def derived_consent(
    facts: ReportFacts, arrivals: Mapping[UUID, datetime], deadlines: Deadlines
) -> OversightConsent | None:
    """Return the row of a case without its next moment; `None` if there is nothing to ask and nothing was asked.

    `arrivals` are the times at which answers arrived, by their complaints.
    """
    asked_at = facts.asked_about_ombudsman_at
    ask_at = None if asked_at else ask_moment(facts, deadlines)
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
    answer = consent.answer
    return OversightConsent(
        complaint_id=facts.id,
        ask_at=ask_at,
        asked_at=asked_at,
        state=consent.state,
        answered_at=answer.at if answer else None,
        answer_act=answer.act if answer else "",
        answer_id=answer.complaint_id if answer else None,
    )


def store_consents(
    connection: Connection, report_ids: Sequence[UUID], cases: Iterable[ReportFacts], deadlines: Deadlines
) -> None:
    """Store the rows of reports in place of those before. The caller holds the lock."""
    all_facts = list(cases)
    arrivals = _arrivals(connection, all_facts)
    rows = [row for facts in all_facts if (row := derived_consent(facts, arrivals, deadlines))]
    told = told_events(connection, (id_ for row in rows for id_ in _event_ids(row)))
    for row in rows:
        row.next_at = _next_moment(row, told)
    for chunk in statement_chunks(report_ids):
        connection.execute(_REMOVAL, {"ids": chunk})
    if rows:
        connection.execute(_INSERTION, [row.model_dump() for row in rows])


def answer_of(row: OversightConsent) -> ConsentAct | None:
    """Return the latest answer of a stored row."""
    act = next((act for act in ANSWERS if act == row.answer_act), None)
    if act is None or row.answered_at is None or row.answer_id is None:
        return None
    return ConsentAct(row.answered_at, act, row.answer_id)


def _arrivals(connection: Connection, all_facts: Sequence[ReportFacts]) -> Mapping[UUID, datetime]:
    """Return the times at which the answers of the senders of these cases arrived. Those of dispatches may be equal."""
    answer_ids = {message.complaint_id for facts in all_facts for message in facts.messages if message.act in ANSWERS}
    return {
        row.id: row.received_at
        for chunk in statement_chunks(sorted(answer_ids))
        for row in connection.execute(_ARRIVALS, {"ids": chunk})
    }


def _event_ids(row: OversightConsent) -> Sequence[UUID]:
    answer = answer_of(row)
    return [question_id(row.complaint_id), *([answer_event_id(answer)] if answer else [])]


def _next_moment(row: OversightConsent, told: Collection[UUID]) -> datetime | None:
    answer = answer_of(row)
    if answer:
        return None if answer_event_id(answer) in told else answer.at
    return None if question_id(row.complaint_id) in told else row.ask_at
