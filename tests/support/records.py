"""Makes records of invented messages, as a door would have published them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from app.assembly.parts import Parts
from bus.port import Outgoing, Record
from ingest.wrap import accepted_record
from tests.conftest import NOW

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def at(message: Outgoing, offset: int = 0) -> Record:
    """The message as a record at an offset."""
    return Record(message.topic, 0, offset, 0, message.key, message.value, message.headers)


def web(parts: Parts, text: str, when: datetime = NOW, key: str = "", **fields: Any) -> Outgoing:
    """A report by the web's JSON twin; `phone` in the fields makes its sender known."""
    body = json.dumps({"text": text, **fields}).encode()
    sender = f"tel:{fields['phone']}" if "phone" in fields else ""
    return accepted_record(parts.wrapper.wrap("web", f"key:{key or uuid4()}", sender, body, when, JSON))


def sms(parts: Parts, text: str, phone: str, sid: str = "", when: datetime = NOW) -> Outgoing:
    """An SMS."""
    body = urlencode({"MessageSid": sid or uuid4().hex, "From": phone, "Body": text}).encode()
    return accepted_record(parts.wrapper.wrap("sms", sid or uuid4().hex, f"tel:{phone}", body, when, FORM))


def value_of(message: Outgoing) -> Mapping[str, Any]:
    """A message's JSON."""
    found: dict[str, Any] = json.loads(message.value)
    return found
