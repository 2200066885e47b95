"""Stage that builds the read model of oversight from complaints, dispatches, answers, corrections and recommendations.

It publishes nothing. Facts are stored once; the rows of their reports are then derived again from all of their facts,
so the order in which the topics are read has no part in the result.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel

from bus.errors import Reject
from bus.port import Outgoing, Record
from cases.clocks.deadlines import Deadlines
from config.database import DatabaseLock, insertion_of_missing, lock_until_commit, write_transaction
from messages import codec
from messages.recommendation import Recommendation
from messages.shapes import (
    DEADLINE_EVENTS,
    OMBUDSMAN_EVENTS,
    AgencyAnswer,
    AnswerOutcome,
    Channel,
    Complaint,
    Correction,
    Dispatch,
    OversightEvent,
)
from messages.topics import AGENCY_ANSWERS, ANSWER_OUTCOMES, COMPLAINTS, CORRECTIONS, OVERSIGHT, RECOMMENDATIONS
from oversight.notices.tables import OversightNotice
from oversight.read_model.derivation import derive_cases
from oversight.read_model.tables import (
    OversightAnswer,
    OversightAnswerOutcome,
    OversightCorrection,
    OversightDispatch,
    OversightHandOver,
    OversightRecommendation,
    OversightReport,
)

# Returns those of the answers that count, without the forged ones.
SelectAnswers = Callable[[Connection, Sequence[tuple[Record, AgencyAnswer]]], Sequence[tuple[Record, AgencyAnswer]]]
_OUTCOME_COLUMNS = {"answer_id", "complaint_id", "case_id", "agency", "hop", "outcome"}
_Facts = defaultdict[type[SQLModel], list[dict[str, Any]]]


class OversightSink:
    """See `bus.worker.Stage`."""

    def __init__(
        self,
        engine: Engine,
        channels: Collection[Channel],
        select_answers: SelectAnswers,
        deadlines: Deadlines,
    ) -> None:
        self._engine = engine
        self._channels = channels
        self._select_answers = select_answers
        self._deadlines = deadlines

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Store the facts of a batch, derive its reports and change the counts. Doing so again changes nothing."""
        facts: _Facts = defaultdict(list)
        answers = []
        for record in records:
            if record.topic == AGENCY_ANSWERS:
                answers.append((record, self._decode(AgencyAnswer, record)))
            else:
                self._add_fact(facts, record)
        try:
            with write_transaction(self._engine) as connection:
                lock_until_commit(connection, DatabaseLock.OVERSIGHT)
                facts[OversightAnswer] = [_answer_row(*answer) for answer in self._select_answers(connection, answers)]
                derive_cases(connection, _store(connection, facts), self._deadlines)
        except StatementError as error:
            # Only errors of the values come here: a NUL, a date before the calendar.
            raise Reject("unstorable", type(error).__name__) from None
        return ()

    def _add_fact(self, facts: _Facts, record: Record) -> None:
        if record.topic == COMPLAINTS:
            facts[OversightReport].append(_report_row(self._decode(Complaint, record)))
        elif record.topic == CORRECTIONS:
            facts[OversightCorrection].append(_correction_row(self._decode(Correction, record)))
        elif record.topic == ANSWER_OUTCOMES:
            judged = self._decode(AnswerOutcome, record)
            facts[OversightAnswerOutcome].append(judged.model_dump(include=_OUTCOME_COLUMNS))
        elif record.topic == RECOMMENDATIONS:
            row = _recommendation_row(record, self._decode(Recommendation, record))
            facts[OversightRecommendation].append(row)
        elif record.topic == OVERSIGHT:
            event = self._decode(OversightEvent, record)
            if event.event in OMBUDSMAN_EVENTS:
                facts[OversightHandOver].append(
                    {"id": event.id, "complaint_id": event.subject, "at": event.at, "event": event.event}
                )
            if event.event in DEADLINE_EVENTS | OMBUDSMAN_EVENTS:
                facts[OversightNotice].append({"id": event.id, "complaint_id": event.subject})
        else:
            facts[OversightDispatch].append(_dispatch_row(self._decode(Dispatch, record)))

    def _decode(self, shape: type[codec.T], record: Record) -> codec.T:
        try:
            return codec.decode(shape, record.value, record.headers, self._channels)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error


# The column with the report of a fact, where it is not `complaint_id`. An answered complaint is derived with all cases
# that it has ever accompanied: the case of an outcome is one of them.
_REPORT_COLUMN: Mapping[type[SQLModel], str] = MappingProxyType({OversightReport: "id"})


def _store(connection: Connection, facts: Mapping[type[SQLModel], Sequence[dict[str, Any]]]) -> set[UUID]:
    """Store facts; return the reports of those that were not stored before."""
    report_ids: set[UUID] = set()
    for table, rows in facts.items():
        if rows:
            report_column = _REPORT_COLUMN.get(table, "complaint_id")
            statement = insertion_of_missing(connection.dialect.name, table, report_column)
            report_ids |= set(connection.execute(statement, rows).scalars())
    return report_ids


def _report_row(complaint: Complaint) -> dict[str, Any]:
    return {
        **complaint.model_dump(include={"id", "message_id", "tracking", "channel"}),
        "received_at": complaint.at,
        "kind": complaint.report.kind.value,
        "act": complaint.follow_up.act,
        "relation": complaint.relation.kind,
        "of": complaint.relation.of,
    }


def _dispatch_row(dispatch: Dispatch) -> dict[str, Any]:
    names = {"id", "complaint_id", "hop", "agency", "own_case", "at", "reopened", "topic", "region"}
    return {
        **dispatch.model_dump(include=names),
        "of": None if dispatch.own_case else dispatch.relation.of,
        "relation": dispatch.relation.kind,
        "act": dispatch.follow_up.act,
    }


def _answer_row(record: Record, answer: AgencyAnswer) -> dict[str, Any]:
    return {
        **answer.model_dump(include={"id", "agency", "complaint_id", "dispatch_id", "verdict"}),
        "at": record.taken_at,
        "position": record.position,
    }


def _correction_row(correction: Correction) -> dict[str, Any]:
    return {
        **correction.model_dump(include={"id", "complaint_id", "at"}),
        "relation": correction.relation.kind,
        "of": correction.relation.of,
        "is_denial": correction.is_denial,
    }


def _recommendation_row(record: Record, recommendation: Recommendation) -> dict[str, Any]:
    """Return the row, which has neither the words nor the name."""
    names = {"id", "recommendation_id", "complaint_id", "act", "kind", "agency", "account_id"}
    return {**recommendation.model_dump(include=names), "at": record.taken_at}
