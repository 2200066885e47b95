"""Messages to oversight about answers of agencies and cases that were opened again."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from bus.port import Outgoing
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch, OversightEvent
from messages.topics import OVERSIGHT
from router.lifecycle.refusal import RefusalEvent

_SOURCE = "/satu-pintu/router"
# Events for oversight that an agency's answer leads to.
AnswerEvent: TypeAlias = Literal["refused", "ping-pong", "hop-limit", "answer-not-counted"]


def refusal_message(answer: AgencyAnswer, refusal: RefusalEvent, at: datetime) -> Outgoing:
    """Return the event about a refusal, or about what followed from it."""
    id_ = ids.event_id(answer.dispatch_id, refusal.event)
    return _oversight_message(answer, id_, refusal.event, refusal.reason, at)


def not_counted_message(answer: AgencyAnswer, outcome: str, at: datetime) -> Outgoing:
    """Return the event about an answer that was not counted, with the outcome."""
    id_ = ids.event_id(answer.id, "answer-not-counted")
    return _oversight_message(answer, id_, "answer-not-counted", f"{outcome}: {answer.verdict}", at)


def reopened_message(case: Dispatch) -> Outgoing:
    """Return the event about a case to which its sender objected again."""
    event = OversightEvent(
        id=ids.event_id(case.id, "reopened-again"),
        message_id=case.message_id,
        at=case.at,
        event="reopened-again",
        subject=case.complaint_id,
        reason="objected-again",
    )
    return Outgoing(OVERSIGHT, *codec.encode(event, str(case.complaint_id), _SOURCE))


def _oversight_message(answer: AgencyAnswer, id_: UUID, event: AnswerEvent, reason: str, at: datetime) -> Outgoing:
    message = OversightEvent(
        id=id_,
        message_id=answer.message_id,
        at=at,
        event=event,
        subject=answer.complaint_id,
        reason=reason,
        actor=answer.actor,
    )
    return Outgoing(OVERSIGHT, *codec.encode(message, str(answer.complaint_id), _SOURCE))
