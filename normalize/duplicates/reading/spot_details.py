"""Details that tell one spot or party from the next, and that `normalize/entities` does not read. Pure.

* `house`: a house number without the name of a street (`depan no. 12`).
* `pole`: another number that is painted on a thing (`tiang no 7`, `lorong 2`, `titik B`).
* `firm`: the name of a firm (`PT Wiratama Jaya`, `pabrik tahu Sari Murni`).
* `plate`: the plate of a vehicle, a part of it masked (`BK 1xxx QA`).
* `span`: the two ends of a stretch (`antara Gladag dan Nonongan`).
* `level`: the kind of a school (`smk`).
* `contrast`: another spot from which the text tells its own (`bukan yang di TPS`, `yang depan pasar sudah`).
* `name`: a relative for whom the sender asks (`anak saya Ratri`), or a patronymic (`Zainab binti Umar`).
"""

import re
from collections.abc import Iterator

from normalize.duplicates.comparable import NamedEntity

_NUMBER_WORD = r"(?:no|nomor|nomer|nmr|num)\W{0,3}"
# A number before one of these is a duration, a length or a count.
_UNIT = r"(?:hari|jam|menit|bulan|minggu|tahun|meter|m\b|km|cm|x|kali|orang)"
_HOUSE = re.compile(
    r"\b(?:depan|dpn|ngarep|dekat|deket|dkt|dakek|samping|sebelah|seberang|belakang|rumah|rmh|omah|ruko|toko|kios)"
    rf"\W{{1,3}}(?:(?:rumah|rmh|omah|ruko)\W{{1,3}})?{_NUMBER_WORD}(\d{{1,4}})(?: ?([a-e])\b)?"
    rf"|\braya\W{{1,3}}(?:{_NUMBER_WORD})?(\d{{1,3}})\b(?! ?{_UNIT})"
)
_POLE = re.compile(
    r"\b(tiang|tihang|cagak|gardu|halte|pintu|peron|loket|lapak|kios|titik|menara|gang|gg|gng|lorong|lrg|lr)\b\W{1,3}"
    rf"(?:(?:{_NUMBER_WORD}|ke\W{{0,3}}))?(\d{{1,4}}|[a-f])\b"
)
_ONE_WORD = {
    "tihang": "tiang",
    "cagak": "tiang",
    "gg": "gang",
    "gng": "gang",
    "lorong": "gang",
    "lrg": "gang",
    "lr": "gang",
}
_FIRM = re.compile(r"\b(?:pt|cv|ud|koperasi|yayasan)\b\W{1,2}([a-z]{3,}(?: [a-z]{3,})?)")
# A business before its name, which is capitalised.
_BUSINESS = re.compile(
    r"\b(?i:pabrik|kafe|cafe|karaoke|biliar|bengkel|gudang|restoran|klinik|apotek|peternakan|penginapan|hotel)"
    r"(?: [a-z]{3,10})? ([A-Z][a-z]+(?: [A-Z][a-z]+){0,2})"
)
_MASKED_PLATE = re.compile(r"\b([A-Z]{1,2}) ?(\d{0,3}[xX*.]{1,4}\d{0,3}) ?([A-Z]{1,3})\b")
_SPAN = re.compile(r"\bantara ([a-z]{4,})(?: [a-z]+)?(?: dan |-| sampai | s/d )(?:jl\.? |jalan )?([a-z]{4,})")
_BESIDE_WORDS = r"(?:di|yang|yg|nu|depan|dpn|dekat|dkt|samping|sebelah|belakang)"
_NOT_ONLY = r"(?:bukan|bkn|beda|selain)(?: (?:cuma|cuman|hanya|saja|dengan|dgn|dari|sama))?"
_CONTRAST = re.compile(
    rf"\b{_NOT_ONLY} (?:{_BESIDE_WORDS} ){{0,3}}([a-z]{{3,}}(?: [a-z]{{3,}})?)"
    rf"|\b(?:yang|yg) (?:{_BESIDE_WORDS} ){{1,2}}([a-z]{{3,}}) (?:sudah|sdh|udah)\b"
)
_LEVEL = re.compile(r"\b(sd|smp|sma|smk|mts|paud|tk)n?\b")
_RELATIVE = re.compile(
    r"\b(?i:anak|adik|adek|kakak|istri|suami|ibu|bapak|ayah|mertua|nenek|kakek|ponakan|keponakan|cucu)"
    r" (?:saya|sy|kami|aku|ku)(?: (?:yang )?(?:bernama|pertama|kedua|ketiga|bungsu|sulung))?(?: (?:Hj?|dr)\.)?"
    r" ([A-Z][a-z]{2,})"
)

_PATRONYMIC = re.compile(r"\b([A-Z][a-z]{2,}) [Bb]in(?:ti)? [A-Z][a-z]{2,}")


def find_details(text: str, lowercase_text: str) -> Iterator[NamedEntity]:
    """Yield kind and value of each detail. A value may occur twice."""
    for match in _HOUSE.finditer(lowercase_text):
        yield "house", f"{(match[1] or match[3]).lstrip('0')}{match[2] or ''}"
    for match in _POLE.finditer(lowercase_text):
        yield "pole", f"{_ONE_WORD.get(match[1], match[1])} {match[2].lstrip('0')}"
    for match in _FIRM.finditer(lowercase_text):
        yield "firm", match[1]
    for match in _CONTRAST.finditer(lowercase_text):
        yield "contrast", match[1] or match[2]
    for match in _LEVEL.finditer(lowercase_text):
        yield "level", match[1]
    yield from _find_capitalized(text)
    if "antara" in lowercase_text:
        for match in _SPAN.finditer(lowercase_text):
            yield "span", " ".join(sorted(match.groups()))


def _find_capitalized(text: str) -> Iterator[NamedEntity]:
    """Yield the details that capital letters show."""
    for match in _BUSINESS.finditer(text):
        yield "firm", match[1].lower()
    for match in _MASKED_PLATE.finditer(text):
        yield "plate", f"{match[1]} {match[2].lower()} {match[3]}"
    for match in _RELATIVE.finditer(text):
        yield "name", match[1].lower()
    for match in _PATRONYMIC.finditer(text):
        yield "name", match[1].lower()
