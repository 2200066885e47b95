"""Sink that writes complaints, dispatches, answers, outcomes and corrections into the ledger, each once, in any order.

It also writes the messages that were set aside, so that their numbers are known.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel, col, select

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.conditions import is_one_of
from config.database import insertion_of_missing, write_transaction
from messages import codec
from messages.answer_check import AnswerCheck, AnswerFault
from messages.shapes import (
    AgencyAnswer,
    AnswerOutcome,
    Channel,
    ClosedCase,
    Complaint,
    Correction,
    Dispatch,
    OversightEvent,
    Suggestion,
)
from messages.topics import AGENCY_ANSWERS, ANSWER_OUTCOMES, COMPLAINTS, CORRECTIONS, OVERSIGHT
from privacy.blanks import blank_rows
from sinks.ledger.counts.queue_changes import change_queue_counts
from sinks.ledger.forgotten import BLANKS
from sinks.ledger.tables import (
    AnswerOutcomeRow,
    AnswerRow,
    ClosedCaseRow,
    ComplaintRow,
    CorrectionRow,
    DispatchRow,
    OmbudsmanRow,
    SetAsideRow,
    SuggestionRow,
)

# The router finds these faults too, whenever it checks the answer.
_FORGED: Container[AnswerFault | None] = ("no_authenticator", "wrong_authenticator", "wrong_answer_id")

_OUTCOME_COLUMNS = {"answer_id", "complaint_id", "case_id", "agency", "hop", "outcome"}

_log = structlog.get_logger()

# Made once: `json.dumps` makes an encoder for each call that has an option.
_to_json = json.JSONEncoder(ensure_ascii=False).encode

# Takes the records whose rows were written.
Derive = Callable[[Connection, Sequence[Record]], None]
RowsByTable = dict[type[SQLModel], list[dict[str, Any]]]


class LedgerSink:
    """Stage of the ledger; see `bus.worker.Stage`. It rejects complaints and dispatches of other channels.

    It writes no answer that the router rejects: those that fail `answer_check`, and those of an agency that does not
    have the answered dispatch. A forged one is left out, because the router has made a dead letter of it. The other
    faults depend on when a stage checks the answer, so the ledger rejects these itself. `institutions` returns the
    codes of the registry. `derive` writes what follows from the rows, in the same transaction.
    """

    def __init__(
        self,
        engine: Engine,
        channels: Collection[Channel],
        answer_check: AnswerCheck,
        institutions: Callable[[], Container[str]],
        derive: Derive | None = None,
    ) -> None:
        self._engine = engine
        self._channels = channels
        self._answer_check = answer_check
        self._institutions = institutions
        self._derive = derive

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Write the rows and return no messages. Writing the same rows again changes nothing."""
        rows_by_table: RowsByTable = defaultdict(list)
        answers = [(record, _decode_answer(record)) for record in records if record.topic == AGENCY_ANSWERS]
        for record in records:
            if record.topic == AGENCY_ANSWERS:
                continue
            for table, row in _rows(record, self._channels):
                rows_by_table[table].append(row)
        try:
            with write_transaction(self._engine) as connection:
                blank_rows(connection, BLANKS, rows_by_table)
                new_dispatches = _insert_new(connection, DispatchRow, rows_by_table.pop(DispatchRow, []))
                for table, rows in rows_by_table.items():
                    connection.execute(insertion_of_missing(connection.dialect.name, table), rows)
                # After the dispatches that the answers belong to.
                new_answers = self._write_answers(connection, answers)
                change_queue_counts(connection, new_dispatches, new_answers)
                if self._derive:
                    self._derive(connection, records)
        except StatementError as error:
            # `write_transaction` lets through only errors of the values: a NUL, a date before the calendar.
            raise Reject("unstorable", type(error).__name__) from None
        return ()

    def _write_answers(
        self, connection: Connection, answers: Sequence[tuple[Record, AgencyAnswer]]
    ) -> Sequence[dict[str, Any]]:
        """Write the answers, except forged ones; return the rows that were not there.

        Raises `Reject` for one that the agency may not give.
        """
        if not answers:
            return ()
        institutions = self._institutions()
        written_answers = _written_answers(connection, [answer.id for _, answer in answers])
        agencies = _answered_agencies(connection, [answer.dispatch_id for _, answer in answers])
        accepted = [
            (record, answer)
            for record, answer in answers
            # A written answer is not checked again: its key may have been withdrawn since.
            if (answer.id, record.position) in written_answers
            or self._is_acceptable(record, answer, institutions, agencies.get(answer.dispatch_id, answer.agency))
        ]
        rows = [_answer_row(record, answer, institutions) for record, answer in accepted]
        blank_rows(connection, BLANKS, {AnswerRow: rows})
        return _insert_new(connection, AnswerRow, rows)

    def _is_acceptable(
        self, record: Record, answer: AgencyAnswer, institutions: Container[str], answered_agency: str
    ) -> bool:
        """Return False for a forged answer. Raises `Reject` for another one that does not count.

        The dispatch may be written later. An answer without its dispatch is never shown.
        """
        fault = self._answer_check.fault(answer, institutions)
        if fault in _FORGED:
            _log.warning("answer.left_out", position=record.position, reason=fault)
            return False
        if fault:
            raise Reject(fault, "authenticator")
        if answered_agency != answer.agency:
            raise Reject("unknown_dispatch", "dispatch_id")
        return True


def _insert_new(
    connection: Connection, table: type[DispatchRow | AnswerRow], rows: Sequence[dict[str, Any]]
) -> Sequence[dict[str, Any]]:
    """Insert the rows; return those that were not there."""
    if not rows:
        return ()
    statement = insertion_of_missing(connection.dialect.name, table, "id")
    new_ids = set(connection.execute(statement, rows).scalars())
    # A batch may have one row twice: the first one was written.
    return list({row["id"]: row for row in reversed(rows) if row["id"] in new_ids}.values())


def _written_answers(connection: Connection, answer_ids: Sequence[UUID]) -> Collection[tuple[UUID, str]]:
    """Return id and position of the answers that the ledger has."""
    query = select(AnswerRow.id, AnswerRow.position).where(is_one_of(col(AnswerRow.id), answer_ids))
    return {(row.id, row.position) for row in connection.execute(query)}


def _answered_agencies(connection: Connection, dispatch_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return the agency of each dispatch that the ledger has."""
    query = select(DispatchRow.id, DispatchRow.agency).where(is_one_of(col(DispatchRow.id), dispatch_ids))
    return {row.id: row.agency for row in connection.execute(query)}


def _decode_answer(record: Record) -> AgencyAnswer:
    try:
        return codec.decode(AgencyAnswer, record.value, record.headers)
    except codec.CodecError as error:
        raise Reject(error.reason, error.field) from error


def _rows(record: Record, channels: Collection[Channel]) -> Iterator[tuple[type[SQLModel], dict[str, Any]]]:
    """Yield the tables and rows of a record; none for an event of oversight that the ledger does not keep."""
    try:
        if record.topic == OVERSIGHT:
            event = codec.decode(OversightEvent, record.value, record.headers)
            if event.event == "not-a-complaint" and event.tracking:
                yield SetAsideRow, _set_aside_row(event)
            elif event.event in {"ombudsman-asked", "handed-to-ombudsman"}:
                yield OmbudsmanRow, {"complaint_id": event.subject, "event": event.event, "at": event.at}
        elif record.topic == COMPLAINTS:
            complaint = codec.decode(Complaint, record.value, record.headers, channels)
            yield ComplaintRow, _complaint_row(complaint)
            if complaint.suggestion:
                yield SuggestionRow, _suggestion_row(complaint, complaint.suggestion)
            if complaint.similar_closed_case:
                yield ClosedCaseRow, _closed_case_row(complaint, complaint.similar_closed_case)
        elif record.topic == ANSWER_OUTCOMES:
            judged = codec.decode(AnswerOutcome, record.value, record.headers)
            yield AnswerOutcomeRow, judged.model_dump(include=_OUTCOME_COLUMNS)
        elif record.topic == CORRECTIONS:
            yield CorrectionRow, _correction_row(codec.decode(Correction, record.value, record.headers))
        else:
            yield DispatchRow, _dispatch_row(codec.decode(Dispatch, record.value, record.headers, channels))
    except codec.CodecError as error:
        raise Reject(error.reason, error.field) from error


def _suggestion_row(complaint: Complaint, suggestion: Suggestion) -> dict[str, Any]:
    return {
        "complaint_id": complaint.id,
        "suggested_id": suggestion.of,
        "score": suggestion.score,
        "evidence": "|".join(suggestion.evidence),
        "suggested_at": complaint.at,
    }


def _closed_case_row(complaint: Complaint, closed_case: ClosedCase) -> dict[str, Any]:
    return {
        "complaint_id": complaint.id,
        "closed_id": closed_case.of,
        **closed_case.model_dump(include={"closed_at", "is_own"}),
    }


def _complaint_row(complaint: Complaint) -> dict[str, Any]:
    report = complaint.report
    return {
        **complaint.model_dump(include={"id", "message_id", "tracking", "contact"}),
        **report.model_dump(include={"title", "text", "anonim", "rahasia"}),
        "channel": complaint.channel,
        "kind": report.kind.value,
        "relation": complaint.relation.kind,
        "of": complaint.relation.of,
        **complaint.follow_up.model_dump(),
        "received_at": complaint.at,
    }


def _set_aside_row(event: OversightEvent) -> dict[str, Any]:
    return event.model_dump(include={"message_id", "tracking", "reason", "at"})


def _dispatch_row(dispatch: Dispatch) -> dict[str, Any]:
    return {
        **dispatch.model_dump(include={"id", "complaint_id", "agency", "hop", "rules_version", "due_at", "own_case"}),
        **dispatch.model_dump(include={"confidence", "topic", "region", "actor", "danger", "reopened"}),
        **dispatch.follow_up.model_dump(),
        "alternatives": _to_json(dispatch.alternatives),
        "relation": dispatch.relation.kind,
        "of": dispatch.relation.of,
        "reasons": _to_json([reason.model_dump() for reason in dispatch.reasons]),
        "rules": "|".join(reason.rule for reason in dispatch.reasons),
        "dispatched_at": dispatch.at,
    }


def _answer_row(record: Record, answer: AgencyAnswer, institutions: Container[str]) -> dict[str, Any]:
    """Return the row. A suggested agency that is not in the registry is left out: it is text from outside."""
    return {
        **answer.model_dump(include={"id", "complaint_id", "dispatch_id", "agency", "verdict", "text", "actor"}),
        "suggested_agency": answer.suggested_agency if answer.suggested_agency in institutions else None,
        "answered_at": answer.at,
        "recorded_at": record.taken_at,
        "position": record.position,
    }


def _correction_row(correction: Correction) -> dict[str, Any]:
    return {
        **correction.model_dump(include={"id", "complaint_id", "apart_from", "actor", "reason"}),
        "relation": correction.relation.kind,
        "of": correction.relation.of,
        "evidence": "|".join(correction.relation.evidence),
        "corrected_at": correction.at,
    }
