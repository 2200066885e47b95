"""Parses the text of an SMS, for the door that acknowledges it and for the reader that makes a complaint of it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal
from urllib.parse import parse_qsl

from messages.payloads.submission import has_visible_text
from messages.shapes import SenderAct
from messages.tracking import find_tracking_numbers, read_tracking_number, without_tracking_numbers

# An agency cannot act on a text with fewer letters.
_MIN_LETTERS = 3
# Citizens were taught to begin with `LAPOR <aduan>`. The keyword is an address, not part of the report.
_KEYWORD = re.compile(r"^\s*lapor\b[\s:,.!-]*", re.IGNORECASE)
_STATUS = re.compile(
    r"^\s*(?:cek\s+status|status|cek)\b[\s:,.#!-]*(?:(?:laporan|nomor|no)\b[\s:.,]*){0,3}", re.IGNORECASE
)
# `ANONIM` hides the sender from the agency, `RAHASIA` the report from the public. They stand at the beginning, before
# or behind LAPOR. Without LAPOR, capitals or a colon they are the first words of a sentence and stay in it.
_PRIVACY = re.compile(r"^\s*((?:(?:anonim|rahasia)\b[\s:,.!&+/-]*(?:dan\b\s*)?)+)", re.IGNORECASE)
_ANONIM = re.compile(r"anonim", re.IGNORECASE)
_RAHASIA = re.compile(r"rahasia", re.IGNORECASE)
# Keywords beside a tracking number, for what the sender does with the report.
_ACTS: Mapping[str, SenderAct] = MappingProxyType(
    {"belum": "objects", "tambah": "adds", "tambahan": "adds", "nilai": "rates"}
)
_ACT_KEYWORD = re.compile(rf"^\s*({'|'.join(_ACTS)})\b", re.IGNORECASE)
# A rating: NILAI, a number and a digit. `_BARE_RATING`: a digit alone, where the sender was just asked for it.
_RATING_KEYWORD = re.compile(r"^\s*nilai\b", re.IGNORECASE)
_RATINGS = frozenset("12345")
_BARE_RATING = re.compile(r"\W*([1-5])\W*")
# The sender withdraws a report, wants to be forgotten, or sends back the code that either of them needs.
_WITHDRAWAL = re.compile(r"^\s*(?:batal(?:kan)?|cabut|tarik)\b[\s:,.#!-]*", re.IGNORECASE)
_FORGETTING = re.compile(r"^\W*hapus(?:kan)?\s+data\s+(?:saya|sy|aku|diri\s+saya)\W*$", re.IGNORECASE)
# Six digits alone are no code: they may be the number of a meter for which an agency asked.
_CODE = re.compile(r"^\W*(?:(?:(batal|cabut|hapus)\W+)(?:kode\W+)?|kode\W+)([0-9]{3}[\s-]?[0-9]{3})\W*$", re.IGNORECASE)
_CODE_ACTS: Mapping[str, SenderAct] = MappingProxyType(
    {"batal": "withdraws", "cabut": "withdraws", "hapus": "asks-to-be-forgotten"}
)
# Words behind the number of a report that its sender withdraws: a reason begins with one of them.
_REASON_WORDS = frozenset({"karena", "krn", "karna", "sebab", "soalnya", "sudah", "sdh", "udah"})
# Alone with the number these confirm. Before more words they begin a sentence: "sudah seminggu lampu mati".
_CONFIRMATION = re.compile(r"[^\w?]*(?:sudah|sdh|udah|dah)(?:\s+(?:beres|selesai))?[^\w?]*", re.IGNORECASE)
# Alone with the number these answer the question if the Ombudsman may have the case.
_AGREEMENT = re.compile(r"[^\w?]*(?:ya|iya)(?:[\s,]+setuju)?[^\w?]*|[^\w?]*setuju[^\w?]*", re.IGNORECASE)
_REFUSAL = re.compile(r"[^\w?]*(?:tidak|tdk)(?:\s+(?:setuju|boleh))?[^\w?]*", re.IGNORECASE)
_WHOLE_TEXTS: Mapping[re.Pattern[str], SenderAct] = MappingProxyType(
    {_CONFIRMATION: "confirms", _AGREEMENT: "agrees-to-ombudsman", _REFUSAL: "declines-ombudsman"}
)
# Words around a number that say nothing about it: its name, who writes to whom, and greetings.
_NEUTRAL_TEXT = (
    "laporan lapor aduan pengaduan nomor no nomer saya sy kami aku ku pak bapak bu ibu min admin mas mbak kak "
    "tolong mohon halo hallo hai assalamualaikum selamat pagi siang sore malam "
)
_NEUTRAL_WORDS = frozenset(_NEUTRAL_TEXT.split())
# Words that ask for the state of the number beside them.
_QUESTION_TEXT = (
    "status cek gimana gmn bagaimana bgmn bagaimn kabar kabarnya progres progress perkembangan perkembangannya "
    "perkembanganya kelanjutan kelanjutannya sampai smp mana apa apakah kapan minta info informasi infonya tindak "
    "lanjut lanjutnya tindaklanjut tindaklanjutnya hasil hasilnya jawaban jawabannya diproses proses prosesnya "
    "ditindaklanjuti direspon respon responnya tanya nanya bertanya menanyakan kah "
)
_QUESTION_WORDS = frozenset(_QUESTION_TEXT.split())
# Further words of a question. Without a question word they may answer, confirm or thank. A text with any other word may
# be a complaint.
_FILLER_TEXT = (
    "sudah sdh udah dah ya yah yg yang tadi kemarin itu ini dong donk nih terima kasih terimakasih makasih untuk "
    "utk dengan dgn dari tentang mengenai soal mau ingin dan ke di nya "
)
_QUESTION_FILLERS = frozenset(_FILLER_TEXT.split())
_WORD = re.compile(r"[^\W_]+")
# Words beside the number of a report that its sender makes rahasia: "RAHASIA dan nomor itu: 7K2M-...".
_WORDS_OF_SECRECY = frozenset({"rahasia", "rahasiakan", "dan", "ini", "itu"})
# What one may ask for in a word, and the kind of the answer. `cara lapor` and the like ask as well.
_HELP = re.compile(
    r"^\W*(?:(?:help|bantuan|info|informasi|menu|panduan|petunjuk)|(?:info\s+)?cara)"
    r"(?:\s+(?:lapor|melapor|pakai|penggunaan|pengaduan|sms))?\W*$",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(r"^\W*(?:daftar|reg|register|registrasi)\W*$", re.IGNORECASE)
# Words after which Twilio itself sends nothing more to that number (its page on opt-out keywords).
_STOP_WORDS = {"stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"}
_STOP = re.compile(r"^\W*(?:stop|stopall|unsubscribe|unreg|berhenti)\W*$", re.IGNORECASE)
# A tracking number as people type it: three groups of four, with any separator.
_GROUPS = re.compile(r"([0-9A-Z]{4})[\s.-]*([0-9A-Z]{4})[\s.-]*([0-9A-Z]{4})", re.IGNORECASE)
# A tracking number with a slip: one word with a digit in it, one symbol more or less.
_MISTYPED_NUMBER = re.compile(r"(?=[^0-9]*[0-9])(?:[0-9A-Z]-?){11,13}", re.IGNORECASE)
# After STATUS, one word of letters and digits is meant as a number.
_SUPPOSED_NUMBER = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])[0-9A-Z-]{6,20}", re.IGNORECASE)
# The same behind the keyword of an act, where words follow: only with our hyphens.
_HYPHENATED_SLIP = re.compile(r"(?=[^0-9]*[0-9])[0-9A-Z]{3,5}-[0-9A-Z]{3,5}-[0-9A-Z]{3,5}", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s,.!?:]+")
# A keyword is one word or a few. A longer text is a report, even if Twilio took it for a keyword.
_LONGEST_KEYWORD_WORDS = 3
# Number of pictures: Twilio accepts at most ten.
_PICTURE_COUNT = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class ParsedSms:
    """`text` is the text after the keyword; `number` the tracking number asked for, in its canonical form.

    Kinds: `nothing` is only the keyword (`has_keyword`), or invisible characters. `unclear` has too few letters to
    understand. `status` asks for the state of a number; without `number`, none was given (`text` is empty) or it has a
    slip. `withdrawal` is the same for BATAL. `forgetting` is HAPUS DATA SAYA. `code` sends a code back: `text` are its
    six digits, `act` is what its keyword names. `rating` has no digit from 1 to 5. `help`, `registration` and `stop`
    are a keyword alone. `anonim` and `rahasia` are the flags of a report.
    """

    kind: Literal[
        "report",
        "unclear",
        "nothing",
        "status",
        "withdrawal",
        "forgetting",
        "code",
        "rating",
        "help",
        "registration",
        "stop",
    ]
    text: str = ""
    number: str | None = None
    anonim: bool = False
    rahasia: bool = False
    act: SenderAct | None = None
    has_keyword: bool = False


def parse_sms(body: str) -> ParsedSms:
    """Return the parsed text of an SMS. Never raises."""
    text, anonim, rahasia = _read_keywords(body)
    if not has_visible_text(text):
        return ParsedSms("nothing", anonim=anonim, rahasia=rahasia, has_keyword=has_visible_text(body))
    if rahasia and _is_number_alone(text):
        # The sender makes that report rahasia. It asks for no state, and the officer reads the keyword.
        return ParsedSms("report", body.strip(), rahasia=True)
    if request := _parse_request(text):
        return request
    letters = sum(map(str.isalpha, text))
    is_report = letters >= _MIN_LETTERS or bool(find_tracking_numbers(text))
    return ParsedSms("report" if is_report else "unclear", text, anonim=anonim, rahasia=rahasia)


def _read_keywords(body: str) -> tuple[str, bool, bool]:
    """Return the text without the keywords at its beginning, and the two flags."""
    text = _KEYWORD.sub("", body, count=1)
    privacy = _PRIVACY.match(text)
    if privacy is None:
        return text, False, False
    words, following = privacy[1], text[privacy.end() :]
    flags = bool(_ANONIM.search(words)), bool(_RAHASIA.search(words))
    is_keyword = text != body or words.isupper() or ":" in words or bool(_KEYWORD.match(following))
    return (_KEYWORD.sub("", following, count=1) if is_keyword else text), *flags


def _is_number_alone(text: str) -> bool:
    """Return True for a tracking number beside which there are only words that say nothing, or the keyword."""
    words = frozenset(_WORD.findall(without_tracking_numbers(text).casefold()))
    return len(find_tracking_numbers(text)) == 1 and words <= _NEUTRAL_WORDS | _WORDS_OF_SECRECY


def _parse_request(text: str) -> ParsedSms | None:
    """Return the request for a state or for help; `None` if the text may be a complaint."""
    if _HELP.match(text):
        return ParsedSms("help", text)
    if _REGISTRATION.match(text):
        return ParsedSms("registration", text)
    if _STOP.match(text):
        return ParsedSms("stop", text)
    return _parse_coded_act(text) or _parse_rating(text) or _parse_status_request(text) or _parse_question(text)


def _parse_coded_act(text: str) -> ParsedSms | None:
    """Return the request for an act that needs a code, or the code; `None` if the text may be a complaint."""
    if _FORGETTING.match(text):
        return ParsedSms("forgetting", text)
    if code := _CODE.match(text):
        digits = "".join(filter(str.isdigit, code[2]))
        return ParsedSms("code", digits, act=_CODE_ACTS[code[1].casefold()] if code[1] else None)
    return _parse_withdrawal(text)


def _parse_withdrawal(text: str) -> ParsedSms | None:
    """Return BATAL alone or with a number; `None` for other words beside it: "cabut izin usaha itu"."""
    keyword = _WITHDRAWAL.match(text)
    if keyword is None:
        return None
    following = text[keyword.end() :]
    if not has_visible_text(following):
        return ParsedSms("withdrawal")
    numbers = find_tracking_numbers(following)
    if len(numbers) == 1:
        words = [word.casefold() for word in _WORD.findall(without_tracking_numbers(following))]
        further_words = [word for word in words if word not in _NEUTRAL_WORDS | _QUESTION_FILLERS]
        is_request = not further_words or any(word in _REASON_WORDS for word in words)
        return ParsedSms("withdrawal", following, numbers[0]) if is_request else None
    return ParsedSms("withdrawal", typed) if (typed := _mistyped_number(following)) else None


def _parse_rating(text: str) -> ParsedSms | None:
    """Return NILAI with a number but without a digit from 1 to 5."""
    if not _RATING_KEYWORD.match(text) or stated_rating(text):
        return None
    numbers = find_tracking_numbers(text)
    words = _WORD.findall(_RATING_KEYWORD.sub("", without_tracking_numbers(text), count=1))
    is_request = len(numbers) == 1 and all(word.isdigit() or word.casefold() in _NEUTRAL_WORDS for word in words)
    return ParsedSms("rating", text, numbers[0]) if is_request else None


def _mistyped_number(text: str) -> str:
    """Return the number with a slip of which a text consists, beside words that say nothing; "" for any other text."""
    words = [word for word in _SEPARATORS.split(text) if word and word.casefold() not in _NEUTRAL_WORDS]
    typed = "-".join(words)
    return typed if _MISTYPED_NUMBER.fullmatch(typed) else ""


def _parse_question(text: str) -> ParsedSms | None:
    """Return the request for the state of a number: the number alone, or inside a question that says nothing else."""
    numbers = find_tracking_numbers(text)
    if len(numbers) != 1:
        return None
    words = frozenset(_WORD.findall(without_tracking_numbers(text).casefold())) - _NEUTRAL_WORDS
    asks = "?" in text or not words.isdisjoint(_QUESTION_WORDS)
    is_request = not words or (asks and words <= _QUESTION_WORDS | _QUESTION_FILLERS)
    return ParsedSms("status", text, numbers[0]) if is_request else None


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
    is_number = is_number or _SUPPOSED_NUMBER.fullmatch(typed_number)
    return ParsedSms("status", typed_number) if is_number else None


def stated_act(text: str) -> SenderAct | None:
    """Return the act of a text that begins with BELUM, TAMBAH or NILAI, or has SUDAH, YA or TIDAK and a number only.

    It counts beside a tracking number only. YA and TIDAK count only where the sender was asked about the Ombudsman.
    """
    if keyword := _ACT_KEYWORD.match(text):
        act = _ACTS[keyword[1].casefold()]
        return act if act != "rates" or stated_rating(text) else None
    words = without_tracking_numbers(text)
    return next((act for pattern, act in _WHOLE_TEXTS.items() if pattern.fullmatch(words)), None)


def number_with_slip(text: str) -> str:
    """Return the number with a slip behind a keyword of an act, as it is typed; "" without one."""
    keyword = _ACT_KEYWORD.match(text)
    words = _SEPARATORS.split(text[keyword.end() :].strip()) if keyword else []
    typed = words[0] if words else ""
    return typed if _HYPHENATED_SLIP.fullmatch(typed) else ""


def stated_rating(text: str) -> int:
    """Return the rating from 1 (bad) to 5 (good) of a text that begins with NILAI, beside a number; 0 without one."""
    if not _RATING_KEYWORD.match(text) or not find_tracking_numbers(text):
        return 0
    digits = [word for word in _WORD.findall(without_tracking_numbers(text)) if word.isdigit()]
    return int(digits[0]) if len(digits) == 1 and digits[0] in _RATINGS else 0


def bare_rating(text: str) -> int:
    """Return the digit from 1 to 5 of which a text consists, else 0. It counts only where the sender was asked."""
    match = _BARE_RATING.fullmatch(text)
    return int(match[1]) if match else 0


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
