"""Stage that builds the desk's read model from dispatches, answers, complaints, corrections and recommendations.

It publishes nothing. Facts are stored once. The rows of the cases that they belong to are then derived again from all
of their facts, so the order in which the topics are read has no part in the result.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel

from bus.errors import Reject
from bus.port import Outgoing, Record
from cases.clocks.deadlines import Deadlines
from config.database import DatabaseLock, insertion_of_missing, lock_until_commit, write_transaction
from desk.changes import CaseChange
from desk.read_model.change_order import number_cases_of
from desk.read_model.deadline_changes import deadline_changes
from desk.read_model.derivation import derive_cases, mark_latest
from desk.read_model.forgotten import blank_facts
from desk.read_model.recommendations.changes import (
    recommendation_changes,
    recommended_cases,
    with_recommendations,
)
from desk.read_model.sender_messages import mark_messages
from desk.read_model.tables import (
    DeskAnswer,
    DeskAnswerOutcome,
    DeskComplaint,
    DeskCorrection,
    DeskDispatch,
    DeskRecommendation,
)
from messages import codec
from messages.recommendation import Recommendation
from messages.shapes import AgencyAnswer, AnswerOutcome, Channel, Complaint, Correction, Dispatch, OversightEvent
from messages.topics import AGENCY_ANSWERS, ANSWER_OUTCOMES, COMPLAINTS, CORRECTIONS, OVERSIGHT, RECOMMENDATIONS

_OUTCOME_COLUMNS = {"answer_id", "complaint_id", "case_id", "agency", "hop", "outcome"}

# Stores what agencies are to be told of. It runs in the transaction of the batch.
OnChanges = Callable[[Connection, Sequence[CaseChange]], None]
# Returns those of the answers that count, without the forged ones.
SelectAnswers = Callable[[Connection, Sequence[tuple[Record, AgencyAnswer]]], Sequence[tuple[Record, AgencyAnswer]]]


class DeskSink:
    """See `bus.worker.Stage`."""

    def __init__(
        self,
        engine: Engine,
        channels: Collection[Channel],
        select_answers: SelectAnswers,
        on_changes: OnChanges,
        deadlines: Deadlines,
    ) -> None:
        self._engine = engine
        self._channels = channels
        self._select_answers = select_answers
        self._on_changes = on_changes
        self._deadlines = deadlines

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Store the facts of a batch and derive its cases. Doing so again changes nothing."""
        rows: defaultdict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
        answers, events = [], []
        for record in records:
            if record.topic == AGENCY_ANSWERS:
                answers.append((record, self._decode(AgencyAnswer, record)))
            elif record.topic == OVERSIGHT:
                events.append(self._decode(OversightEvent, record))
            else:
                table, row = self._fact(record)
                rows[table].append(row)
        try:
            with write_transaction(self._engine) as connection:
                # Two transactions that derive one case would each miss the fact of the other.
                lock_until_commit(connection, DatabaseLock.DESK)
                rows[DeskAnswer] = [_answer_row(*answer) for answer in self._select_answers(connection, answers)]
                blank_facts(connection, rows)
                self._store(connection, rows)
                if changes := deadline_changes(connection, events):
                    self._on_changes(connection, changes)
        except StatementError as error:
            # Only errors of the values come here: a NUL, a date before the calendar.
            raise Reject("unstorable", type(error).__name__) from None
        return ()

    def _store(self, connection: Connection, rows: dict[type[SQLModel], list[dict[str, Any]]]) -> None:
        dispatches = _insert_new(connection, DeskDispatch, rows[DeskDispatch])
        answers = _insert_new(connection, DeskAnswer, rows[DeskAnswer])
        outcomes = _insert_new(connection, DeskAnswerOutcome, rows[DeskAnswerOutcome])
        complaints = _insert_new(connection, DeskComplaint, rows[DeskComplaint])
        corrections = _insert_new(connection, DeskCorrection, rows[DeskCorrection])
        recommendations = _insert_new(connection, DeskRecommendation, rows[DeskRecommendation])
        dispatched = {row["complaint_id"] for row in dispatches}
        mark_latest(connection, dispatched)
        related = {row["id"] for row in complaints} | {row["complaint_id"] for row in corrections}
        marked = mark_messages(connection, dispatched, related)
        changes = [*derive_cases(connection, dispatches, answers, outcomes, marked, self._deadlines)]
        number_cases_of(connection, _cases_beside(complaints, corrections) - dispatched)
        moved = with_recommendations(connection, dispatched)
        number_cases_of(connection, recommended_cases(connection, recommendations, moved))
        changes += recommendation_changes(connection, recommendations, moved)
        if changes:
            self._on_changes(connection, changes)

    def _fact(self, record: Record) -> tuple[type[SQLModel], dict[str, Any]]:
        if record.topic == COMPLAINTS:
            return DeskComplaint, _complaint_row(self._decode(Complaint, record))
        if record.topic == CORRECTIONS:
            return DeskCorrection, _correction_row(self._decode(Correction, record))
        if record.topic == ANSWER_OUTCOMES:
            judged = self._decode(AnswerOutcome, record)
            return DeskAnswerOutcome, judged.model_dump(include=_OUTCOME_COLUMNS)
        if record.topic == RECOMMENDATIONS:
            return DeskRecommendation, _recommendation_row(record, self._decode(Recommendation, record))
        return DeskDispatch, _dispatch_row(self._decode(Dispatch, record))

    def _decode(self, shape: type[codec.T], record: Record) -> codec.T:
        try:
            return codec.decode(shape, record.value, record.headers, self._channels)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error


def _insert_new(
    connection: Connection, table: type[SQLModel], rows: Sequence[dict[str, Any]]
) -> Sequence[dict[str, Any]]:
    """Store facts, and return those that were not stored before."""
    if not rows:
        return ()
    key = [column.name for column in table.__table__.primary_key]  # type: ignore[attr-defined]
    statement = insertion_of_missing(connection.dialect.name, table, *key)
    stored = {tuple(row) for row in connection.execute(statement, rows)}
    rows_by_key = {tuple(row[name] for name in key): row for row in reversed(rows)}
    return [row for row_key, row in reversed(rows_by_key.items()) if row_key in stored]


def _cases_beside(complaints: Sequence[dict[str, Any]], corrections: Sequence[dict[str, Any]]) -> set[UUID]:
    """Return the complaints of new facts that a case shows and that its row is not derived from."""
    corrected = {row[name] for row in corrections for name in ("complaint_id", "of", "apart_from") if row[name]}
    return corrected | {row["id"] for row in complaints}


def _dispatch_row(dispatch: Dispatch) -> dict[str, Any]:
    return {
        **dispatch.model_dump(include={"id", "complaint_id", "tracking", "hop", "agency", "own_case", "at"}),
        "of": None if dispatch.own_case else dispatch.relation.of,
        "relation": dispatch.relation.kind,
        # `mark_latest` and `mark_messages` decide these.
        "is_latest": False,
        "is_from_sender": False,
        "is_message": False,
        "act": dispatch.follow_up.act,
        "danger": dispatch.danger,
        "dispatch": dispatch.model_dump_json(),
        "shape_version": Dispatch.version,
    }


def _answer_row(record: Record, answer: AgencyAnswer) -> dict[str, Any]:
    return {
        **answer.model_dump(include={"id", "complaint_id", "dispatch_id", "agency", "verdict", "text", "actor"}),
        "suggested_agency": answer.suggested_agency,
        "at": record.taken_at,
        "position": record.position,
    }


def _complaint_row(complaint: Complaint) -> dict[str, Any]:
    return {
        "id": complaint.id,
        "received_at": complaint.at,
        "anonim": complaint.report.anonim,
        "contact": complaint.contact,
        "relation": complaint.relation.kind,
        "of": complaint.relation.of,
    }


def _correction_row(correction: Correction) -> dict[str, Any]:
    return {
        **correction.model_dump(include={"id", "complaint_id", "apart_from", "actor", "reason", "at"}),
        "relation": correction.relation.kind,
        "of": correction.relation.of,
        "evidence": "|".join(correction.relation.evidence),
    }


def _recommendation_row(record: Record, recommendation: Recommendation) -> dict[str, Any]:
    names = {"id", "recommendation_id", "complaint_id", "act", "kind", "agency", "text", "actor"}
    return {**recommendation.model_dump(include=names), "at": record.taken_at}
