"""States of cases for the public view, in the vocabulary of all pages (`messages.cases.report_state`)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, or_
from sqlmodel import col, select

from messages.cases.case_course import CaseAnswer, CaseDispatch, answered_dispatches, answered_hop
from messages.cases.report_state import ReportFacts, report_state
from sinks.ledger.tables import AnswerRow, DispatchRow


def read_case_states(
    connection: Connection, dispatches: Mapping[UUID, Sequence[Any]]
) -> Mapping[UUID, tuple[str, datetime]]:
    """Return state and last change of each case. `dispatches` are the rows of each case by hop, at least one."""
    cases = {
        case_id: [CaseDispatch(row.dispatched_at, row.hop, row.agency, row.reopened) for row in rows]
        for case_id, rows in dispatches.items()
    }
    answers = _answers(connection, cases)
    messages = _messages(connection, cases)
    return {case_id: _state(case, answers[case_id], messages[case_id]) for case_id, case in cases.items()}


def _state(
    case: Sequence[CaseDispatch], answers: Sequence[CaseAnswer], messages: Sequence[datetime]
) -> tuple[str, datetime]:
    latest = answered_dispatches(case, answers)[-1]
    counted = latest.counted_answers
    facts = ReportFacts(
        agency=latest.dispatch.agency,
        case_state=latest.state_after_messages(messages),
        is_reopened=case[-1].reopened > 0,
        is_answered=any(answer.verdict == "responded" for answer in counted),
    )
    return report_state(facts), max([latest.dispatch.at, *(answer.at for answer in counted)])


def _answers(
    connection: Connection, cases: Mapping[UUID, Sequence[CaseDispatch]]
) -> defaultdict[UUID, list[CaseAnswer]]:
    """Return the answers to the dispatches of each case, and to the reports that belong to it."""
    names = ("complaint_id", "of", "own_case", "hop", "agency", "dispatched_at")
    query = (
        select(
            *(col(getattr(DispatchRow, name)) for name in names),
            *(col(getattr(AnswerRow, name)) for name in ("recorded_at", "position", "verdict")),
        )
        .join(
            DispatchRow,
            and_(col(DispatchRow.id) == col(AnswerRow.dispatch_id), col(DispatchRow.agency) == col(AnswerRow.agency)),
        )
        .where(or_(col(DispatchRow.complaint_id).in_(list(cases)), col(DispatchRow.of).in_(list(cases))))
    )
    answers: defaultdict[UUID, list[CaseAnswer]] = defaultdict(list)
    for row in connection.execute(query):
        case_id = row.complaint_id if row.own_case else row.of
        hop = row.hop
        if not row.own_case:
            hop = answered_hop(cases.get(case_id, ()), row.agency, row.dispatched_at, row.recorded_at)
        if hop is not None:
            answers[case_id].append(CaseAnswer(row.recorded_at, row.position, hop, row.verdict))
    return answers


def _messages(
    connection: Connection, cases: Mapping[UUID, Sequence[CaseDispatch]]
) -> defaultdict[UUID, list[datetime]]:
    """Return when the sender of each case wrote again."""
    is_message = (col(DispatchRow.relation) == "repeat", col(DispatchRow.hop) == 0, ~col(DispatchRow.own_case))
    query = select(col(DispatchRow.of), col(DispatchRow.dispatched_at)).where(
        col(DispatchRow.of).in_(list(cases)), *is_message
    )
    messages: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for row in connection.execute(query):
        messages[row.of].append(row.dispatched_at)
    return messages
