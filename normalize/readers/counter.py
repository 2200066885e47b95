"""Reads a report that an officer entered at a counter: the urlencoded fields of the form."""

from pydantic import ValidationError

from messages.payloads.counter import CounterSubmission
from normalize.draft import Draft, unreadable_field


def read_report(_content_type: str, body: bytes) -> Draft:
    """Return the draft of a report from a counter. Raises `Unreadable`."""
    try:
        submission = CounterSubmission.from_form(body)
    except ValidationError as error:
        raise unreadable_field(error) from None
    return Draft(submission.report(), submission.contact())
