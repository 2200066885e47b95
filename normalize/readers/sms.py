"""Reads an SMS as Twilio delivers it: a form, or a JSON object, with `From` and `Body`."""

from collections.abc import Mapping

from messages.payloads.sms import ParsedSms, is_opt_out_keyword, parse_sms, read_picture_urls, twilio_fields
from messages.payloads.submission import e164
from messages.shapes import Contact, Report
from normalize.draft import MAX_PHONE_LENGTH, MAX_TEXT_LENGTH, Draft, NotComplaint, Unreadable


def read_report(content_type: str, body: bytes) -> Draft | NotComplaint:
    """Return the draft of an SMS. An opt-out keyword, a question about a number and an empty text are no complaints.

    Raises `Unreadable`.
    """
    fields = _read_fields(content_type, body)
    text = fields.get("Body", "")
    sms = parse_sms(text)
    pictures, _ = read_picture_urls(fields)
    contact = Contact(phone=e164(fields["From"])[:MAX_PHONE_LENGTH])
    if sms.kind == "nothing" and pictures:
        return Draft(Report(text="Foto tanpa keterangan"), contact, has_words=False)
    if not pictures and (not_complaint := _not_complaint(fields, text, sms)):
        return not_complaint
    return Draft(Report(text=(sms.text or text)[:MAX_TEXT_LENGTH]), contact)


def _read_fields(content_type: str, body: bytes) -> Mapping[str, str]:
    try:
        fields = twilio_fields(content_type, body)
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    except ValueError:
        raise Unreadable("body") from None
    if "From" not in fields:
        raise Unreadable("From")
    return fields


def _not_complaint(fields: Mapping[str, str], text: str, sms: ParsedSms) -> NotComplaint | None:
    """Return the reason why an SMS without pictures is no complaint."""
    if is_opt_out_keyword(fields, text):
        return NotComplaint("opt-out")
    if sms.kind == "nothing":
        return NotComplaint("empty")
    return NotComplaint("status-request") if sms.kind == "status" else None
