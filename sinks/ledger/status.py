"""Status of tracking numbers: the steps of each report so far, without its sender and its text."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, and_, or_
from sqlmodel import col, select

from config.database import read_transaction, statement_chunks
from messages.case_course import CaseAnswer, CaseDispatch, arrivals
from sinks.ledger.case_course import CaseCourse, case_course, joined_course
from sinks.ledger.current_relation import CurrentRelation, current_relations, joined_to_other_sender
from sinks.ledger.tables import AnswerRow, ComplaintRow, DispatchRow


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One step of a report. `kind` is `received`, `dispatched` or a verdict.

    `agency` is the institution's name, and empty for a code that is not in the registry.
    """

    at: datetime
    kind: str
    agency: str = ""


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """Status of one tracking number. `state` is terverifikasi, terdisposisi, proses, tunda, selesai or arsip.

    `repeated_number` is the same citizen's number that this report repeats. The number of a joined report is another
    citizen's and is never shown. `belongs_to_case`: the report belongs to the case of another one, and has its steps;
    if that case is another citizen's (`is_joined`), only those since its own arrival.
    """

    tracking: str
    state: str
    steps: tuple[StatusStep, ...]
    relation: str
    repeated_number: str | None
    belongs_to_case: bool = False
    is_joined: bool = False


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
                for status in self._read_statuses(connection, chunk)
            ]
        return {status.tracking: status for status in statuses}

    def _read_statuses(self, connection: Connection, numbers: Sequence[str]) -> Iterator[ReportStatus]:
        relations = current_relations(connection, col(ComplaintRow.tracking).in_(numbers)).values()
        # A joined complaint is another citizen's: its number is not read.
        numbers_by_id = _tracking_numbers(
            connection, {relation.repeated_id for relation in relations if relation.repeated_id}
        )
        joined = joined_to_other_sender(connection, relations)
        case_ids = {relation.case_id for relation in relations}
        dispatches = _dispatches_by_complaint(connection, case_ids | joined)
        answers = _answers_by_case(connection, case_ids, dispatches)
        asked_cases = [case_id for case_id in case_ids if _has_question(answers[case_id])]
        repeated_at = _messages_by_case(connection, asked_cases)
        courses = {
            case_id: case_course(dispatches[case_id], answers[case_id], repeated_at[case_id]) for case_id in case_ids
        }
        for relation in relations:
            course, is_joined = courses[relation.case_id], relation.id in joined
            if is_joined:
                course = joined_course(course, dispatches[relation.id], relation.received_at)
            yield self._status(relation, course, numbers_by_id.get(relation.repeated_id), is_joined=is_joined)

    def _status(
        self, relation: CurrentRelation, course: CaseCourse, repeated_number: str | None, *, is_joined: bool
    ) -> ReportStatus:
        steps = [StatusStep(step.at, step.kind, self._agency_names.get(step.agency, "")) for step in course.steps]
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
        )


def _dispatches_by_complaint(
    connection: Connection, complaint_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[CaseDispatch]]:
    """Return the dispatches of each complaint by their hop."""
    columns = (DispatchRow.complaint_id, DispatchRow.dispatched_at, DispatchRow.hop, DispatchRow.agency)
    query = select(*columns).where(col(DispatchRow.complaint_id).in_(complaint_ids)).order_by(col(DispatchRow.hop))
    dispatches: dict[UUID, list[CaseDispatch]] = defaultdict(list)
    for complaint_id, at, hop, agency in connection.execute(query):
        dispatches[complaint_id].append(CaseDispatch(at, hop, agency))
    return dispatches


def _answers_by_case(
    connection: Connection, case_ids: Collection[UUID], dispatches: Mapping[UUID, Sequence[CaseDispatch]]
) -> Mapping[UUID, Sequence[CaseAnswer]]:
    """Return the answers to the dispatches of each case. An answer to a report that belongs to the case is one, too.

    Such an answer counts for the latest dispatch of the case to the same agency, as in the router. An answer without
    its dispatch, or of an agency that does not have the dispatch, is none.
    """
    is_of_dispatch = (col(DispatchRow.id) == col(AnswerRow.dispatch_id), col(DispatchRow.agency) == AnswerRow.agency)
    query = (
        select(
            *(col(getattr(DispatchRow, name)) for name in ("complaint_id", "of", "own_case", "hop", "agency")),
            *(col(getattr(AnswerRow, name)) for name in ("recorded_at", "position", "verdict")),
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
            answers[case_id].append(CaseAnswer(row.recorded_at, row.position, hop, row.verdict))
    return answers


def _has_question(answers: Sequence[CaseAnswer]) -> bool:
    return any(answer.verdict == "asked" for answer in answers)


def _messages_by_case(connection: Connection, case_ids: Collection[UUID]) -> Mapping[UUID | None, Sequence[datetime]]:
    """Return when the sender of each case wrote again.

    A message is the dispatch with which a repeat came to the case, also by a merge; later ones moved with the case. A
    repeat of a join is another sender's.
    """
    repeated_at: defaultdict[UUID | None, list[datetime]] = defaultdict(list)
    if not case_ids:
        return repeated_at
    is_repeat = (col(DispatchRow.relation) == "repeat", ~col(DispatchRow.own_case))
    repeats = select(col(DispatchRow.complaint_id)).where(col(DispatchRow.of).in_(case_ids), *is_repeat)
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
