"""Status of tracking numbers: the steps of each report so far, without its sender and its text."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, and_, or_
from sqlmodel import col, select

from config.database import read_transaction, statement_chunks
from messages.cases.case_course import ANSWERING_ACTS, CaseAnswer, CaseDispatch, arrivals
from messages.cases.report_state import ReportState, set_aside_sentence, state_sentence
from messages.replies.reply_texts import TRIAGE_NAME
from messages.topics import TRIAGE
from sinks.ledger.case_course import (
    ARRIVALS,
    CaseCourse,
    CourseStep,
    case_course,
    joined_course,
    withdrawn_course,
)
from sinks.ledger.current_relation import CurrentRelation, current_relations, joined_to_other_sender
from sinks.ledger.sender_acts import withdrawals
from sinks.ledger.tables import AnswerRow, ComplaintRow, DispatchRow, SetAsideRow


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One step of a report. `kind` is `received`, `dispatched`, `reopened`, `withdrawn` or a verdict.

    `agency` is the institution's name, and empty for a code that is not in the registry; at triage it is that of the
    service's own staff. `answer_id` is that of a verdict.
    """

    at: datetime
    kind: str
    agency: str = ""
    at_triage: bool = False
    answer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """Status of one tracking number.

    `repeated_number` is the same citizen's number that this report repeats. The number of a joined report is another
    citizen's and is never shown. `belongs_to_case`: the report belongs to the case of another one, and has its steps;
    if that case is another citizen's (`is_joined`), only those since its own arrival. `is_private`: the sender is
    anonymous or confidential. `shares_words`: the agency's words about the case are to this sender; False for a report
    that joined another citizen's case, and for one that a person merged. `set_aside` is the reason why the message is
    no report; empty for a report.
    """

    tracking: str
    state: ReportState
    steps: tuple[StatusStep, ...]
    relation: str
    repeated_number: str | None
    belongs_to_case: bool = False
    is_joined: bool = False
    is_private: bool = False
    shares_words: bool = True
    set_aside: str = ""

    @property
    def agency(self) -> str:
        """Name of the agency that has the report; empty before the first dispatch."""
        return next((step.agency for step in reversed(self.steps) if step.kind in ARRIVALS), "")

    def for_everybody(self) -> "ReportStatus":
        """Return the status for anybody who has the number: a private report's agencies are left out."""
        if not self.is_private:
            return self
        return replace(self, steps=tuple(replace(step, agency="") for step in self.steps))

    @property
    def changed_at(self) -> datetime:
        """Time of the last step."""
        return max(step.at for step in self.steps)

    @property
    def sentence(self) -> str:
        """The state in a sentence, as everybody may read it who has the number: one SMS."""
        if self.set_aside:
            return set_aside_sentence(self.set_aside, self.tracking)
        return state_sentence(self.state, self.tracking, "" if self.is_private else self.agency)


class StatusReader:
    """Reads statuses from the ledger. `agency_names` are the institutions' names by code."""

    def __init__(self, engine: Engine, agency_names: Mapping[str, str]) -> None:
        self._engine = engine
        self._agency_names = agency_names

    @property
    def agency_names(self) -> Mapping[str, str]:
        """Names of the institutions by code."""
        return self._agency_names

    def status(self, tracking: str) -> ReportStatus | None:
        """Return the status of a tracking number in its canonical form; `None` if it is not in the ledger (yet)."""
        return self.statuses([tracking]).get(tracking)

    def statuses(self, numbers: Collection[str]) -> Mapping[str, ReportStatus]:
        """Return the statuses of several numbers, without unknown ones. Needs a few statements for thousands."""
        with read_transaction(self._engine) as connection:
            statuses = [
                status
                for chunk in statement_chunks(sorted(set(numbers)))
                for status in (*self._read_statuses(connection, chunk), *_set_aside_statuses(connection, chunk))
            ]
        # A message that was set aside may have become a report later, by the decision of a person.
        return {status.tracking: status for status in sorted(statuses, key=lambda status: not status.set_aside)}

    def _read_statuses(self, connection: Connection, numbers: Sequence[str]) -> Iterator[ReportStatus]:
        relations = current_relations(connection, col(ComplaintRow.tracking).in_(numbers)).values()
        # A joined complaint is another citizen's: its number is not read.
        numbers_by_id = _tracking_numbers(
            connection, {relation.repeated_id for relation in relations if relation.repeated_id}
        )
        joined = joined_to_other_sender(connection, relations)
        case_ids = {relation.case_id for relation in relations}
        dispatches = _dispatches_by_complaint(connection, case_ids | joined)
        courses = _courses(connection, case_ids, dispatches)
        withdrawn_at = withdrawals(connection, case_ids | {relation.id for relation in relations})
        for relation in relations:
            course, is_joined = courses[relation.case_id], relation.id in joined
            if is_joined:
                course = joined_course(course, dispatches[relation.id], relation.received_at)
            if at := _withdrawal_time(relation, withdrawn_at, is_joined=is_joined):
                course = withdrawn_course(course, at)
            yield self._status(relation, course, numbers_by_id.get(relation.repeated_id), is_joined=is_joined)

    def _status(
        self, relation: CurrentRelation, course: CaseCourse, repeated_number: str | None, *, is_joined: bool
    ) -> ReportStatus:
        steps = [self._status_step(step) for step in course.steps]
        received = StatusStep(relation.received_at, "received")
        return ReportStatus(
            tracking=relation.tracking,
            state=course.state,
            # A repeat of the same citizen shows the steps before it, too.
            steps=tuple(sorted([received, *steps], key=lambda step: step.at)),
            relation=relation.relation,
            repeated_number=repeated_number,
            belongs_to_case=relation.case_id != relation.id,
            is_joined=is_joined,
            is_private=relation.is_private,
            shares_words=not is_joined and (relation.case_id == relation.id or relation.original_relation == "repeat"),
        )

    def _status_step(self, step: CourseStep) -> StatusStep:
        at_triage = step.agency == TRIAGE
        agency = TRIAGE_NAME if at_triage else self._agency_names.get(step.agency, "")
        return StatusStep(step.at, step.kind, agency, at_triage, step.answer_id)


def _set_aside_statuses(connection: Connection, numbers: Sequence[str]) -> Iterator[ReportStatus]:
    """Yield the statuses of the messages with these numbers that are no reports."""
    columns = (col(SetAsideRow.tracking), col(SetAsideRow.reason), col(SetAsideRow.at))
    for row in connection.execute(select(*columns).where(col(SetAsideRow.tracking).in_(numbers))):
        received = StatusStep(row.at, "received")
        yield ReportStatus(row.tracking, "bukan-laporan", (received,), "new", None, set_aside=row.reason or "empty")


def _courses(
    connection: Connection, case_ids: Collection[UUID], dispatches: Mapping[UUID, Sequence[CaseDispatch]]
) -> Mapping[UUID, CaseCourse]:
    """Return the course of each case."""
    answers = _answers_by_case(connection, case_ids, dispatches)
    asked_cases = [case_id for case_id in case_ids if _has_question(answers[case_id])]
    repeated_at = _messages_by_case(connection, asked_cases)
    return {case_id: case_course(dispatches[case_id], answers[case_id], repeated_at[case_id]) for case_id in case_ids}


def _withdrawal_time(
    relation: CurrentRelation, withdrawn_at: Mapping[UUID | None, datetime], *, is_joined: bool
) -> datetime | None:
    """Return when the sender withdrew the report, or the case that it repeats; `None` without a withdrawal.

    Another citizen's withdrawal says nothing about a report that joined theirs.
    """
    own_ids = (relation.id,) if is_joined else (relation.id, relation.case_id)
    return max((withdrawn_at[id_] for id_ in own_ids if id_ in withdrawn_at), default=None)


def _dispatches_by_complaint(
    connection: Connection, complaint_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[CaseDispatch]]:
    """Return the dispatches of each complaint by their hop."""
    names = ("complaint_id", "dispatched_at", "hop", "agency", "reopened")
    columns: Sequence[Any] = [col(getattr(DispatchRow, name)) for name in names]
    query = select(*columns).where(col(DispatchRow.complaint_id).in_(complaint_ids)).order_by(col(DispatchRow.hop))
    dispatches: dict[UUID, list[CaseDispatch]] = defaultdict(list)
    for complaint_id, *dispatch in connection.execute(query):
        dispatches[complaint_id].append(CaseDispatch(*dispatch))
    return dispatches


def _answers_by_case(
    connection: Connection, case_ids: Collection[UUID], dispatches: Mapping[UUID, Sequence[CaseDispatch]]
) -> Mapping[UUID, Sequence[CaseAnswer]]:
    """Return the answers to the dispatches of each case. An answer to a report that belongs to the case is one, too.

    Such an answer counts for the latest dispatch of the case to the same agency, as in the router. An answer without
    its dispatch, or of an agency that does not have the dispatch, is none.
    """
    answer_columns: Sequence[Any] = [
        *(col(getattr(AnswerRow, name)) for name in ("recorded_at", "position", "verdict")),
        col(AnswerRow.id).label("answer_id"),
    ]
    is_of_dispatch = (col(DispatchRow.id) == col(AnswerRow.dispatch_id), col(DispatchRow.agency) == AnswerRow.agency)
    query = (
        select(
            *(col(getattr(DispatchRow, name)) for name in ("complaint_id", "of", "own_case", "hop", "agency")),
            *answer_columns,
        )
        .join(DispatchRow, and_(*is_of_dispatch))
        .where(or_(col(DispatchRow.complaint_id).in_(case_ids), col(DispatchRow.of).in_(case_ids)))
    )
    answers: dict[UUID, list[CaseAnswer]] = defaultdict(list)
    for row in connection.execute(query):
        case_id, hop = (row.complaint_id, row.hop) if row.own_case else (row.of, None)
        if hop is None:
            hop = max((case.hop for case in dispatches[case_id] if case.agency == row.agency), default=None)
        if hop is not None:
            answers[case_id].append(CaseAnswer(row.recorded_at, row.position, hop, row.verdict, row.answer_id))
    return answers


def _has_question(answers: Sequence[CaseAnswer]) -> bool:
    return any(answer.verdict == "asked" for answer in answers)


def _messages_by_case(connection: Connection, case_ids: Collection[UUID]) -> Mapping[UUID | None, Sequence[datetime]]:
    """Return when the sender of each case wrote again. A rating, a confirmation or a withdrawal answers no question.

    A message is the dispatch with which a repeat came to the case, also by a merge; later ones moved with the case. A
    repeat of a join is another sender's.
    """
    repeated_at: defaultdict[UUID | None, list[datetime]] = defaultdict(list)
    if not case_ids:
        return repeated_at
    is_repeat = (col(DispatchRow.relation) == "repeat", ~col(DispatchRow.own_case))
    is_answer = col(DispatchRow.act).in_(ANSWERING_ACTS)
    repeats = select(col(DispatchRow.complaint_id)).where(col(DispatchRow.of).in_(case_ids), *is_repeat, is_answer)
    repeat_ids = set(connection.execute(repeats).scalars())
    relations = current_relations(connection, col(ComplaintRow.id).in_(repeat_ids)).values()
    histories = _histories(connection, repeat_ids - joined_to_other_sender(connection, relations))
    for history in histories.values():
        for hop in arrivals({row.hop: None if row.own_case else row.of for row in history.values()}):
            if history[hop].relation == "repeat":
                repeated_at[history[hop].of].append(history[hop].dispatched_at)
    return repeated_at


def _histories(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, Mapping[int, Row[Any]]]:
    """Return the dispatches of complaints by their hop."""
    names = ("complaint_id", "hop", "own_case", "of", "relation", "dispatched_at")
    columns: Sequence[Any] = [col(getattr(DispatchRow, name)) for name in names]
    histories: defaultdict[UUID, dict[int, Row[Any]]] = defaultdict(dict)
    for row in connection.execute(select(*columns).where(col(DispatchRow.complaint_id).in_(complaint_ids))):
        histories[row.complaint_id][row.hop] = row
    return histories


def _tracking_numbers(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID | None, str]:
    query = select(col(ComplaintRow.id), col(ComplaintRow.tracking)).where(col(ComplaintRow.id).in_(complaint_ids))
    return {row.id: row.tracking for row in connection.execute(query)} if complaint_ids else {}
