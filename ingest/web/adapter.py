"""From a web request to a raw message. Pure."""

import hashlib
from collections.abc import Mapping
from uuid import UUID

from pydantic import ValidationError

from ingest import idempotency
from ingest.arrival import Arrival
from ingest.faults import refused
from ingest.wrap import Wrapper, sender_of
from messages.shapes import Channel, RawMessage
from messages.submission import Submission, e164

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


def is_json(headers: Mapping[str, str]) -> bool:
    """Whether this is the JSON twin; anything else is read as a form."""
    return headers.get("content-type", "").casefold().startswith(_JSON)


def accept(arrival: Arrival, wrapper: Wrapper, fresh: UUID) -> RawMessage:
    """The raw message in a form or its JSON twin. `fresh` names it where the sender gave it no key of its own.

    A form sent twice is one message, and a form sent again with other words is another: its id is its content's.
    Raises `Refused`, naming each field at fault.
    """
    try:
        if is_json(arrival.headers):
            submission = Submission.model_validate_json(arrival.body)
            provider_id = f"key:{idempotency.read_key(arrival) or fresh}"
        else:
            submission = Submission.from_form(arrival.body)
            provider_id = f"form:{hashlib.sha256(arrival.body).hexdigest()}"
    except ValidationError as error:
        raise refused(error) from None
    return wrapper.wrap(
        Channel.WEB,
        provider_id,
        sender_of(e164(submission.phone), submission.email),
        arrival.body,
        arrival.at,
        _JSON if is_json(arrival.headers) else _FORM,
    )
