"""Reads the mobile app's JSON."""

from pydantic import ValidationError

from messages.submission import MobileSubmission
from normalize.draft import Draft, unreadable


def read(_content_type: str, body: bytes) -> Draft:
    """The draft in a mobile report. Raises `Unreadable`."""
    try:
        submission = MobileSubmission.model_validate_json(body)
    except ValidationError as error:
        raise unreadable(error) from None
    return Draft(submission.report(), submission.contact())
