"""Finds long numbers of persons: telephone, NIK, KK, account, meter, customer and card numbers.

A number may be disguised: in groups with any signs between them, in words, or with letters that look like digits.
The text is read once, from left to right, as a list of digit groups. Groups with at most three signs between them
are one chain. Dates, times, amounts, measures, kilometre posts, laws, coordinates and ids belong to no person; a number
that continues after such a pattern may be a person's in disguise, and is not readable.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from language.masking.spans import Kind, PersonalSpan

_DIGIT_WORD = (
    r"(?:nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|lapan|sembilan|sebelas|zero|one|two"
    r"|three|four|five|seven|eight|nine)"
)
# Letters that look like digits count only beside digits: `o812`, `O8I2`.
_GROUP = re.compile(
    rf"(?<![^\W_])(?P<mixed>(?:{_DIGIT_WORD}|\d|[oOlI](?=[\dOolI]{{0,20}}\d)|(?<=\d)[oOlI](?![^\W\d_])){{1,80}})(?![^\W_])",
    re.IGNORECASE,
)
_PLAIN_DIGITS = re.compile(r"\d+")
_WORDS = re.compile(_DIGIT_WORD, re.IGNORECASE)
_SIGNS_OR_NOTHING = re.compile(r"[\W_]{0,3}")
_MIN_DIGITS = 9
# A number in one group, or after a label: shorter ones are a person's, too.
_MIN_DIGITS_IN_ONE_GROUP = 6
_MIN_LABELLED_DIGITS = 5
# Words for digits alone: fewer are a count or an enumeration.
_MIN_WORD_DIGITS = 6
_LABEL = re.compile(
    r"\b(?:hp|no|nomor|nomer|nmr|norek|rek|rekening|telp?|telepon|telpon|tlp|tlpn|fax|wa|whatsapp|sms|nik|ktp|kk|kis|jkn|bpjs"
    r"|npwp|nip|nisn|nuptk|sim|paspor|polis|meter|meteran|idpel|id|pel|pelanggan|sambungan|va|account|akun|token|kartu|pdam"
    r"|pam|pln|bca|bri|bni|bsi|btn|mandiri|danamon|kontak|cp|dana|ovo|gopay|peserta|stnk|bpkb)\b[^\n\d]{0,24}$",
    re.IGNORECASE,
)
_NO_PERSON_LABEL = re.compile(r"\b(?:kode\s?pos|tahun|tgl|tanggal|pukul|jam|rp|harga)\W{0,3}$", re.IGNORECASE)
# Codes with letters: passports, customer numbers with Roman numerals, reference codes, tracking numbers of this
# service, and numbers of which the writer hid a part.
_CODE = re.compile(
    r"\b(?:paspor|passport)\W{0,3}(?:(?:no|nomor|saya)\W{0,3}){0,2}(?P<passport>[a-z]{1,2}\s?\d{6,8})\b"
    r"|\b(?:sambungan|pelanggan|idpel|rekening|polis)\W{0,3}(?:(?:no|nomor|saya|pdam|pam|pln)\W{0,3}){0,2}"
    r"(?P<code>\d{1,6}(?:[/.-][a-z0-9]{1,8}){2,6})\b"
    r"|\b(?:resi|referensi|reff?|registrasi|pendaftaran|invoice|kpj|transaksi|order|booking|tracking|track)\W{0,3}"
    r"(?:(?:no|nomor|id|kode)\W{0,3}){0,2}(?P<reference>[a-z]{0,6}[/-]?\d{3,20}(?:[/-]?[a-z0-9]{1,12}){0,4})\b"
    r"|(?<![\w-])(?P<tracking>(?=[0-9A-Z-]{0,13}\d)[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2})(?![\w-])"
    r"|(?P<hidden>\d{1,16}\*{2,16}\d{0,16}|\*{2,16}\d{2,16})",
    re.IGNORECASE,
)
_LABEL_LENGTH = 40
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


class _Chain(NamedTuple):
    start: int
    end: int
    digits: int
    groups: int
    word_digits: int
    longest_group: int


def find_numbers(text: str) -> Iterator[PersonalSpan]:
    """Yield the long numbers of persons."""
    for chain in _chains(text):
        if _is_personal(text, chain):
            yield PersonalSpan(_start_with_sign(text, chain.start), chain.end, Kind.NUMBER)
    for match in _CODE.finditer(text):
        yield PersonalSpan(*match.span(match.lastgroup or 0), Kind.NUMBER)


def _chains(text: str) -> Iterator[_Chain]:
    """Yield the chains of groups that no readable number interrupts."""
    readable = [*find_readable(text)]
    position, chain = 0, None
    for start, end, digits, word_digits in _groups(text):
        while position < len(readable) and readable[position][1] <= start:
            position += 1
        if position < len(readable) and readable[position][0] < end and not _is_labelled(text, start):
            continue
        if chain and _SIGNS_OR_NOTHING.fullmatch(text, chain.end, start):
            longest = max(chain.longest_group, digits - word_digits)
            chain = _Chain(
                chain.start, end, chain.digits + digits, chain.groups + 1, chain.word_digits + word_digits, longest
            )
            continue
        if chain:
            yield chain
        chain = _Chain(start, end, digits, 1, word_digits, digits - word_digits)
    if chain:
        yield chain


def _groups(text: str) -> Iterator[tuple[int, int, int, int]]:
    """Yield start, end, number of digits, and number of digits in words of each group."""
    for match in _GROUP.finditer(text):
        word_digits = sum(1 for _ in _WORDS.finditer(match.group()))
        plain = sum(len(digits) for digits in _PLAIN_DIGITS.findall(match.group()))
        lookalikes = len(match.group()) - plain if plain and not word_digits else 0
        yield match.start(), match.end(), plain + word_digits + lookalikes, word_digits


def _is_personal(text: str, chain: _Chain) -> bool:
    if chain.word_digits == chain.digits:
        return chain.digits >= _MIN_WORD_DIGITS
    if chain.digits >= _MIN_DIGITS:
        return True
    if _NO_PERSON_LABEL.search(text, max(0, chain.start - _LABEL_LENGTH), chain.start):
        return False
    if chain.longest_group >= _MIN_DIGITS_IN_ONE_GROUP:
        return True
    return chain.digits >= _MIN_LABELLED_DIGITS and _is_labelled(text, chain.start)


def _is_labelled(text: str, start: int) -> bool:
    return _LABEL.search(text, max(0, start - _LABEL_LENGTH), start) is not None


def _start_with_sign(text: str, start: int) -> int:
    """Return the start with a bracket and a plus sign before the digits: `(+62) 851`."""
    while start and text[start - 1] in "+(":
        start -= 1
    return start


def find_readable(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of numbers that belong to no person, in order."""
    for match in _READABLE.finditer(text):
        yield match.span()
