"""What the normalizer publishes about an arrival that it has decided. Pure: the decision is stored already."""

from collections.abc import Iterator
from typing import NamedTuple

from bus.port import Outgoing
from messages import codec, ids
from messages.shapes import Complaint, OversightEvent, RawMessage
from messages.topics import COMPLAINTS, OVERSIGHT, REPLIES
from normalize.arrival import Arrival
from normalize.decision_store import StoredLimit
from normalize.draft import NotComplaint
from normalize.replies import acknowledgement

_SOURCE = "/satu-pintu/normalize"


class Outcome(NamedTuple):
    """The complaint of an arrival, or why it is none. `limit` is the limit that a case has reached by it."""

    arrival: Arrival
    complaint: Complaint | NotComplaint
    limit: StoredLimit | None = None


def outcome_messages(outcome: Outcome, *, has_public_view: bool) -> Iterator[Outgoing]:
    """Yield the complaint and, on X, its acknowledgement, or the oversight event instead."""
    raw, complaint, message = outcome.arrival.raw, outcome.complaint, outcome.arrival.open_message
    if isinstance(complaint, NotComplaint):
        yield _oversight_message(set_aside_event(raw, complaint))
        return
    # A repeat has the key of the complaint it belongs to, which keeps the two in order.
    yield Outgoing(COMPLAINTS, *codec.encode(complaint, str(complaint.relation.of or complaint.id), _SOURCE))
    lacks_place = bool(message and message.lacks_place)
    if reply := acknowledgement(complaint, raw.verified_by, lacks_place=lacks_place, has_public_view=has_public_view):
        yield Outgoing(REPLIES, *codec.encode(reply, str(complaint.id), _SOURCE))
    if outcome.limit:
        yield _oversight_message(limit_event(raw, outcome.limit))


def _oversight_message(event: OversightEvent) -> Outgoing:
    return Outgoing(OVERSIGHT, *codec.encode(event, str(event.subject), _SOURCE))


def set_aside_event(raw: RawMessage, not_complaint: NotComplaint) -> OversightEvent:
    """Return the event of a message that is no complaint."""
    return OversightEvent(
        id=ids.event_id(raw.id, "not-a-complaint"),
        message_id=raw.message_id,
        at=raw.at,
        event="not-a-complaint",
        subject=raw.id,
        reason=not_complaint.reason,
        tracking=raw.tracking,
    )


def limit_event(raw: RawMessage, limit: StoredLimit) -> OversightEvent:
    """Return the event of a case that has as many joins or suggestions as it may have."""
    return OversightEvent(
        id=ids.event_id(limit.complaint_id, f"duplicate-limit {limit.kind}"),
        message_id=raw.message_id,
        at=raw.at,
        event="duplicate-limit",
        subject=limit.complaint_id,
        reason=limit.kind,
    )
