"""Reads the web: a form's urlencoded fields, or the JSON twin."""

from pydantic import ValidationError

from messages.submission import Submission
from normalize.draft import Draft, unreadable_field


def read_report(content_type: str, body: bytes) -> Draft:
    """The draft in a web report. Raises `Unreadable`."""
    json = content_type.startswith("application/json")
    try:
        submission = Submission.model_validate_json(body) if json else Submission.from_form(body)
    except ValidationError as error:
        raise unreadable_field(error) from None
    return Draft(submission.report(), submission.contact())
