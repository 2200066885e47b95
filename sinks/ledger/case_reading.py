"""Reads the courses of cases from the ledger, for the statuses of numbers and for the public view."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Row, bindparam, or_, select
from sqlmodel import col

from cases.course.case_course import ANSWERING_ACTS, CaseDispatch, arrivals
from cases.course.sender_chain import is_from_case_sender
from cases.course.stored_answers import answers_by_case
from cases.facts.conditions import is_outcome_of_answer, is_to_dispatch
from cases.facts.sender_parents import sender_parents
from cases.facts.tables import AnswerFact, AnswerOutcomeFact, DispatchFact
from config.conditions import is_one_of
from sinks.ledger.case_course import CaseCourse, case_course

_IDS: BindParameter[Any] = bindparam("ids")
# Queries are built once: each status page executes them.
_DISPATCHES = (
    select(*(col(getattr(DispatchFact, name)) for name in ("complaint_id", "at", "hop", "agency", "reopened")))
    .where(is_one_of(col(DispatchFact.complaint_id), _IDS))
    .order_by(col(DispatchFact.hop))
)
_ANSWERS = (
    select(
        *(col(getattr(DispatchFact, name)) for name in ("complaint_id", "of", "own_case", "hop", "agency")),
        *(col(getattr(AnswerFact, name)) for name in ("id", "position", "verdict", "extension_days")),
        *(col(DispatchFact.at).label("dispatched_at"), col(AnswerFact.at)),
        *(col(AnswerOutcomeFact.case_id), col(AnswerOutcomeFact.hop).label("case_hop"), col(AnswerOutcomeFact.outcome)),
    )
    .join(DispatchFact, is_to_dispatch())
    .outerjoin(AnswerOutcomeFact, is_outcome_of_answer())
    .where(or_(is_one_of(col(DispatchFact.complaint_id), _IDS), is_one_of(col(DispatchFact.of), _IDS)))
)


def dispatches_by_complaint(
    connection: Connection, complaint_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[CaseDispatch]]:
    """Return the dispatches of each complaint by their hop."""
    dispatches: dict[UUID, list[CaseDispatch]] = defaultdict(list)
    for complaint_id, *dispatch in connection.execute(_DISPATCHES, {"ids": list(complaint_ids)}):
        dispatches[complaint_id].append(CaseDispatch(*dispatch))
    return dispatches


def read_courses(
    connection: Connection,
    case_ids: Collection[UUID],
    dispatches: Mapping[UUID, Sequence[CaseDispatch]],
) -> Mapping[UUID, CaseCourse]:
    """Return the course of each case. `dispatches` are those of each case by their hop."""
    # An answer without its dispatch, or of an agency that does not have the dispatch, is none.
    answers = answers_by_case(connection.execute(_ANSWERS, {"ids": list(case_ids)}), dispatches)
    questions = {
        case_id: [answer.at for answer in answers.get(case_id, ()) if answer.verdict == "asked"] for case_id in case_ids
    }
    asked_cases = [case_id for case_id, asked_at in questions.items() if asked_at]
    # An earlier message answers no question.
    since = min((at for asked_at in questions.values() for at in asked_at), default=None)
    repeated_at = _messages_by_case(connection, asked_cases, since) if since else {}
    return {
        case_id: case_course(dispatches.get(case_id, ()), answers.get(case_id, ()), repeated_at.get(case_id, ()))
        for case_id in case_ids
    }


def _messages_by_case(
    connection: Connection, case_ids: Collection[UUID], since: datetime
) -> Mapping[UUID | None, Sequence[datetime]]:
    """Return when the sender of each case wrote again after a time.

    A rating, a confirmation or a withdrawal answers no question.
    A message is the dispatch with which a repeat came to the case, also by a merge; later ones moved with the case. A
    repeat of a join is another sender's.
    """
    repeated_at: defaultdict[UUID | None, list[datetime]] = defaultdict(list)
    is_repeat = (col(DispatchFact.relation) == "repeat", ~col(DispatchFact.own_case))
    is_answer = (col(DispatchFact.act).in_(ANSWERING_ACTS), col(DispatchFact.at) > since)
    repeats = select(col(DispatchFact.complaint_id)).where(
        is_one_of(col(DispatchFact.of), case_ids), *is_repeat, *is_answer
    )
    repeat_ids = set(connection.execute(repeats).scalars())
    histories = dispatch_histories(connection, repeat_ids)
    parents = sender_parents(connection, repeat_ids.union(case_ids))
    for complaint_id, history in histories.items():
        for hop in arrivals({row.hop: None if row.own_case else row.of for row in history.values()}):
            case_id = history[hop].of
            if history[hop].relation == "repeat" and is_from_case_sender(complaint_id, case_id, parents):
                repeated_at[case_id].append(history[hop].at)
    return repeated_at


def dispatch_histories(
    connection: Connection, complaint_ids: Collection[UUID]
) -> Mapping[UUID, Mapping[int, Row[Any]]]:
    """Return the dispatches of complaints by their hop."""
    names = ("complaint_id", "hop", "own_case", "of", "relation", "at")
    columns: Sequence[Any] = [col(getattr(DispatchFact, name)) for name in names]
    histories: defaultdict[UUID, dict[int, Row[Any]]] = defaultdict(dict)
    query = select(*columns).where(is_one_of(col(DispatchFact.complaint_id), complaint_ids))
    for row in connection.execute(query) if complaint_ids else ():
        histories[row.complaint_id][row.hop] = row
    return histories
