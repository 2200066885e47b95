"""Reads a follow-up that a sender sent by the own link, or by the app."""

from pydantic import ValidationError

from messages import ids
from messages.payloads.follow_up import FollowUpSubmission
from messages.shapes import Contact, Report
from normalize.draft import Draft, Follows, unreadable_field


def read_report(_content_type: str, body: bytes) -> Draft:
    """Return the draft of a follow-up. It has no contact: the report has it. Raises `Unreadable`."""
    try:
        submission = FollowUpSubmission.model_validate_json(body)
    except ValidationError as error:
        raise unreadable_field(error) from None
    follows = Follows(ids.complaint_id(submission.message_id), submission.follow_up(), "own-link")
    return Draft(Report(text=submission.words), Contact(), follows=follows)
