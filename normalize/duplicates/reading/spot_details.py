"""Details that tell one spot or party from the next, and that `normalize/entities` does not read. Pure.

* `house`: a house number without the name of a street (`depan no. 12`).
* `pole`: another number that is painted on an object (`tiang no 7`, `lorong 2`, `titik B`).
* `firm`: the name of a firm (`PT Wiratama Jaya`, `pabrik tahu Sari Murni`).
* `plate`: the plate of a vehicle, a part of it masked (`BK 1xxx QA`).
* `span`: the two ends of a stretch (`antara Gladag dan Nonongan`).
* `level`: the kind of a school (`smk`).
* `contrast`: another spot from which the text tells its own (`bukan yang di TPS`, `yang depan pasar sudah`).
* `name`: a relative for whom the sender asks (`anak saya Ratri`), or a patronymic (`Zainab binti Umar`).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from normalize.duplicates.comparable import NamedEntity

_NUMBER_WORDS = ("no", "nomor", "nomer", "nmr", "num")
_NUMBER_WORD = rf"(?:{'|'.join(_NUMBER_WORDS)})\W{{0,3}}"
# A number before one of these is a duration, a length or a count.
_UNIT = r"(?:hari|jam|menit|bulan|minggu|tahun|meter|m\b|km|cm|x|kali|orang)"
_ONE_WORD = {"tihang": "tiang", "cagak": "tiang", **dict.fromkeys(("gg", "gng", "lorong", "lrg", "lr"), "gang")}
_BESIDE_WORDS = r"(?:di|yang|yg|nu|depan|dpn|dekat|dkt|samping|sebelah|belakang)"
_NOT_ONLY = r"(?:bukan|bkn|beda|selain)(?: (?:cuma|cuman|hanya|saja|dengan|dgn|dari|sama))?"
_LETTERS = re.compile("[a-z]+")


class _Rule(NamedTuple):
    """A pattern of one kind of detail, and the words of which each of its matches has one at least.

    `value` returns the value of a match. A pattern that `reads_capitals` reads the text as it is written, any other one
    the text in lower case.
    """

    kind: str
    words: frozenset[str]
    pattern: re.Pattern[str]
    value: Callable[[re.Match[str]], str]
    reads_capitals: bool = False


def _rule(kind: str, words: Iterable[str], pattern: str, value: Callable[[re.Match[str]], str]) -> _Rule:
    return _Rule(kind, frozenset(words), re.compile(pattern), value)


def _rule_of_capitals(kind: str, words: Iterable[str], pattern: str) -> _Rule:
    return _Rule(kind, frozenset(words), re.compile(pattern), lambda match: match[1].lower(), reads_capitals=True)


_POLES = (
    *("tiang", "tihang", "cagak", "gardu", "halte", "pintu", "peron", "loket", "lapak", "kios", "titik", "menara"),
    *("gang", "gg", "gng", "lorong", "lrg", "lr"),
)
_FIRMS = ("pt", "cv", "ud", "koperasi", "yayasan")
_BUSINESSES = (
    *("pabrik", "kafe", "cafe", "karaoke", "biliar", "bengkel", "gudang", "restoran", "klinik", "apotek", "peternakan"),
    *("penginapan", "hotel"),
)
_LEVELS = ("sd", "smp", "sma", "smk", "mts", "paud", "tk")
_RELATIVES = (
    *("anak", "adik", "adek", "kakak", "istri", "suami", "ibu", "bapak", "ayah", "mertua", "nenek", "kakek", "ponakan"),
    *("keponakan", "cucu"),
)
_RULES = (
    _rule(
        "house",
        (*_NUMBER_WORDS, "raya"),
        r"\b(?:depan|dpn|ngarep|dekat|deket|dkt|dakek|samping|sebelah|seberang|belakang|rumah|rmh|omah|ruko|toko|kios)"
        rf"\W{{1,3}}(?:(?:rumah|rmh|omah|ruko)\W{{1,3}})?{_NUMBER_WORD}(\d{{1,4}})(?: ?([a-e])\b)?"
        rf"|\braya\W{{1,3}}(?:{_NUMBER_WORD})?(\d{{1,3}})\b(?! ?{_UNIT})",
        lambda match: f"{(match[1] or match[3]).lstrip('0')}{match[2] or ''}",
    ),
    _rule(
        "pole",
        _POLES,
        rf"\b({'|'.join(_POLES)})\b\W{{1,3}}(?:(?:{_NUMBER_WORD}|ke\W{{0,3}}))?(\d{{1,4}}|[a-f])\b",
        lambda match: f"{_ONE_WORD.get(match[1], match[1])} {match[2].lstrip('0')}",
    ),
    _rule(
        "firm", _FIRMS, rf"\b(?:{'|'.join(_FIRMS)})\b\W{{1,2}}([a-z]{{3,}}(?: [a-z]{{3,}})?)", lambda match: match[1]
    ),
    _rule(
        "contrast",
        ("bukan", "bkn", "beda", "selain", "sudah", "sdh", "udah"),
        rf"\b{_NOT_ONLY} (?:{_BESIDE_WORDS} ){{0,3}}([a-z]{{3,}}(?: [a-z]{{3,}})?)"
        rf"|\b(?:yang|yg) (?:{_BESIDE_WORDS} ){{1,2}}([a-z]{{3,}}) (?:sudah|sdh|udah)\b",
        lambda match: match[1] or match[2],
    ),
    _rule(
        "level",
        (*_LEVELS, *(f"{level}n" for level in _LEVELS)),
        rf"\b({'|'.join(_LEVELS)})n?\b",
        lambda match: match[1],
    ),
    # A business before its name, which is capitalised.
    _rule_of_capitals(
        "firm",
        _BUSINESSES,
        rf"\b(?i:{'|'.join(_BUSINESSES)})(?: [a-z]{{3,10}})? ([A-Z][a-z]+(?: [A-Z][a-z]+){{0,2}})",
    ),
    _rule_of_capitals(
        "name",
        _RELATIVES,
        rf"\b(?i:{'|'.join(_RELATIVES)})"
        r" (?:saya|sy|kami|aku|ku)(?: (?:yang )?(?:bernama|pertama|kedua|ketiga|bungsu|sulung))?(?: (?:Hj?|dr)\.)?"
        r" ([A-Z][a-z]{2,})",
    ),
    _rule_of_capitals("name", ("bin", "binti"), r"\b([A-Z][a-z]{2,}) [Bb]in(?:ti)? [A-Z][a-z]{2,}"),
    _rule(
        "span",
        ("antara",),
        r"\bantara ([a-z]{4,})(?: [a-z]+)?(?: dan |-| sampai | s/d )(?:jl\.? |jalan )?([a-z]{4,})",
        lambda match: " ".join(sorted(match.groups())),
    ),
)
_MASKED_PLATE = re.compile(r"\b([A-Z]{1,2}) ?(\d{0,3}[xX*.]{1,4}\d{0,3}) ?([A-Z]{1,3})\b")


def find_details(text: str, lowercase_text: str) -> Iterator[NamedEntity]:
    """Yield kind and value of each detail. A value may occur twice."""
    words = frozenset(_LETTERS.findall(lowercase_text))
    for rule in _RULES:
        if not rule.words.isdisjoint(words):
            for match in rule.pattern.finditer(text if rule.reads_capitals else lowercase_text):
                yield rule.kind, rule.value(match)
    for match in _MASKED_PLATE.finditer(text):
        yield "plate", f"{match[1]} {match[2].lower()} {match[3]}"
