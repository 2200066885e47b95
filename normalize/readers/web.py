"""Reads a report from the web: the urlencoded fields of the form, or the same fields as JSON."""

from pydantic import ValidationError

from messages.payloads.submission import Submission
from normalize.draft import Draft, unreadable_field


def read_report(content_type: str, body: bytes) -> Draft:
    """Return the draft of a web report. Raises `Unreadable`."""
    is_json = content_type.startswith("application/json")
    try:
        submission = Submission.model_validate_json(body) if is_json else Submission.from_form(body)
    except ValidationError as error:
        raise unreadable_field(error) from None
    return Draft(submission.report(), submission.contact(), same_as=submission.same_as)
