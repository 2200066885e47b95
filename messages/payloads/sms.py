"""Parses the text of an SMS, for the door that acknowledges it and for the reader that makes a complaint of it."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

from messages.payloads.submission import has_visible_text
from messages.tracking import read_tracking_number

# An agency cannot act on a text with fewer letters.
_MIN_LETTERS = 3
# Citizens were taught to begin with `LAPOR <aduan>`. The keyword is an address, not part of the report.
_KEYWORD = re.compile(r"^\s*lapor\b[\s:,.!-]*", re.IGNORECASE)
_STATUS = re.compile(
    r"^\s*(?:cek\s+status|status|cek)\b[\s:,.#!-]*(?:(?:laporan|nomor|no)\b[\s:.,]*){0,3}", re.IGNORECASE
)
# A tracking number as people type it: three groups of four, with any separator.
_GROUPS = re.compile(r"([0-9A-Z]{4})[\s.-]*([0-9A-Z]{4})[\s.-]*([0-9A-Z]{4})", re.IGNORECASE)
# A tracking number with a slip: one word with a digit in it, one symbol more or less.
_MISTYPED_NUMBER = re.compile(r"(?=[^0-9]*[0-9])(?:[0-9A-Z]-?){11,13}", re.IGNORECASE)
# Words that Twilio answers itself. After them it sends nothing more to that number (its page on opt-out keywords).
_STOP_WORDS = {"stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"}
# A keyword is one word or a few. A longer text is a report, even if Twilio took it for a keyword.
_LONGEST_KEYWORD_WORDS = 3
# Number of pictures: Twilio accepts at most ten.
_PICTURE_COUNT = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class ParsedSms:
    """`text` is the text after the keyword; `number` the tracking number asked for, in its canonical form.

    Kinds: `nothing` is only the keyword, or invisible characters. `unclear` has too few letters to understand. `status`
    asks for the state of a number; without `number`, none was given (`text` is empty) or it has a slip.
    """

    kind: Literal["report", "unclear", "nothing", "status"]
    text: str = ""
    number: str | None = None


def parse_sms(body: str) -> ParsedSms:
    """Return the parsed text of an SMS. Never raises."""
    text = _KEYWORD.sub("", body, count=1)
    if not has_visible_text(text):
        return ParsedSms("nothing")
    if status_request := _parse_status_request(text):
        return status_request
    letters = sum(unicodedata.category(character)[0] == "L" for character in text)
    return ParsedSms("report" if letters >= _MIN_LETTERS else "unclear", text)


def _parse_status_request(text: str) -> ParsedSms | None:
    """Return `None` where the text may be a complaint: "status jalan rusak 15 km" must not be lost."""
    keyword = _STATUS.match(text)
    if keyword is None:
        return None
    typed_number = text[keyword.end() :].strip(" \t\r\n.,!?")
    if not typed_number:
        return ParsedSms("status")
    groups = _GROUPS.fullmatch(typed_number)
    if groups and (number := read_tracking_number(typed_number)):
        return ParsedSms("status", typed_number, number)
    groups_with_digits = sum(any(symbol.isdigit() for symbol in group) for group in groups.groups()) if groups else 0
    is_number = groups_with_digits > 1 or _MISTYPED_NUMBER.fullmatch(typed_number)
    return ParsedSms("status", typed_number) if is_number else None


def twilio_fields(content_type: str, body: bytes) -> Mapping[str, str]:
    """Return the fields of Twilio's webhook, which is a form or a JSON object. Of a repeated name the first counts.

    Raise `ValueError` if it is neither.
    """
    text = body.decode()
    if not is_json(content_type):
        return dict(reversed(parse_qsl(text, keep_blank_values=True)))
    try:
        fields = json.loads(text)
        return {_to_text(name): _to_text(value) for name, value in fields.items()}
    except (AttributeError, RecursionError):
        raise ValueError("not an object") from None


def is_json(content_type: str) -> bool:
    """Return whether the content type of a webhook is JSON; otherwise it is a form."""
    return content_type.strip().lower().startswith("application/json")


def _to_text(value: object) -> str:
    """Return a value as text, without lone surrogates: JSON can spell them, UTF-8 cannot."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_opt_out_keyword(fields: Mapping[str, str], body: str) -> bool:
    """Return whether the SMS is a keyword (stop, start, help) that Twilio answers itself, and no complaint."""
    words = body.casefold().split()
    if fields.get("OptOutType"):
        return len(words) <= _LONGEST_KEYWORD_WORDS
    return len(words) == 1 and words[0] in _STOP_WORDS


def read_picture_urls(fields: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
    """Return the number of pictures that came with the SMS, and the addresses of those that were named."""
    urls: list[str] = []
    while url := fields.get(f"MediaUrl{len(urls)}"):
        urls.append(url)
    declared_count = fields.get("NumMedia", "")
    count = int(declared_count) if _PICTURE_COUNT.fullmatch(declared_count) else 0
    return max(len(urls), count), tuple(urls)
