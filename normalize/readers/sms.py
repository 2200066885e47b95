"""Reads an SMS as Twilio delivers it: a form, or a JSON object, with `From` and `Body`."""

from messages.shapes import Contact, Report
from messages.sms import is_opt_out_keyword, parse_sms, read_picture_urls, twilio_fields
from messages.submission import e164
from normalize.draft import Draft, NotComplaint, Unreadable

_LONGEST_TEXT = 10_000
# Of a MessageSid, what tells two pictures without words apart: else the second would be a repeat of the first.
_TELLING = 8


def read_report(content_type: str, body: bytes) -> Draft | NotComplaint:
    """The draft in an SMS; a word to the operator, a question about a number, and nothing said are none.

    Raises `Unreadable`.
    """
    try:
        fields = twilio_fields(content_type, body)
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    except ValueError:
        raise Unreadable("body") from None
    if "From" not in fields:
        raise Unreadable("From")
    words = fields.get("Body", "")
    said = parse_sms(words)
    pictures, _ = read_picture_urls(fields)
    contact = Contact(phone=e164(fields["From"])[:40])
    if said.kind == "nothing" and pictures:
        came = fields.get("MessageSid", "")[-_TELLING:]
        return Draft(Report(text=f"Foto tanpa keterangan ({came})"), contact)
    if is_opt_out_keyword(fields, words) and not pictures:
        return NotComplaint("opt-out")
    if said.kind == "nothing":
        return NotComplaint("empty")
    if said.kind == "status" and not pictures:
        return NotComplaint("status-request")
    return Draft(Report(text=said.text[:_LONGEST_TEXT] or words[:_LONGEST_TEXT]), contact)
