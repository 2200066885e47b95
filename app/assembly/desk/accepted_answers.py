"""Answers of agencies that the read models of desk and oversight count: forged ones are left out."""

from collections.abc import Callable, Collection, Container, Sequence
from uuid import UUID

import structlog
from sqlalchemy import Connection

from bus.port import Record
from messages.answer_check import AnswerCheck
from messages.shapes import AgencyAnswer
from router.answer_store import processed_positions

ReceivedAnswer = tuple[Record, AgencyAnswer]

_log = structlog.get_logger()


class AcceptedAnswers:
    """Selects answers. `institutions` returns the codes of the registry.

    An answer that fails `answer_check` is left out: the router has made a dead letter of it. One that the router took
    before is not checked again: its key may have been withdrawn since.
    """

    def __init__(self, answer_check: AnswerCheck, institutions: Callable[[], Container[str]]) -> None:
        self._answer_check = answer_check
        self._institutions = institutions

    def select(self, connection: Connection, answers: Sequence[ReceivedAnswer]) -> Sequence[ReceivedAnswer]:
        """Return the answers that count, in the same order."""
        if not answers:
            return ()
        institutions = self._institutions()
        processed = _processed(connection, [answer.id for _, answer in answers])
        return [
            (record, answer)
            for record, answer in answers
            if (answer.id, record.position) in processed or self._is_authentic(record, answer, institutions)
        ]

    def _is_authentic(self, record: Record, answer: AgencyAnswer, institutions: Container[str]) -> bool:
        fault = self._answer_check.fault(answer, institutions)
        if fault:
            _log.warning("answer.left_out", position=record.position, reason=fault)
        return fault is None


def _processed(connection: Connection, answer_ids: Sequence[UUID]) -> Collection[tuple[UUID, str]]:
    """Return id and position of the answers that the router has processed."""
    return processed_positions(connection, answer_ids) if answer_ids else ()
