"""The outcomes that the router publishes: what it made of an agency's answer or of a person's correction.

An outcome is derived from what is stored, so every record of one answer or correction leads to the same one.
"""

from sqlalchemy import Connection, bindparam
from sqlmodel import col, select

from bus.port import Outgoing, Record
from config.database import has_row
from messages import codec, ids
from messages.shapes import (
    MERGED,
    AgencyAnswer,
    AnswerOutcome,
    AnswerOutcomeKind,
    Correction,
    CorrectionOutcome,
    CorrectionOutcomeKind,
    Dispatch,
)
from messages.topics import ANSWER_OUTCOMES, CORRECTION_OUTCOMES
from router.answer_store import ProcessedAnswer
from router.lifecycle.division import StoredPart, find_part
from router.store import AppliedCorrection, RoutedDispatch, dispatch_history

_SOURCE = "/satu-pintu/router"
_APPLIED_POSITION = select(AppliedCorrection.position).where(col(AppliedCorrection.id) == bindparam("correction_id"))
_MOVE = select(RoutedDispatch.hop).where(
    col(RoutedDispatch.complaint_id) == bindparam("complaint_id"), col(RoutedDispatch.cause_id) == bindparam("cause_id")
)


def answer_outcome_message(
    dispatch: Dispatch, answer: AgencyAnswer, outcome: AnswerOutcomeKind, first_record: Record | ProcessedAnswer
) -> Outgoing:
    """Return the outcome of an answer. `dispatch` is the answered dispatch of the case."""
    judged = AnswerOutcome(
        id=ids.outcome_id(answer.id),
        message_id=answer.message_id,
        at=first_record.taken_at,
        answer_id=answer.id,
        complaint_id=answer.complaint_id,
        case_id=dispatch.complaint_id,
        dispatch_id=dispatch.id,
        hop=dispatch.hop,
        agency=dispatch.agency,
        verdict=answer.verdict,
        outcome=outcome,
        position=first_record.position,
    )
    return Outgoing(ANSWER_OUTCOMES, *codec.encode(judged, str(judged.case_id), _SOURCE))


def correction_outcome_message(connection: Connection, correction: Correction) -> Outgoing:
    """Return the outcome of a correction that was processed."""
    position = connection.execute(_APPLIED_POSITION, {"correction_id": correction.id}).scalar_one()
    if correction.part:
        return _division_message(connection, correction, position)
    return _correction_message(correction, _correction_outcome(connection, correction), position)


def adopted_correction_message(connection: Connection, correction: Correction) -> Outgoing | None:
    """Return the outcome of a correction that an earlier run of the service processed; `None` if it did not.

    The record that led to a move is not known then: the complaint was moved if a person's merge ever moved it.
    """
    position = connection.execute(_APPLIED_POSITION, {"correction_id": correction.id}).scalar_one_or_none()
    if position is None:
        return None
    if correction.part:
        return _division_message(connection, correction, position)
    history = dispatch_history(connection, correction.complaint_id)
    is_merged = any(dispatch.hop > 0 and MERGED in dispatch.relation.evidence for dispatch in history)
    is_applied = correction.relation.kind == "new" or is_merged
    return _correction_message(correction, "applied" if is_applied else "unchanged", position)


def _division_message(connection: Connection, correction: Correction, position: str) -> Outgoing:
    part = find_part(connection, correction.id)
    return _correction_message(correction, "applied" if part else "unchanged", position, part)


def _correction_message(
    correction: Correction, outcome: CorrectionOutcomeKind, position: str, part: StoredPart | None = None
) -> Outgoing:
    judged = CorrectionOutcome(
        id=ids.outcome_id(correction.id),
        message_id=correction.message_id,
        at=correction.at,
        correction_id=correction.id,
        complaint_id=correction.complaint_id,
        relation=correction.relation,
        apart_from=correction.apart_from,
        outcome=outcome,
        position=position,
        part_id=part.part_id if part else None,
        part_number=part.number if part else 0,
    )
    return Outgoing(CORRECTION_OUTCOMES, *codec.encode(judged, str(judged.complaint_id), _SOURCE))


def _correction_outcome(connection: Connection, correction: Correction) -> CorrectionOutcomeKind:
    """Return the outcome. After a split, and kept apart, the two complaints are not one case, whatever was changed."""
    if correction.relation.kind == "new":
        return "applied"
    move = {"complaint_id": correction.complaint_id, "cause_id": correction.id}
    return "applied" if has_row(connection, _MOVE, move) else "unchanged"
