"""Reads an SMS as Twilio delivers it: a form, or a JSON object, with `From` and `Body`."""

from collections.abc import Mapping
from types import MappingProxyType

from messages.payloads.sms import ParsedSms, is_opt_out_keyword, parse_sms, read_picture_urls, twilio_fields
from messages.payloads.submission import e164
from messages.shapes import Contact, Report
from normalize.draft import MAX_PHONE_LENGTH, MAX_TEXT_LENGTH, Draft, NotComplaint, SetAsideReason, Unreadable

_REASONS: Mapping[str, SetAsideReason] = MappingProxyType(
    {
        "nothing": "empty",
        "status": "status-request",
        "withdrawal": "act-request",
        "forgetting": "act-request",
        "code": "act-request",
        "rating": "act-request",
        "help": "help-request",
        "registration": "help-request",
        "stop": "opt-out",
    }
)


def read_report(content_type: str, body: bytes) -> Draft | NotComplaint:
    """Return the draft of an SMS. An opt-out keyword, a request and an empty text are no complaints.

    Raises `Unreadable`.
    """
    fields = _read_fields(content_type, body)
    text = fields.get("Body", "")
    sms = parse_sms(text)
    pictures, _ = read_picture_urls(fields)
    contact = Contact(phone=e164(fields["From"])[:MAX_PHONE_LENGTH])
    if sms.kind == "nothing" and pictures:
        report = Report(text="Foto tanpa keterangan", anonim=sms.anonim, rahasia=sms.rahasia)
        return Draft(report, contact, has_words=False)
    if not pictures and (not_complaint := _not_complaint(fields, text, sms)):
        return not_complaint
    return Draft(sms_report(sms, text), contact)


def sms_report(sms: ParsedSms, text: str, *, partial: bool = False) -> Report:
    """Return the report of a parsed SMS. `text` is the whole text, which stands for an SMS without a parsed one."""
    report_text = (sms.text or text)[:MAX_TEXT_LENGTH]
    return Report(text=report_text, anonim=sms.anonim, rahasia=sms.rahasia, partial=partial)


def request_reason(sms: ParsedSms) -> NotComplaint | None:
    """Return the reason why an SMS that asks for something, or is empty, is no complaint."""
    reason = _REASONS.get(sms.kind)
    return NotComplaint(reason) if reason else None


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
    return request_reason(sms)
