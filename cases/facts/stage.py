"""Stage that stores the facts of cases from complaints, dispatches, answers, outcomes, corrections and events.

It publishes nothing. Each fact is stored once, in any order. Ledger, desk and oversight derive their rows from facts.
"""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import BindParameter, Connection, Engine, bindparam, select
from sqlalchemy.exc import StatementError
from sqlmodel import col

from bus.errors import Reject
from bus.port import Outgoing, Record
from cases.facts.answer_content import file_ids
from cases.facts.rows import NewFact, answer_fact, read_fact
from cases.facts.store import store_facts
from cases.facts.tables import AnswerFact, DispatchFact
from cases.pictures.store import mark_named
from config.conditions import is_one_of
from config.database import write_transaction
from messages import codec
from messages.answer_check import AnswerCheck, AnswerFault
from messages.shapes import AgencyAnswer, Channel
from messages.topics import AGENCY_ANSWERS

# The router finds these faults too, whenever it checks the answer.
_FORGED: Container[AnswerFault | None] = ("no_authenticator", "wrong_authenticator", "wrong_answer_id")
_IDS: BindParameter[Any] = bindparam("ids")
_STORED_ANSWERS = select(col(AnswerFact.id), col(AnswerFact.position)).where(is_one_of(col(AnswerFact.id), _IDS))
_DISPATCHED = select(col(DispatchFact.id), col(DispatchFact.agency)).where(is_one_of(col(DispatchFact.id), _IDS))

_log = structlog.get_logger()

_ReceivedAnswer = tuple[Record, AgencyAnswer]


class CaseStage:
    """See `bus.worker.Stage`. It rejects complaints and dispatches of other channels.

    It stores no answer that the router rejects: those that fail `answer_check`, and those of an agency that does not
    have the answered dispatch. A forged one is left out, because the router has made a dead letter of it. The other
    faults depend on when a stage checks the answer, so this stage rejects these itself. `institutions` returns the
    codes of the registry. `on_stored` is called after the commit if there are new facts.
    """

    def __init__(
        self,
        engine: Engine,
        channels: Collection[Channel],
        answer_check: AnswerCheck,
        institutions: Callable[[], Container[str]],
        on_stored: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._channels = channels
        self._answer_check = answer_check
        self._institutions = institutions
        self._on_stored = on_stored

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Store the facts and return no messages. Storing the same facts again changes nothing."""
        answers, facts = [], []
        for record in records:
            if record.topic == AGENCY_ANSWERS:
                answers.append((record, self._decode_answer(record)))
            elif fact := self._decode(record):
                facts.append(fact)
        try:
            with write_transaction(self._engine) as connection:
                facts += self._answer_facts(connection, answers, facts)
                new_facts = store_facts(connection, facts)
                for fact in new_facts:
                    _mark_files(connection, fact)
        except StatementError as error:
            # `write_transaction` lets through only errors of the values: a NUL, a date before the calendar.
            raise Reject("unstorable", type(error).__name__) from None
        if new_facts:
            self._on_stored()
        return ()

    def _answer_facts(
        self, connection: Connection, answers: Sequence[_ReceivedAnswer], facts: Sequence[NewFact]
    ) -> Sequence[NewFact]:
        """Return the answers without forged ones. Raises `Reject` for one that the agency may not give.

        `facts` are the others of the batch: an answer may come with its dispatch.
        """
        if not answers:
            return ()
        institutions = self._institutions()
        stored = _stored_answers(connection, [answer.id for _, answer in answers])
        agencies = {
            **_answered_agencies(connection, [answer.dispatch_id for _, answer in answers]),
            **{fact.id: fact.row["agency"] for fact in facts if fact.kind == "dispatch"},
        }
        return [
            answer_fact(record, answer, answer.suggested_agency if answer.suggested_agency in institutions else None)
            for record, answer in answers
            # A stored answer is not checked again: its key may have been withdrawn since.
            if (answer.id, record.position) in stored
            or self._is_acceptable(record, answer, institutions, agencies.get(answer.dispatch_id, answer.agency))
        ]

    def _is_acceptable(
        self, record: Record, answer: AgencyAnswer, institutions: Container[str], answered_agency: str
    ) -> bool:
        """Return False for a forged answer. Raises `Reject` for another one that does not count.

        The dispatch may be stored later. An answer without its dispatch is never shown.
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

    def _decode(self, record: Record) -> NewFact | None:
        try:
            return read_fact(record, self._channels)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error

    def _decode_answer(self, record: Record) -> AgencyAnswer:
        try:
            return codec.decode(AgencyAnswer, record.value, record.headers)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error


def _mark_files(connection: Connection, fact: NewFact) -> None:
    """Mark the files that a new answer names. The desk has marked those of its own answers before."""
    if fact.kind == "answer":
        mark_named(
            connection, fact.row["dispatch_id"], file_ids(fact.row["pictures"], fact.row["document"]), fact.taken_at
        )


def _stored_answers(connection: Connection, answer_ids: Sequence[UUID]) -> Collection[tuple[UUID, str]]:
    """Return id and position of the answers that are stored."""
    return {(row.id, row.position) for row in connection.execute(_STORED_ANSWERS, {"ids": answer_ids})}


def _answered_agencies(connection: Connection, dispatch_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return the agency of each of these dispatches that is stored."""
    return {row.id: row.agency for row in connection.execute(_DISPATCHED, {"ids": dispatch_ids})}
