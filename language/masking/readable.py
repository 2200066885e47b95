"""Finds numbers that belong to no person: dates, times, amounts, measures, kilometre posts, laws, coordinates, ids.

A number that continues after such a pattern may be a person's in disguise. It is then not readable.
"""

import re
from collections.abc import Iterator

_UUID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
# No digit and no sign with a digit may stand directly before or after.
_BEFORE = r"(?<!\d)(?<!\d[.,/:-])"
_AFTER = r"(?![.,/:-]?\d)"
_NOT_CONTINUED = r"(?![\W_]{0,3}\d)"
_MONTH = r"(?:jan|feb|mar|apr|mei|may|jun|jul|agu?s?t|sep|okt|oct|nov|des|dec)[a-z]{0,7}"
_YEAR = r"(?:19|20)\d\d"
_DAY, _MONTH_NUMBER = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_NUMBER = r"(?:[1-9]\d{0,2}(?:[.,]\d{3}){1,5}|0|[1-9]\d{0,14}|0(?=[.,]))(?:[.,]\d{1,2})?"
_LAW_NAME = (
    r"\b(?:uud?|perppu|pp|perpres|keppres|inpres|perda|pergub|perbup|perwali|perwal|permen[a-z]{0,20}|kepmen[a-z]{0,20}"
    r"|perkap|perma|skb|undang-undang|(?:peraturan|keputusan|instruksi|surat\sedaran)(?:\s[a-z]{2,30}){1,4})"
)
_UNIT = (
    r"(?:rupiah|ribu|rb|juta|jt|miliar|milyar|triliun|k|ton|kwintal|kg|mg|gr?|gram|liter|ltr|l|ml|meter|mtr|m[23²³]?|cm|mm"
    r"|km|hektare?|ha|persen|derajat|mbps|watt|kva|volt|jam|menit|detik|hari|minggu|bulan|bln|tahun|thn|kali|orang|org|jiwa"
    r"|warga|kk|rumah|unit|titik|buah|ekor|siswa|anak|karyawan|kendaraan|ruas|lubang|lobang)"
)
_PATTERNS = (
    _UUID,
    # UU No. 23/2014, Permensos Nomor 1 Tahun 2018, pasal 28 ayat 2
    rf"{_LAW_NAME}(?:\s(?:no\.?|nomor))?\s?\d{{1,3}}(?:/|\stahun\s|\sth\.?\s){_YEAR}{_NOT_CONTINUED}",
    # Surat nomor 005/123/2026
    rf"\b(?:surat|sk|se)\s(?:no\.?|nomor)?\s?[a-z0-9.]{{1,12}}(?:/[a-z0-9.-]{{1,12}}){{1,5}}/{_YEAR}{_NOT_CONTINUED}",
    rf"{_BEFORE}{_DAY}(?P<sign>[/.-]){_MONTH_NUMBER}(?P=sign)(?:{_YEAR}|\d\d){_NOT_CONTINUED}",
    rf"{_BEFORE}{_YEAR}-\d\d-\d\d(?:T[\d:.]{{1,16}}Z?)?(?![\W_]{{0,1}}\d)",
    rf"{_BEFORE}\d{{1,2}}\s{{0,2}}{_MONTH}\s{{0,2}}(?:{_YEAR})?(?!\d)",
    rf"{_BEFORE}{_YEAR}\s?(?:-|/|s/d|sampai)\s?{_YEAR}{_NOT_CONTINUED}",
    rf"\b(?:tahun|th|thn)\.?\s{_YEAR}\b",
    rf"{_BEFORE}\d{{1,2}}[.:]\d\d(?::\d\d)?(?:\s?(?:-|s/d|sampai)\s?\d{{1,2}}[.:]\d\d)?{_NOT_CONTINUED}",
    rf"\b(?:rp|idr)\.?\s{{0,2}}{_NUMBER}(?:,-)?{_AFTER}",
    rf"{_BEFORE}{_NUMBER}\s{{0,2}}{_UNIT}\b",
    rf"{_BEFORE}[1-9]\d{{0,2}}(?:\.\d{{3}}){{1,2}}(?![\W_]{{0,2}}\d)",
    rf"{_BEFORE}\d{{1,3}}(?:[.,]\d{{1,2}})?\s?%",
    # KM 23+400, KM 10/12/14
    r"\bkm\.?\s?\d{1,3}(?:[+/,.]\d{1,3}){0,3}(?![\W_]?\d)",
    r"(?<![\w.])-?\d{1,3}\.\d{3,8}\s?,\s?-?\d{1,3}\.\d{3,8}(?!\d)",
    r"\b1[45]00[ -]?\d{3}\b",
)
_READABLE = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)


def find_readable(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of numbers that belong to no person, in order."""
    for match in _READABLE.finditer(text):
        yield match.span()
