"""Finds long numbers of persons: telephone, NIK, KK, account, meter, customer and card numbers.

A number may be disguised: in groups with any signs between them, in words, or with letters that look like digits.
The text is read once, from left to right, as a list of digit groups. Groups with at most three signs between them
are one chain.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from language.masking.readable import find_readable
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
