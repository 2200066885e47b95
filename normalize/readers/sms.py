"""Reads an SMS as Twilio's webhook delivers it: a urlencoded form with `From` and `Body`."""

import re
from urllib.parse import parse_qs

from messages.shapes import Contact, Report
from messages.submission import e164
from normalize.draft import Draft, NotComplaint, Unreadable

# `LAPOR <aduan>` is how citizens were taught to begin; the word is an address, not part of the matter.
_KEYWORD = re.compile(r"^\s*lapor\b[\s:,.!-]*", re.IGNORECASE)


def read(_content_type: str, body: bytes) -> Draft | NotComplaint:
    """The draft in an SMS; `empty` when nothing but the keyword was written. Raises `Unreadable`."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    if "From" not in fields:
        raise Unreadable("From")
    text = _KEYWORD.sub("", fields.get("Body", [""])[0])
    if not text.strip():
        return NotComplaint("empty")
    return Draft(Report(text=text[:10_000]), Contact(phone=e164(fields["From"][0])))
