"""Reads an SMS as it came over SMPP, joined by the door."""

from pydantic import ValidationError

from messages.shapes import Contact, Report
from messages.smpp import JoinedSms
from messages.sms import parse_sms
from normalize.draft import Continuation, Draft, NotComplaint, unreadable_field

_LONGEST_TEXT = 10_000
_LONGEST_PHONE = 40


def read_report(_content_type: str, body: bytes) -> Draft | NotComplaint:
    """The draft in an SMS, partial where parts of it are missing; the rest of it, when it comes, follows the same mark.

    A question about a number, and nothing said, are none. Raises `Unreadable`.
    """
    try:
        sms = JoinedSms.model_validate_json(body)
    except ValidationError as error:
        raise unreadable_field(error) from None
    said = parse_sms(sms.text)
    if said.kind == "nothing":
        return NotComplaint("empty")
    if said.kind == "status":
        return NotComplaint("status-request")
    report = Report(text=said.text[:_LONGEST_TEXT], partial=bool(sms.missing))
    continuation = Continuation(sms.mark, "completes") if sms.mark else None
    return Draft(report, Contact(phone=sms.sender[:_LONGEST_PHONE]), continuation)
