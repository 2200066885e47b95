"""Reads numbers and codes that stand for a person, a thing or a case: NIK, BPJS, phone, plate, tracking number."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping

from language.ordinary_words import NON_NAME_WORDS, split_words
from messages.tracking import read_tracking_number
from normalize.entities.entity import EntityKind
from normalize.entities.long_numbers import LABELS, classify_number, is_npwp, is_parcel_number, only_digits
from normalize.entities.measures import UNITS
from normalize.entities.text_scan import EntityReader, TextScan

_LONG_NUMBER = re.compile(
    r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}\.[0-9][-.][0-9]{3}\.[0-9]{3}(?![0-9])"  # NPWP
    r"|[0-9]{9,32}(?![0-9])"
    r"|0[0-9]{2,3}(?:\) ?| ?- ?| )[0-9]{5,8}(?![0-9])"  # an area code and a number
    r"|[0-9]{2,5}(?:[-. ][0-9]{3,6}){2,4}(?![0-9])"  # in groups
)
_GROUPED_AMOUNT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+")
_DOMAIN = re.compile(r"@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')]+")
_HOST_END = re.compile(r"\.(?:(?:go|co|or|ac|sch|web|my|desa)\.id|com|org|net)\b(?:/[^\s<>\"')]*)?")
# A mask over digits: [****], ****, xxxx. Visible characters and another mask may follow.
_MASK = re.compile(r"\*{3,32}\]?(?:[a-z0-9]{0,16}\[?\*{3,32}\]?)*[a-z0-9]{0,16}|x{3,32}[0-9]{0,16}")
_MASK_SIGNS = re.compile(r"\[?\*+\]?|x{3,}")
_TRACKING_END = re.compile(r"-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}(?![\w-])")
_REFERENCE_CODE = re.compile(r"[A-Za-z0-9]{1,24}(?:[-/][A-Za-z0-9]{1,12}){0,4}(?![\w])")
_DATE = re.compile(r"[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}")
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?")
_NOT_CODE = re.compile(r"[^a-z0-9]")
_MIN_LONG_NUMBER_DIGITS = 9
# Words between a label and its number.
_MAX_LABEL_DISTANCE = 5
_MAX_NAME_BEFORE_DOMAIN = 64
_TRACKING_SYMBOLS, _TRACKING_GROUP = 12, 4
_MIN_CODE_LENGTH, _MIN_CODE_DIGITS = 5, 3
# The letters before and after the nine digits of a postal item's number (UPU S10).
_PARCEL_LETTERS = 2
_NUMBER_LABELS = frozenset(("no", "nomor", "nomer", "number", "id", "kode", "code"))
_CODE_LABELS = frozenset(split_words("resi awb barcode tiket ticket tracking track registrasi polis booking"))
# After these words a bare number may be a count: `laporan 12345`. After `laporan nomor` it is a code.
_AMBIGUOUS_CODE_LABELS = frozenset(split_words("laporan aduan pengaduan pendaftaran berkas permohonan lacak"))
_PLATE_LABELS = frozenset(("plat", "nopol", "plate", "kendaraan", "mobil", "motor", "bus", "polisi"))
_PLATE_GAPS = frozenset(("", " ", "-"))
_PLATE_AREAS = frozenset(
    split_words(
        "a b d e f g h k l m n p r s t w z aa ab ad ae ag ba bb bd be bg bh bk bl bm bn bp da db dc dd de dg dh dk dl "
        "dm dn "
        "dp dr ds dt dw ea eb ed kb kh kt ku pa pb pg ps py"
    )
)
_MAX_PLATE_DIGITS, _MAX_PLATE_SERIES = 4, 3


def add_formatted_identifiers(scan: TextScan) -> None:
    """Add all identifiers that are recognised by their form: e-mail addresses, URLs, masked and tracking numbers.

    It runs before the readers, which must not read parts of these as words.
    """
    lower = scan.lower
    for markers, add_identifiers in _FORMATS:
        for marker in markers:
            if marker in lower:
                add_identifiers(scan)
                break


def read_long_number(scan: TextScan, index: int) -> int:
    """Read a number of nine digits or more; `index` is its first word."""
    if len(scan.words[index]) < _MIN_LONG_NUMBER_DIGITS and not scan.word(index + 1).isdecimal():
        return 0
    match = _LONG_NUMBER.match(scan.text, scan.starts[index])
    if not match or len(number := only_digits(match.group())) < _MIN_LONG_NUMBER_DIGITS:
        return 0
    written, end = match.group(), scan.index_after(index, match.end())
    if parcel_number := _parcel_number(scan, index, end, number):
        return scan.add(EntityKind.REFERENCE, parcel_number, index - 1, end + 1)
    label = _label_before(scan, index)
    if label is None and _GROUPED_AMOUNT.fullmatch(written):
        return 0
    if "." in written and is_npwp(written):
        return scan.add(EntityKind.NPWP, number, index, end)
    is_international = scan.text[scan.starts[index] - 1 : scan.starts[index]] == "+"
    kind, value = classify_number(number, label, international=is_international)
    return scan.add(kind, value, index, end)


def read_plate(scan: TextScan, index: int) -> int:
    """Read `B 1234 XYZ`; `index` is the number. In lower case it is read only near a word for plate or vehicle."""
    if not _has_plate_form(scan, index):
        return 0
    first, last = index - 1, index + 1
    is_labelled = not _PLATE_LABELS.isdisjoint(scan.words[max(0, first - _MAX_LABEL_DISTANCE) : first])
    if not is_labelled and not _is_clear_plate(scan, index):
        return 0
    value = "".join(scan.words[first : last + 1]).upper()
    return scan.add(EntityKind.PLATE, value, first, last + 1)


def _has_plate_form(scan: TextScan, index: int) -> bool:
    """Return whether an area code, up to four digits and up to three letters stand around `index`."""
    number = scan.words[index]
    if not index or index + 1 >= len(scan.words) or len(number) > _MAX_PLATE_DIGITS or number[0] == "0":
        return False
    area, series = scan.words[index - 1], scan.words[index + 1]
    if area not in _PLATE_AREAS or not _is_plate_series(series) or scan.claimed[index - 1]:
        return False
    return scan.gaps[index] in _PLATE_GAPS and scan.gaps[index + 1] in _PLATE_GAPS


def _is_plate_series(word: str) -> bool:
    return word.isalpha() and word.isascii() and len(word) <= _MAX_PLATE_SERIES


def _is_clear_plate(scan: TextScan, index: int) -> bool:
    """Return whether the letters are capitals and the series is no unit or other ordinary word."""
    series = scan.words[index + 1]
    if series in NON_NAME_WORDS or series in UNITS or len(scan.words[index]) <= 1:
        return False
    return scan.original_word(index - 1).isupper() and scan.original_word(index + 1).isupper()


def read_reference(scan: TextScan, index: int) -> int:
    """Read `no. resi AB-12345`, `track ID 1634244`; `index` is the word that introduces the code."""
    first = _first_after_number_labels(scan, index)
    if not (code := _reference_code(scan, first)):
        return 0
    end = scan.index_after(first, scan.starts[first] + len(code))
    digits = only_digits(code)
    if (tracking_number := read_tracking_number(code)) and 0 < len(digits) < _TRACKING_SYMBOLS:
        return scan.add(EntityKind.TRACKING, tracking_number, first, end)
    if first == index + 1 and scan.words[index] in _AMBIGUOUS_CODE_LABELS:
        return 0
    if code.isdecimal() and len(code) >= _MIN_LONG_NUMBER_DIGITS:
        return read_long_number(scan, first)
    if len(code) < _MIN_CODE_LENGTH or len(digits) < _MIN_CODE_DIGITS:
        return 0
    return scan.add(EntityKind.REFERENCE, _NOT_CODE.sub("", code.lower()), first, end)


def _first_after_number_labels(scan: TextScan, index: int) -> int:
    """Return the index after the label at `index` and after further words like `no` and `id`."""
    first = index + 1
    while scan.word(first) in _NUMBER_LABELS and scan.is_introduced(first):
        first += 1
    return first


def _reference_code(scan: TextScan, index: int) -> str:
    """Return the code at `index` as it is written; an empty string if there is none, or a date."""
    if not scan.is_introduced(index) or scan.claimed[index]:
        return ""
    match = _REFERENCE_CODE.match(scan.text, scan.starts[index])
    return match.group() if match and not _DATE.fullmatch(match.group()) else ""


def _label_before(scan: TextScan, index: int) -> EntityKind | None:
    """Return the kind of the nearest label among the few words before a number."""
    for label_index in range(index - 1, max(-1, index - 1 - _MAX_LABEL_DISTANCE), -1):
        # A number may be in the line after its label, but no other line is between them.
        if label_index + 1 < index and "\n" in scan.gaps[label_index + 1]:
            return None
        if (kind := LABELS.get(scan.words[label_index])) is not None:
            return kind
    return None


def _parcel_number(scan: TextScan, index: int, end: int, number: str) -> str:
    """Return the whole number of a postal item around its digits; an empty string for a wrong check digit."""
    if not index or end >= len(scan.words) or len(number) != _MIN_LONG_NUMBER_DIGITS:
        return ""
    prefix, suffix = scan.words[index - 1], scan.words[end]
    if scan.gaps[index] or scan.gaps[end] or not (_is_parcel_code(prefix) and _is_parcel_code(suffix)):
        return ""
    parcel_number = f"{prefix}{number}{suffix}"
    return parcel_number if is_parcel_number(parcel_number) else ""


def _is_parcel_code(word: str) -> bool:
    return word.isalpha() and len(word) == _PARCEL_LETTERS


def _add_emails(scan: TextScan) -> None:
    for match in _DOMAIN.finditer(scan.lower):
        start = _start_of(scan.lower, match.start(), "._%+-")
        if start < match.start():
            scan.add_span(EntityKind.EMAIL, scan.lower[start : match.end()], start, match.end())


def _add_links(scan: TextScan) -> None:
    for match in _LINK.finditer(scan.lower):
        if url := _without_scheme(match.group()):
            scan.add_span(EntityKind.URL, url, *match.span())


def _add_hosts(scan: TextScan) -> None:
    """Add URLs that are written without `http` or `www`."""
    lower = scan.lower
    for match in _HOST_END.finditer(lower):
        start = _start_of(lower, match.start(), ".-")
        first = bisect_right(scan.ends, start)
        if start < match.start() and not scan.claimed[first] and lower[start - 1 : start] != "@":
            scan.add_span(EntityKind.URL, _without_scheme(lower[start : match.end()]), start, match.end())


def _start_of(lower: str, end: int, further_characters: str) -> int:
    """Return the start of the letters, digits and `further_characters` before `end`, at most 64 characters back."""
    start = end
    while start > max(0, end - _MAX_NAME_BEFORE_DOMAIN) and (
        lower[start - 1].isalnum() or lower[start - 1] in further_characters
    ):
        start -= 1
    return start


def _add_masked_numbers(scan: TextScan) -> None:
    lower = scan.lower
    for match in _MASK.finditer(lower):
        mask_start = match.start() - (lower[match.start() - 1 : match.start()] == "[")
        start = _start_of(lower, mask_start, "")
        written = lower[start : match.end()]
        # A mask of x needs a digit directly before it, a mask of stars any digit or brackets.
        has_digits = only_digits(written) if "*" in written else lower[mask_start - 1 : mask_start].isdecimal()
        if has_digits or "[" in written:
            label = _label_before(scan, bisect_left(scan.starts, start)) or EntityKind.NUMBER
            scan.add_span(EntityKind.MASKED, f"{label} {_MASK_SIGNS.sub('*', written)}", start, match.end())


def _add_tracking_numbers(scan: TextScan) -> None:
    text = scan.text
    for match in _TRACKING_END.finditer(text):
        start = match.start() - _TRACKING_GROUP
        written = text[max(0, start) : match.end()]
        if start < 0 or not written[:_TRACKING_GROUP].isalnum() or text[max(0, start - 1) : start].isalnum():
            continue
        number = read_tracking_number(written)
        # Twelve digits in groups are a phone number rather.
        if number and (written.isupper() or 0 < len(only_digits(written)) < _TRACKING_SYMBOLS):
            scan.add_span(EntityKind.TRACKING, number, start, match.end())


def _without_scheme(url: str) -> str:
    return _SCHEME.sub("", url).rstrip("/.,;:!?")


# Strings of which one is in every identifier of a format, and the function that adds the identifiers; in this order.
_FORMATS: tuple[tuple[tuple[str, ...], Callable[[TextScan], None]], ...] = (
    (("@",), _add_emails),
    (("www.", "://"), _add_links),
    ((".id", ".com", ".org", ".net"), _add_hosts),
    (("***", "xxx"), _add_masked_numbers),
    (("-",), _add_tracking_numbers),
)
READERS: Mapping[str, EntityReader] = dict.fromkeys(_CODE_LABELS | _AMBIGUOUS_CODE_LABELS, read_reference)
