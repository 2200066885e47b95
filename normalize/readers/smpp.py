"""Reads an SMS that arrived over SMPP and whose parts the door has joined."""

from pydantic import ValidationError

from messages.payloads.smpp import JoinedSms
from messages.payloads.sms import parse_sms
from messages.shapes import Contact
from normalize.draft import MAX_PHONE_LENGTH, Continuation, Draft, NotComplaint, unreadable_field
from normalize.readers.sms import request_reason, sms_report


def read_report(_content_type: str, body: bytes) -> Draft | NotComplaint:
    """Return the draft of an SMS, marked as partial where parts are missing. Late parts continue it by its mark.

    A question about a number and an empty text are no complaints. Raises `Unreadable`.
    """
    try:
        joined_sms = JoinedSms.model_validate_json(body)
    except ValidationError as error:
        raise unreadable_field(error) from None
    sms = parse_sms(joined_sms.text)
    if not_complaint := request_reason(sms):
        return not_complaint
    report = sms_report(sms, joined_sms.text, partial=bool(joined_sms.missing))
    continuation = Continuation(joined_sms.mark, "completes") if joined_sms.mark else None
    return Draft(report, Contact(phone=joined_sms.sender[:MAX_PHONE_LENGTH]), continuation)
