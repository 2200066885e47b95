"""From a web request to a raw message. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import ValidationError

from config.reference.regions import Regions
from ingest.arrival import Arrival
from ingest.http import idempotency
from ingest.http.field_errors import invalid_submission
from ingest.picked_regions import check_picked_regions
from ingest.wrap import Wrapper
from messages.shapes import Attachment, Channel, RawMessage
from messages.submission import Submission

_JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def is_json(headers: Mapping[str, str]) -> bool:
    """Whether this is the JSON twin; anything else is read as a form."""
    return headers.get("content-type", "").casefold().startswith(_JSON)


def _has_form_id(body: bytes) -> bool:
    """Whether this came from a form of ours, whose id tells it from another person's equal words."""
    return any(name == "form_id" for name, _ in parse_qsl(body.decode("utf-8", "replace")))


def accept(
    arrival: Arrival, wrapper: Wrapper, fresh: UUID, regions: Regions, attachments: Sequence[Attachment] = ()
) -> RawMessage:
    """The raw message in a form or its JSON twin. `fresh` names it where the sender gave it no key of its own.

    A form's body holds its fields alone, urlencoded; its files are the `attachments`. A form sent twice is one message,
    and one sent again with other words or pictures is another: its id is its content's.
    Raises `Refused`, naming each field at fault.
    """
    try:
        if is_json(arrival.headers):
            submission = Submission.model_validate_json(arrival.body)
            provider_id = f"key:{idempotency.read_key(arrival) or fresh}"
        else:
            submission = Submission.from_form(arrival.body)
            # Without its form's id it may be another person with the same words.
            own = b"" if _has_form_id(arrival.body) else fresh.bytes
            files = "".join(attachment.sha256 for attachment in attachments).encode()
            provider_id = f"form:{hashlib.sha256(own + arrival.body + files).hexdigest()}"
    except ValidationError as error:
        raise invalid_submission(error) from None
    check_picked_regions(submission, regions)
    raw = wrapper.wrap(
        Channel.WEB,
        provider_id,
        "",
        arrival.body,
        arrival.at,
        _JSON if is_json(arrival.headers) else FORM,
    )
    return raw.model_copy(update={"attachments": tuple(attachments)}) if attachments else raw
