"""Oversight events about actions of operations staff."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from accounts.permissions import person_name
from bus.port import Outgoing
from messages import codec, ids
from messages.shapes import OversightEvent, iso
from messages.topics import OVERSIGHT

SOURCE = "/satu-pintu/operations"

StaffEvent = Literal[
    "redriven", "dead-letter-dropped", "revealed", "released", "dropped", "device-revoked", "set-aside-released"
]


def staff_event(
    event: StaffEvent,
    subject: UUID,
    message_id: UUID,
    actor: str,
    why: str,
    at: datetime,
    key: str = "",
) -> Outgoing:
    """Return the event for the oversight topic.

    Events with the same subject and `key` have the same id, so that a repeated action has one event. The default key
    is the event's name; `revealed` has a key for each actor and time. Readers of the topic get the name of `actor`
    without the account: see `accounts.permissions.actor_label`.
    """
    default_key = f"revealed:{actor}:{iso(at)}" if event == "revealed" else event
    oversight_event = OversightEvent(
        id=ids.event_id(subject, key or default_key),
        message_id=message_id,
        at=at,
        event=event,
        subject=subject,
        reason=why,
        actor=person_name(actor),
    )
    return Outgoing(OVERSIGHT, *codec.encode(oversight_event, str(subject), SOURCE))
