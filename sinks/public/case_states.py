"""States of cases for the public view, in the vocabulary of all pages (`messages.cases.report_state`)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, or_
from sqlmodel import col, select

from messages.cases.case_course import CaseAnswer, CaseDispatch, answered_dispatches
from messages.cases.report_state import ReportFacts, report_state
from sinks.ledger.tables import AnswerRow, DispatchRow


def read_case_states(
    connection: Connection, dispatches: Mapping[UUID, Sequence[Any]]
) -> Mapping[UUID, tuple[str, datetime]]:
    """Return state and last change of each case. `dispatches` are the rows of each case by hop, at least one."""
    answers = _answers(connection, dispatches)
    messages = _messages(connection, dispatches)
    return {case_id: _state(rows, answers[case_id], messages[case_id]) for case_id, rows in dispatches.items()}


def _state(rows: Sequence[Any], answers: Sequence[CaseAnswer], messages: Sequence[datetime]) -> tuple[str, datetime]:
    case_dispatches = [CaseDispatch(row.dispatched_at, row.hop, row.agency) for row in rows]
    latest = answered_dispatches(case_dispatches, answers)[-1]
    counted = latest.counted_answers
    facts = ReportFacts(
        agency=latest.dispatch.agency,
        case_state=latest.state_after_messages(messages),
        is_reopened=rows[-1].reopened > 0,
        is_answered=any(answer.verdict == "responded" for answer in counted),
    )
    return report_state(facts), max([latest.dispatch.at, *(answer.at for answer in counted)])


def _answers(connection: Connection, dispatches: Mapping[UUID, Sequence[Any]]) -> defaultdict[UUID, list[CaseAnswer]]:
    """Return the answers to the dispatches of each case, and to the reports that belong to it."""
    query = (
        select(
            *(col(getattr(DispatchRow, name)) for name in ("complaint_id", "of", "own_case", "hop", "agency")),
            *(col(getattr(AnswerRow, name)) for name in ("recorded_at", "position", "verdict")),
        )
        .join(
            DispatchRow,
            and_(col(DispatchRow.id) == col(AnswerRow.dispatch_id), col(DispatchRow.agency) == col(AnswerRow.agency)),
        )
        .where(or_(col(DispatchRow.complaint_id).in_(list(dispatches)), col(DispatchRow.of).in_(list(dispatches))))
    )
    answers: defaultdict[UUID, list[CaseAnswer]] = defaultdict(list)
    for row in connection.execute(query):
        case_id = row.complaint_id if row.own_case else row.of
        hop = row.hop
        if not row.own_case:
            # An answer to a report of the case counts for its latest dispatch to the same agency, as in the router.
            hop = max((case.hop for case in dispatches.get(case_id, ()) if case.agency == row.agency), default=None)
        if hop is not None:
            answers[case_id].append(CaseAnswer(row.recorded_at, row.position, hop, row.verdict))
    return answers


def _messages(connection: Connection, dispatches: Mapping[UUID, Sequence[Any]]) -> defaultdict[UUID, list[datetime]]:
    """Return when the sender of each case wrote again."""
    is_message = (col(DispatchRow.relation) == "repeat", col(DispatchRow.hop) == 0, ~col(DispatchRow.own_case))
    query = select(col(DispatchRow.of), col(DispatchRow.dispatched_at)).where(
        col(DispatchRow.of).in_(list(dispatches)), *is_message
    )
    messages: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for row in connection.execute(query):
        messages[row.of].append(row.dispatched_at)
    return messages
