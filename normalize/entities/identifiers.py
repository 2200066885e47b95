"""Reads numbers and codes that stand for a person, a thing or a case: NIK, BPJS, phone, plate, tracking number."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping

from messages.tracking import read_tracking_number
from normalize.entities.common_words import ENDS, words
from normalize.entities.entity import EntityKind
from normalize.entities.long_numbers import LABELS, classified, digits, npwp, parcel
from normalize.entities.measures import UNITS
from normalize.entities.scan import Scan

Reader = Callable[[Scan, int], int]
_LONG = re.compile(
    r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}\.[0-9][-.][0-9]{3}\.[0-9]{3}(?![0-9])"  # NPWP
    r"|[0-9]{9,32}(?![0-9])"
    r"|0[0-9]{2,3}(?:\) ?| ?- ?| )[0-9]{5,8}(?![0-9])"  # an area code and a number
    r"|[0-9]{2,5}(?:[-. ][0-9]{3,6}){2,4}(?![0-9])"  # in groups
)
_MONEY = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+")
_DOMAIN = re.compile(r"@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')]+")
_HOST_END = re.compile(r"\.(?:(?:go|co|or|ac|sch|web|my|desa)\.id|com|org|net)\b(?:/[^\s<>\"')]*)?")
# What hides digits: [****], ****, xxxx; more of it may follow, with what is shown between.
_HIDDEN = re.compile(r"\*{3,32}\]?(?:[a-z0-9]{0,16}\[?\*{3,32}\]?)*[a-z0-9]{0,16}|x{3,32}[0-9]{0,16}")
_STARS = re.compile(r"\[?\*+\]?|x{3,}")
_TRACKING = re.compile(r"-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}(?![\w-])")
_CODE = re.compile(r"[A-Za-z0-9]{1,24}(?:[-/][A-Za-z0-9]{1,12}){0,4}(?![\w])")
_DATE = re.compile(r"[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}")
_LEAST_DIGITS = 9
_LOOK_BACK = 5
_LONGEST_HEAD = 64
_SYMBOLS, _GROUP = 12, 4
_LEAST_CODE, _LEAST_CODE_DIGITS = 5, 3
_BEFORE_CODE = frozenset(("no", "nomor", "nomer", "number", "id", "kode", "code"))
_NAMED_CODES = frozenset(words("resi awb barcode tiket ticket tracking track registrasi polis booking"))
_MAYBE_CODES = frozenset(words("laporan aduan pengaduan pendaftaran berkas permohonan lacak"))
_PLATE_LABELS = frozenset(("plat", "nopol", "plate", "kendaraan", "mobil", "motor", "bus", "polisi"))
_REGISTRIES = frozenset(
    words(
        "a b d e f g h k l m n p r s t w z aa ab ad ae ag ba bb bd be bg bh bk bl bm bn bp da db dc dd de dg dh dk dl "
        "dm dn "
        "dp dr ds dt dw ea eb ed kb kh kt ku pa pb pg ps py"
    )
)
_LONGEST_PLATE_NUMBER, _LONGEST_SERIES = 4, 3


def noted_first(scan: Scan) -> None:
    """What is known by its form alone, and must not be read as words: addresses, masked numbers, numbers of ours."""
    text, lower = scan.text, scan.lower
    if "@" in text:
        _emails(scan, lower)
    if "www." in lower or "://" in lower:
        for match in _LINK.finditer(lower):
            if address := _plain_url(match.group()):
                scan.spot(EntityKind.URL, address, *match.span())
    if ".id" in lower or ".com" in lower or ".org" in lower or ".net" in lower:
        _hosts(scan, lower)
    if "***" in text or "xxx" in lower:
        _masked(scan, lower)
    if text.count("-") > 1:
        _ours(scan)


def long_number(scan: Scan, at: int) -> int:
    """A number of nine digits or more; `at` is its first word."""
    if len(scan.words[at]) < _LEAST_DIGITS and not scan.word(at + 1).isdecimal():
        return 0
    match = _LONG.match(scan.text, scan.starts[at])
    if not match or len(number := digits(match.group())) < _LEAST_DIGITS:
        return 0
    end = scan.after(at, match.end())
    written = match.group()
    if code := _parcel(scan, at, end, number):
        return scan.add(EntityKind.REFERENCE, code, at - 1, end + 1)
    label = _label(scan, at)
    if label is None and _MONEY.fullmatch(written):
        return 0
    if npwp(written) and "." in written:
        return scan.add(EntityKind.NPWP, number, at, end)
    kind, value = classified(number, label, international=scan.text[scan.starts[at] - 1 : scan.starts[at]] == "+")
    return scan.add(kind, value, at, end)


def plate(scan: Scan, at: int) -> int:
    """`B 1234 XYZ`; `at` is the number. In lower case only where a word says that it is a plate."""
    number = scan.words[at]
    if not at or len(number) > _LONGEST_PLATE_NUMBER or number[0] == "0" or at + 1 >= len(scan.words):
        return 0
    area, series = scan.words[at - 1], scan.words[at + 1]
    if area not in _REGISTRIES or not series.isalpha() or not series.isascii() or len(series) > _LONGEST_SERIES:
        return 0
    if scan.taken[at - 1] or {scan.gaps[at], scan.gaps[at + 1]} - {"", " ", "-"}:
        return 0
    said = not _PLATE_LABELS.isdisjoint(scan.words[max(0, at - 1 - _LOOK_BACK) : at - 1])
    written = scan.written(at - 1).isupper() and scan.written(at + 1).isupper() and len(number) > 1
    if not said and (not written or series in ENDS or series in UNITS):
        return 0
    return scan.add(EntityKind.PLATE, f"{area}{number}{series}".upper(), at - 1, at + 2)


def reference(scan: Scan, at: int) -> int:
    """`no. resi AB-12345`, `track ID 1634244`; `at` is the word that says so."""
    first = at + 1
    while scan.word(first) in _BEFORE_CODE and scan.linked(first):
        first += 1
    match = _CODE.match(scan.text, scan.starts[first]) if scan.linked(first) and not scan.taken[first] else None
    if not match or _DATE.fullmatch(match.group()):
        return 0
    written, end = match.group(), scan.after(first, match.end())
    if (ours := read_tracking_number(written)) and 0 < len(digits(written)) < _SYMBOLS:
        return scan.add(EntityKind.TRACKING, ours, first, end)
    # “laporan 12345” may count reports; “laporan nomor 12345” does not.
    if first == at + 1 and scan.words[at] in _MAYBE_CODES:
        return 0
    if written.isdecimal() and len(written) >= _LEAST_DIGITS:
        return long_number(scan, first)
    if len(written) < _LEAST_CODE or len(digits(written)) < _LEAST_CODE_DIGITS:
        return 0
    return scan.add(EntityKind.REFERENCE, re.sub(r"[^a-z0-9]", "", written.lower()), first, end)


def _label(scan: Scan, at: int) -> EntityKind | None:
    """What the nearest of the few words before says."""
    for before in range(at - 1, max(-1, at - 1 - _LOOK_BACK), -1):
        # A number may stand in the line below its label, but no other line lies between.
        if before + 1 < at and "\n" in scan.gaps[before + 1]:
            return None
        if (kind := LABELS.get(scan.words[before])) is not None:
            return kind
    return None


def _parcel(scan: Scan, at: int, end: int, number: str) -> str:
    """The whole number of a postal item around its digits; nothing if the check digit is wrong."""
    if not at or end >= len(scan.words) or len(number) != _LEAST_DIGITS or scan.gaps[at] or scan.gaps[end]:
        return ""
    before, behind = scan.words[at - 1], scan.words[end]
    whole = f"{before}{number}{behind}"
    letters = before.isalpha() and behind.isalpha() and len(before) == len(behind) == 2  # noqa: PLR2004 - UPU S10
    return whole if letters and parcel(whole) else ""


def _emails(scan: Scan, lower: str) -> None:
    for match in _DOMAIN.finditer(lower):
        start = _back(lower, match.start(), "._%+-")
        if start < match.start():
            scan.spot(EntityKind.EMAIL, lower[start : match.end()], start, match.end())


def _hosts(scan: Scan, lower: str) -> None:
    """Addresses that are written without `http` or `www`."""
    for match in _HOST_END.finditer(lower):
        start = _back(lower, match.start(), ".-")
        first = bisect_right(scan.ends, start)
        if start < match.start() and not scan.taken[first] and lower[start - 1 : start] != "@":
            scan.spot(EntityKind.URL, _plain_url(lower[start : match.end()]), start, match.end())


def _back(lower: str, end: int, also: str) -> int:
    """Where what ends there began: letters, digits and some others, not too many."""
    start = end
    while start > max(0, end - _LONGEST_HEAD) and (lower[start - 1].isalnum() or lower[start - 1] in also):
        start -= 1
    return start


def _masked(scan: Scan, lower: str) -> None:
    for match in _HIDDEN.finditer(lower):
        start = match.start() - (lower[match.start() - 1 : match.start()] == "[")
        shown = _back(lower, start, "")
        written = lower[shown : match.end()]
        if not (digits(written) if "*" in written else lower[start - 1 : start].isdecimal()) and "[" not in written:
            continue
        label = _label(scan, bisect_left(scan.starts, shown))
        value = f"{label or EntityKind.NUMBER} {_STARS.sub('*', written)}"
        scan.spot(EntityKind.MASKED, value, shown, match.end())


def _ours(scan: Scan) -> None:
    for match in _TRACKING.finditer(scan.text):
        start = match.start() - _GROUP
        written = scan.text[max(0, start) : match.end()]
        apart = start >= 0 and written[:_GROUP].isalnum() and not scan.text[max(0, start - 1) : start].isalnum()
        number = read_tracking_number(written) if apart else None
        # Twelve digits in groups are a phone rather.
        if number and (written.isupper() or 0 < len(digits(written)) < _SYMBOLS):
            scan.spot(EntityKind.TRACKING, number, start, match.end())


def _plain_url(written: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", written).rstrip("/.,;:!?")


READERS: Mapping[str, Reader] = dict.fromkeys(_NAMED_CODES | _MAYBE_CODES, reference)
