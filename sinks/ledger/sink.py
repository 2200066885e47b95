"""Sink that writes complaints, dispatches, answers and corrections into the ledger, each once, in any order."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import insert_statement, write_transaction
from messages import codec
from messages.shapes import AgencyAnswer, Channel, Complaint, Correction, Dispatch
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS
from sinks.ledger.tables import AnswerRow, ComplaintRow, CorrectionRow, DispatchRow

RowsByTable = dict[type[SQLModel], list[dict[str, Any]]]


class LedgerSink:
    """Stage of the ledger; see `bus.worker.Stage`. It rejects complaints and dispatches of other channels."""

    def __init__(self, engine: Engine, channels: Collection[Channel]) -> None:
        self._engine = engine
        self._channels = channels

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Write the rows and return no messages. Writing the same rows again changes nothing."""
        rows_by_table: RowsByTable = defaultdict(list)
        for record in records:
            table, row = _row(record, self._channels)
            rows_by_table[table].append(row)
        try:
            with write_transaction(self._engine) as connection:
                for table, rows in rows_by_table.items():
                    connection.execute(insert_statement(connection, table).on_conflict_do_nothing(), rows)
        except StatementError as error:
            # `write_transaction` lets through only errors of the values: a NUL, a date before the calendar.
            raise Reject("unstorable", type(error).__name__) from None
        return ()


def _row(record: Record, channels: Collection[Channel]) -> tuple[type[SQLModel], dict[str, Any]]:
    try:
        if record.topic == COMPLAINTS:
            return ComplaintRow, _complaint_row(codec.decode(Complaint, record.value, record.headers, channels))
        if record.topic == AGENCY_ANSWERS:
            return AnswerRow, _answer_row(codec.decode(AgencyAnswer, record.value, record.headers))
        if record.topic == CORRECTIONS:
            return CorrectionRow, _correction_row(codec.decode(Correction, record.value, record.headers))
        return DispatchRow, _dispatch_row(codec.decode(Dispatch, record.value, record.headers, channels))
    except codec.CodecError as error:
        raise Reject(error.reason, error.field) from error


def _complaint_row(complaint: Complaint) -> dict[str, Any]:
    report = complaint.report
    return {
        **complaint.model_dump(include={"id", "message_id", "tracking", "contact"}),
        **report.model_dump(include={"title", "text", "anonim", "rahasia"}),
        "channel": complaint.channel,
        "kind": report.kind.value,
        "relation": complaint.relation.kind,
        "of": complaint.relation.of,
        "received_at": complaint.at,
    }


def _dispatch_row(dispatch: Dispatch) -> dict[str, Any]:
    return {
        **dispatch.model_dump(include={"id", "complaint_id", "agency", "hop", "rules_version", "due_at", "own_case"}),
        **dispatch.model_dump(include={"confidence", "topic", "region", "actor"}),
        "alternatives": json.dumps(dispatch.alternatives),
        "relation": dispatch.relation.kind,
        "of": dispatch.relation.of,
        "reasons": json.dumps([reason.model_dump() for reason in dispatch.reasons], ensure_ascii=False),
        "rules": "|".join(reason.rule for reason in dispatch.reasons),
        "dispatched_at": dispatch.at,
    }


def _answer_row(answer: AgencyAnswer) -> dict[str, Any]:
    return {
        **answer.model_dump(
            include={"id", "complaint_id", "dispatch_id", "agency", "verdict", "text", "theirs", "actor"}
        ),
        "answered_at": answer.at,
    }


def _correction_row(correction: Correction) -> dict[str, Any]:
    return {
        **correction.model_dump(include={"id", "complaint_id", "apart_from", "actor", "reason"}),
        "relation": correction.relation.kind,
        "of": correction.relation.of,
        "corrected_at": correction.at,
    }
