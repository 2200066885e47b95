"""Checks the form of the fields of a signed webhook. Pure.

Twilio signs the names and values of a form one behind another, without borders between them. So one signature fits
several forms: `To` = `1708` may be moved into the value of `MessageSid`, which would make another message of it. Only
one of these forms has all required fields, each in its own form, and no field inside the value of another.
Source of the forms: Twilio, “Messaging webhooks” and “What is a SID”.
"""

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

_PHONE_NUMBER = r"\+[1-9][0-9]{1,14}"
_SHORT_CODE = r"[0-9]{3,8}"
_ALPHANUMERIC_SENDER = r"(?=.*[A-Za-z])[A-Za-z0-9 &_+-]{1,11}"
_ADDRESS = re.compile(f"{_PHONE_NUMBER}|{_SHORT_CODE}|{_ALPHANUMERIC_SENDER}")
_MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
# A message has at most ten pictures, and at most some dozen segments.
_SMALL_NUMBER = re.compile(r"[0-9]{0,2}")
_FORMS: Mapping[str, re.Pattern[str]] = {
    "MessageSid": _MESSAGE_SID,
    "SmsSid": _MESSAGE_SID,
    "SmsMessageSid": _MESSAGE_SID,
    "AccountSid": re.compile(r"AC[0-9a-fA-F]{32}"),
    "MessagingServiceSid": re.compile(r"(MG[0-9a-fA-F]{32})?"),
    "From": _ADDRESS,
    "To": _ADDRESS,
    "NumMedia": _SMALL_NUMBER,
    "NumSegments": _SMALL_NUMBER,
}
_REQUIRED = ("MessageSid", "From", "To", "Body")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
# A field inside the value of another one. Only the citizen's text may contain this.
_EMBEDDED_FIELD = re.compile(r"(Account|Message|Sms)Sid(AC|SM|MM)[0-9a-f]|(From|To)\+?[0-9]{3}|NumMedia[0-9]")
_TEXT_FIELD = "Body"


def is_incoming_sms(fields: Mapping[str, str]) -> bool:
    """Return True if the fields are those of one incoming SMS, each in its own form."""
    return (
        all(name in fields for name in _REQUIRED)
        and all(_FIELD_NAME.fullmatch(name) for name in fields)
        and all(form.fullmatch(fields[name]) for name, form in _FORMS.items() if name in fields)
        and not any(_EMBEDDED_FIELD.search(value) for name, value in fields.items() if name != _TEXT_FIELD)
    )


def has_repeated_field(body: bytes, *, is_json: bool) -> bool:
    """Return True if a name occurs twice. A signature covers both values, but only one of them is read.

    Raises `ValueError` if the body is not a form or JSON.
    """
    text = body.decode()
    if not is_json:
        names = [name for name, _ in parse_qsl(text, keep_blank_values=True)]
        return len(names) != len(set(names))
    repeated: list[bool] = []

    def note_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
        repeated.append(len(pairs) != len(dict(pairs)))
        return dict(pairs)

    try:
        json.loads(text, object_pairs_hook=note_repeated)
    except RecursionError:
        raise ValueError("too deep") from None
    return any(repeated)
