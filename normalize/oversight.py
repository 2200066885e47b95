"""Builds the normalizer's events for oversight. Pure."""

from messages import ids
from messages.shapes import OversightEvent, RawMessage
from normalize.decision_store import StoredLimit
from normalize.draft import NotComplaint


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
