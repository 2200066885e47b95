"""What is said in an SMS: one reading, for the door that answers it and for the reader that makes a complaint of it."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

from messages.submission import has_visible_text
from messages.tracking import read_tracking_number

# Fewer letters than this say nothing that an agency could act on.
_FEWEST_LETTERS = 3
# `LAPOR <aduan>` is how citizens were taught to begin; the word is an address, not part of the matter.
_KEYWORD = re.compile(r"^\s*lapor\b[\s:,.!-]*", re.IGNORECASE)
_STATUS = re.compile(
    r"^\s*(?:cek\s+status|status|cek)\b[\s:,.#!-]*(?:(?:laporan|nomor|no)\b[\s:.,]*){0,3}", re.IGNORECASE
)
# How people type a tracking number: three groups of four, however they are kept apart.
_GROUPS = re.compile(r"([0-9A-Z]{4})[\s.-]*([0-9A-Z]{4})[\s.-]*([0-9A-Z]{4})", re.IGNORECASE)
# A slip of the number: one word with a digit in it, a symbol more or less.
_NEARLY = re.compile(r"(?=[^0-9]*[0-9])(?:[0-9A-Z]-?){11,13}", re.IGNORECASE)
# Words that Twilio answers itself, and after which it sends nothing more to that number (its page on opt-out keywords).
_STOP_WORDS = {"stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"}
# A keyword is a word or two; whoever says more has something to say, whatever Twilio took it for.
_LONGEST_KEYWORD_WORDS = 3
# Twilio takes ten pictures at most.
_COUNT = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class ParsedSms:
    """`text` is what was said after the keyword; `number` the tracking number asked for, in its true form.

    `nothing`: only the keyword, or what nobody sees. `unclear`: too few letters to understand. `status`: asks what
    became of a number; without `number`, none was given (`text` is empty) or there is a slip in it.
    """

    kind: Literal["report", "unclear", "nothing", "status"]
    text: str = ""
    number: str | None = None


def parse_sms(body: str) -> ParsedSms:
    """What the words of an SMS are. Total."""
    text = _KEYWORD.sub("", body, count=1)
    if not has_visible_text(text):
        return ParsedSms("nothing")
    if asked := _status(text):
        return asked
    letters = sum(unicodedata.category(character)[0] == "L" for character in text)
    return ParsedSms("report" if letters >= _FEWEST_LETTERS else "unclear", text)


def _status(text: str) -> ParsedSms | None:
    """`None` where it may be a complaint that begins with the word: "status jalan rusak 15 km" must not be lost."""
    word = _STATUS.match(text)
    if word is None:
        return None
    asked = text[word.end() :].strip(" \t\r\n.,!?")
    if not asked:
        return ParsedSms("status")
    groups = _GROUPS.fullmatch(asked)
    if groups and (number := read_tracking_number(asked)):
        return ParsedSms("status", asked, number)
    spread = groups and sum(any(symbol.isdigit() for symbol in group) for group in groups.groups()) > 1
    return ParsedSms("status", asked) if spread or _NEARLY.fullmatch(asked) else None


def twilio_fields(content_type: str, body: bytes) -> Mapping[str, str]:
    """The fields of Twilio's webhook, a form (of a name that is there twice the first) or a JSON object.

    Raises `ValueError` on what is neither.
    """
    text = body.decode()
    if not is_json(content_type):
        return dict(reversed(parse_qsl(text, keep_blank_values=True)))
    try:
        found = json.loads(text)
        return {_whole(name): _whole(value) for name, value in found.items()}
    except (AttributeError, RecursionError):
        raise ValueError("not an object") from None


def is_json(content_type: str) -> bool:
    """Whether a webhook says that its body is JSON; else it is a form."""
    return content_type.strip().lower().startswith("application/json")


def _whole(value: object) -> str:
    """A value as text, without half characters: JSON can spell them, UTF-8 can't."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_opt_out_keyword(fields: Mapping[str, str], body: str) -> bool:
    """Whether this is a word to Twilio (stop, start, help), which answers it itself; no complaint."""
    words = body.casefold().split()
    if fields.get("OptOutType"):
        return len(words) <= _LONGEST_KEYWORD_WORDS
    return len(words) == 1 and words[0] in _STOP_WORDS


def read_picture_urls(fields: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
    """How many pictures came with it, and where those are that were named."""
    urls: list[str] = []
    while url := fields.get(f"MediaUrl{len(urls)}"):
        urls.append(url)
    said = fields.get("NumMedia", "")
    return max(len(urls), int(said) if _COUNT.fullmatch(said) else 0), tuple(urls)
