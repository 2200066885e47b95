"""Messages about the consent of a sender: the question with its reply, and the event of an answer. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from bus.port import Outgoing
from cases.course.ombudsman_consent import ANSWERS, ASK_DAYS, ConsentAct, answer_event_id, question_id
from messages import codec, ids
from messages.channels import ReplyForm
from messages.replies.ombudsman_texts import ombudsman_question
from messages.shapes import Channel, OversightEvent, Reply
from messages.topics import OVERSIGHT, REPLIES

_SOURCE = "/satu-pintu/oversight"

HandOverEvent = Literal["ombudsman-asked", "ombudsman-agreed", "ombudsman-declined"]


class AskedCase(NamedTuple):
    """A case: ids of complaint and arrival, number and channel. `part_of` is the report of which it is a part."""

    id: UUID
    message_id: UUID
    tracking: str
    channel: Channel
    part_of: UUID | None = None

    @property
    def recipient_id(self) -> UUID:
        """The complaint whose sender gets the replies: a part has the contact of its report."""
        return self.part_of or self.id


def question_event(case: AskedCase, at: datetime) -> OversightEvent:
    """Return the event that the sender of a case is asked; `at` is the end of the 60 days."""
    return _event("ombudsman-asked", question_id(case.id), case, case.message_id, at, "resolve")


def answer_event(case: AskedCase, answer: ConsentAct, message_id: UUID) -> OversightEvent:
    """Return the event about an answer of the sender; `message_id` is the arrival of the answer."""
    event: HandOverEvent = "ombudsman-agreed" if ANSWERS[answer.act] == "agreed" else "ombudsman-declined"
    return _event(event, answer_event_id(answer), case, message_id, answer.at, answer.act)


def question_messages(
    case: AskedCase, at: datetime, forms: Mapping[Channel, ReplyForm], link: str
) -> Iterator[Outgoing]:
    """Yield the event and, on a channel with replies, the reply. The own page shows the question on every channel."""
    yield event_message(question_event(case, at))
    if case.channel in forms:
        reply = Reply(
            id=ids.reply_id(case.id, "asked-ombudsman"),
            message_id=case.message_id,
            at=at,
            complaint_id=case.recipient_id,
            tracking=case.tracking,
            channel=case.channel,
            kind="asked-ombudsman",
            text=ombudsman_question(case.tracking, ASK_DAYS, link),
        )
        yield Outgoing(REPLIES, *codec.encode(reply, str(case.id), _SOURCE))


def event_message(event: OversightEvent) -> Outgoing:
    """Return the message of an event."""
    return Outgoing(OVERSIGHT, *codec.encode(event, str(event.subject), _SOURCE))


def _event(
    event: HandOverEvent, id_: UUID, case: AskedCase, message_id: UUID, at: datetime, reason: str
) -> OversightEvent:
    fields: dict[str, Any] = {"id": id_, "message_id": message_id, "at": at, "event": event, "reason": reason}
    return OversightEvent(**fields, subject=case.id, tracking=case.tracking)
