"""Outcomes of the router for tests of the stages that follow them."""

from datetime import datetime
from uuid import UUID

from bus.port import Outgoing
from messages import codec, ids
from messages.shapes import (
    AgencyAnswer,
    AnswerOutcome,
    AnswerOutcomeKind,
    Correction,
    CorrectionOutcome,
    CorrectionOutcomeKind,
)
from messages.topics import ANSWER_OUTCOMES, CORRECTION_OUTCOMES

_SOURCE = "/satu-pintu/router"


def answer_outcome(
    answer: AgencyAnswer, taken_at: datetime, outcome: AnswerOutcomeKind = "counted", case_id: UUID | None = None
) -> Outgoing:
    """Return the outcome of an answer that the bus took at a time. It is an answer for `case_id`, if that is given."""
    judged = AnswerOutcome(
        id=ids.outcome_id(answer.id),
        message_id=answer.message_id,
        at=taken_at,
        answer_id=answer.id,
        complaint_id=answer.complaint_id,
        case_id=case_id or answer.complaint_id,
        dispatch_id=answer.dispatch_id,
        hop=0,
        agency=answer.agency,
        verdict=answer.verdict,
        outcome=outcome,
        position="agency-answers/0/0",
    )
    return Outgoing(ANSWER_OUTCOMES, *codec.encode(judged, str(judged.case_id), _SOURCE))


def correction_outcome(correction: Correction, outcome: CorrectionOutcomeKind = "applied") -> Outgoing:
    """Return the outcome of a correction."""
    judged = CorrectionOutcome(
        id=ids.outcome_id(correction.id),
        correction_id=correction.id,
        outcome=outcome,
        position="corrections/0/0",
        **correction.model_dump(include={"message_id", "at", "complaint_id", "relation", "apart_from"}),
    )
    return Outgoing(CORRECTION_OUTCOMES, *codec.encode(judged, str(judged.complaint_id), _SOURCE))
