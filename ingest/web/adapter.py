"""Turns a web request into a message to seal. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import ValidationError

from config.reference.regions import Regions
from ingest.arrival import Arrival
from ingest.http import idempotency
from ingest.picked_regions import check_picked_regions
from ingest.web.channel import CHANNEL
from ingest.wrap import OpenMessage, Wrapper
from messages.payloads.submission import Submission
from messages.shapes import Attachment
from pages.field_errors import invalid_submission

_JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def is_json(headers: Mapping[str, str]) -> bool:
    """Return True if the request is JSON. Any other request is read as a form."""
    return headers.get("content-type", "").casefold().startswith(_JSON)


def accept(
    arrival: Arrival, wrapper: Wrapper, new_id: UUID, regions: Regions, attachments: Sequence[Attachment] = ()
) -> OpenMessage:
    """Return the message of a form or a JSON report. `new_id` identifies it if the sender gave no key.

    The body of a form contains its fields alone, urlencoded; its files are the `attachments`. The id of a form is the
    digest of its content: a form sent twice is one message, and a form with another text or picture is another
    message. Raises `Refused`, naming each invalid field.
    """
    try:
        if is_json(arrival.headers):
            submission, content_type = Submission.model_validate_json(arrival.body), _JSON
            provider_id = f"key:{idempotency.read_scoped_key(arrival, wrapper) or new_id}"
        else:
            submission, content_type = Submission.from_form(arrival.body), FORM
            provider_id = f"form:{_form_digest(arrival.body, new_id, attachments)}"
    except ValidationError as error:
        raise invalid_submission(error) from None
    check_picked_regions(submission, regions)
    message = wrapper.open_message(CHANNEL.name, provider_id, "", arrival.body, arrival.at, content_type)
    return message.with_fields(attachments=tuple(attachments)) if attachments else message


def _form_digest(body: bytes, new_id: UUID, attachments: Sequence[Attachment]) -> str:
    # A body without a form id may be another person's report with equal text, so it gets an id of its own.
    salt = b"" if _has_form_id(body) else new_id.bytes
    file_digests = "".join(attachment.sha256 for attachment in attachments).encode()
    return hashlib.sha256(salt + body + file_digests).hexdigest()


def _has_form_id(body: bytes) -> bool:
    """Return True if the body comes from our form page, which gives each form an id."""
    return any(name == "form_id" for name, _ in parse_qsl(body.decode("utf-8", "replace")))
