"""Turns the form of a counter into a message to seal. Pure."""

import hashlib
from collections.abc import Sequence

from pydantic import ValidationError

from config.reference.regions import Regions
from ingest.arrival import Arrival
from ingest.counter.channel import CHANNEL
from ingest.picked_regions import check_picked_regions
from ingest.wrap import OpenMessage, Wrapper
from messages.payloads.counter import CounterSubmission
from messages.shapes import Attachment
from pages.field_errors import invalid_submission

FORM = "application/x-www-form-urlencoded"


def accept(arrival: Arrival, wrapper: Wrapper, regions: Regions, attachments: Sequence[Attachment] = ()) -> OpenMessage:
    """Return the message of a form. Its id is the digest of its content, which contains the id of the form.

    A form that is sent twice is one message, and a form with another text is another one. The sender is nobody that
    the service knows: no number that somebody tells at a counter is proven, and the officer is no sender. Raises
    `Refused`, naming each invalid field.
    """
    try:
        submission = CounterSubmission.from_form(arrival.body)
    except ValidationError as error:
        raise invalid_submission(error) from None
    check_picked_regions(submission, regions)
    digests = "".join(attachment.sha256 for attachment in attachments).encode()
    provider_id = f"form:{hashlib.sha256(arrival.body + digests).hexdigest()}"
    message = wrapper.open_message(CHANNEL.name, provider_id, "", arrival.body, arrival.at, FORM)
    return message.with_fields(attachments=tuple(attachments)) if attachments else message
