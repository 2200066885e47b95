"""Records of invented messages, in the form in which a door publishes them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from app.assembly.parts import Parts
from bus.port import Outgoing, Record
from ingest.wrap import accepted_record
from messages.payloads import follow_up
from messages.shapes import SenderAct, VerifiedBy
from tests.conftest import NOW

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def at(message: Outgoing, offset: int = 0, taken_at: datetime = NOW) -> Record:
    """Return the message as a record at an offset, which the bus took at a time."""
    timestamp = int(taken_at.timestamp() * 1000)
    return Record(message.topic, 0, offset, timestamp, message.key, message.value, message.headers)


def web(parts: Parts, text: str, when: datetime = NOW, key: str = "", **fields: Any) -> Outgoing:
    """Return a web report in JSON. A field `phone` gives it a sender key."""
    body = json.dumps({"text": text, **fields}).encode()
    sender = f"tel:{fields['phone']}" if "phone" in fields else ""
    return accepted_record(parts.wrapper.wrap("web", f"key:{key or uuid4()}", sender, body, when, JSON))


def sms(
    parts: Parts, text: str, phone: str, sid: str = "", when: datetime = NOW, proof: VerifiedBy = "none"
) -> Outgoing:
    """Return an SMS as Twilio delivers it."""
    sid = sid or uuid4().hex
    body = urlencode({"MessageSid": sid, "From": phone, "Body": text}).encode()
    return accepted_record(parts.wrapper.wrap("sms", sid, f"tel:{phone}", body, when, FORM, proof))


def followed(
    parts: Parts,
    report: UUID,
    act: SenderAct,
    text: str = "",
    when: datetime = NOW,
    rating: int = 0,
    proof: VerifiedBy = "sender-link",
    key: str = "",
) -> Outgoing:
    """Return a follow-up by the own link of the report whose raw message has this id."""
    submission = follow_up.FollowUpSubmission(message_id=report, act=act, text=text, rating=rating)
    body = submission.model_dump_json().encode()
    provider_id = f"key:{key or uuid4()}"
    raw = parts.wrapper.wrap("web", provider_id, f"report:{report}", body, when, follow_up.CONTENT_TYPE, proof)
    return accepted_record(raw)


def value_of(message: Outgoing) -> Mapping[str, Any]:
    """Return the message's JSON."""
    content: dict[str, Any] = json.loads(message.value)
    return content
