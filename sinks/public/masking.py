"""Masks what may lead to a person in a text that is published: names, numbers, addresses of houses. Pure.

It masks too much rather than too little. Streets, places, amounts, dates and names of institutions stay: a report
without them tells nobody anything.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

NAME, NUMBER, HOUSE = "[nama]", "[nomor]", "[alamat]"

_WORD = r"[^\W\d_](?:[^\W\d_]|['\u2019`.-](?=[^\W\d_]))*\.?"
_WORDS = re.compile(_WORD)
# At most so many words of a name; in small letters a name has no visible end.
_MAX_NAME_WORDS = 4
_MAX_SMALL_NAME_WORDS = 2
_GAP = r"[ \t]*[:=.,]?[ \t]*"
# Words before the name of a person.
_SALUTATION = (
    r"\b(?:bapak|bpk|bp|pak|ibu|bu|sdr|sdri|saudara|saudari|mas|mbak|mba|kang|teh|bang|om|tante|tn|tuan|ny|nyonya"
    r"|ustadz?|ust|pendeta|romo|haji|hj|dokter|dr|drg|drs|dra|bidan|suster|perawat|almarhumah?|alm|oknum)\b\.?"
)
_INTRODUCTION = (
    r"\bnama(?:\s+(?:saya|sy|aku|lengkap|pelapor|pemohon|ibu|ayah|suami|istri|anak))*"
    r"|\bbernama|\batas\s+nama|\ba\.?\s?[n/]\.?n?\b\.?"
    r"|\b(?:pelapor|pemohon|pengirim|korban|pasien|contact\s+person|cp|kontak|hubungi|narahubung|inisial)\b"
    r"|\b(?:suami|istri|isteri|anak|ayah|bapak|ibu|adik|kakak|kakek|nenek|mertua|tetangga|teman|saudara|orang\s?tua)"
    r"(?:\s+(?:saya|kami|sy|aku))\b"
)
_OWN_NAME = r"\b(?:saya|sy|aku|perkenalkan)\b"
# Functions whose holders are named by citizens. In small letters the next words are hardly a name.
_FUNCTION = re.compile(
    r"\b(?:guru|kepsek|kepala\s+sekolah|kades|kadus|kepala\s+(?:desa|dusun)|lurah|camat|bupati|wali\s?kota|sekdes|kasi|kabid"
    r"|bendahara)\b",
    re.IGNORECASE,
)
# `saya joko susilo warga …`: two words in small letters, and then words about the person.
_SMALL_OWN_NAME = re.compile(
    r"(?:^|[.,!\n]\s*)(?:saya|sy|aku)\s+(?P<name>[a-z]+\s[a-z]+)(?=\s*,|\s+(?:warga|dari|asal|selaku|umur|usia)\b)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"(?:\bhormat\s+(?:kami|saya)|\bttd|\bsalam(?:\s+hormat)?|\bwassalam\w*|\bterima\s?kasih[^.,\n]*|\btrims|\btks)"
    rf"[\s.,:;\u2013\u2014-]+(?P<name>(?!hormat|salam){_WORD}(?:[ ]{_WORD}){{0,3}})(?=\s*(?:$|[.,\n(]))",
    re.IGNORECASE,
)
_BEFORE_NAME = (
    (re.compile(_SALUTATION, re.IGNORECASE), True),
    (re.compile(_INTRODUCTION, re.IGNORECASE), True),
    (re.compile(_OWN_NAME, re.IGNORECASE), False),
)
_ADDRESS_OF_NET = re.compile(
    r"[\w.+-]{2,64}[ \t]{1,3}[@\uff20][ \t]{0,3}[\w-]{1,63}[ \t]?\.[ \t]?[a-z]{2,63}(?:\.[\w-]{2,63}){0,8}"
    r"|\b(?:t|wa|m)\.me/\S+"
    r"|\S{1,99}(?:[@\uff20]|\s?[(\[{]\s?at\s?[)\]}]\s?)\S+|[@\uff20]\w[\w.-]*"
    r"|\b(?:https?://|www\.)\S+|\b[\w-]{2,63}(?:\.[\w-]{2,63}){0,8}\.(?:com|net|org|id|me|ly|gl|io|co|link|site|xyz)\b(?:/\S*)?"
    r"|\b(?:ig|fb|facebook|instagram|tiktok|twitter|telegram)\s*[:=]\s*\S+"
    # A name of an account without a colon: letters with a digit or a low line.
    r"|\b(?:ig|fb|facebook|instagram|tiktok|twitter|telegram)(?:\s{1,3}(?:saya|sy|aku|kami))?\s{1,3}"
    r"(?=[\w.]{0,30}[\d_])(?=[\w.]{0,30}[a-z])[\w.]{4,40}",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\+?\(?\d(?:[\d ().-]*\d)?")
_MIN_PERSONAL_DIGITS = 6
# Telephone numbers with any marks, or a line break, between their groups or their digits. A date or a time begins with
# a shorter group.
_BETWEEN_DIGITS = r"[\s().,/_*'\u2019\u00b7\u2010-\u2015\u2212-]"
_PHONE = re.compile(
    rf"(?<!\d)(?<!\d[.,/-])(?:(?=\+?62|0\d\d)\+?\d(?:{_BETWEEN_DIGITS}{{0,3}}\d){{8,13}}|0(?:{_BETWEEN_DIGITS}\d){{8,13}})(?!\d)"
)
# `150.000.000` is an amount. Longer numbers in groups of three may be anything.
_MAX_AMOUNT_DIGITS = 9
_CURRENCY = re.compile(r"(?:rp|idr)\.?\s*$", re.IGNORECASE)
_CURRENCY_AFTER = re.compile(r"\s*(?:rupiah|ribu|juta|jt|rb|miliar|milyar|ton|kg|meter|persen|%)", re.IGNORECASE)
_GROUPED_AMOUNT = re.compile(r"\d{1,3}(?:\.\d{3})+")
_DATE = re.compile(r"\d{1,2}[ .-]\d{1,2}[ .-]\d{2,4}|(?:19|20)\d\d(?: ?- ?(?:19|20)\d\d)?")
_PLATE = re.compile(r"\b[A-Z]{1,2}[ -]?\d{1,4}[ -]?[A-Z]{1,3}\b")
_UNIT_OF_HOUSE = re.compile(
    r"\b(?P<label>r[tw]\.?|rukun\s+(?:tetangga|warga)|blok|block|kav(?:ling|eling)?\.?|kamar|unit)[ .:]*"
    r"(?P<value>(?:[a-z]{0,2}\s?-?\d+[a-z]?|[ivx]{1,5}|[a-z]{1,2})(?:\s?[/.-]\s?[a-z]{0,2}\d+[a-z]?){0,2})\b",
    re.IGNORECASE,
)
_HOUSE_NUMBER = re.compile(
    r"(?P<label>\b(?:no|nomor|nomer|nmr)\b[ .:]*)(?P<value>[a-z]{0,2}-?\d{1,4}(?:\s?[a-z]\b)?(?:[/-]\d{1,3})?[a-z]?)\b",
    re.IGNORECASE,
)
# A law has a number, too.
_LAW = re.compile(
    r"(?:\bUU|undang|perda|perpres|permen\w*|perbup|perwal|pergub|\bPP|keputusan|pasal|ayat|\bsk|instruksi)\W*(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_YEAR_AFTER = re.compile(r"\s*(?:tahun|th\.?|/)\s*(?:19|20)\d\d", re.IGNORECASE)
# Numbers of schools, health centres, counters.
_SCHOOL = re.compile(
    r"\b(?:sd|smp|sma|smk|sdn|smpn|sman|smkn|negeri|tk|mi|mts|ma|loket|pasar|pos|posko)\W*$", re.IGNORECASE
)
_STREET_NUMBER = re.compile(
    rf"\b(?:jl|jln|jalan)\b\.?[ ]+(?:{_WORD}[ ]+){{1,4}}(?P<value>\d{{1,4}}[a-z]?)\b", re.IGNORECASE
)
_NOT_HOUSE_BEFORE = re.compile(
    r"\b(?:km|kilometer|sejak|tahun|tgl|tanggal|pukul|jam|ada|sudah|selama)\s+$", re.IGNORECASE
)
_LONGEST_WORD_BEFORE = 40
_NOT_HOUSE_AFTER = re.compile(
    r"\s*(?:hari|minggu|bulan|tahun|jam|meter|m\b|km|orang|kali|unit|titik|lubang|rumah|warga|kk\b|menit|ribu|juta|%)",
    re.IGNORECASE,
)
_NAME_BEFORE_NUMBER = re.compile(r"(?P<name>[A-Z]\w+(?: [A-Z]\w+){0,3})[ (:,-]{1,4}$")


# `No. 12 RT 03 RW 05` is one address.
_ADJACENT_HOUSE = re.compile(rf"{re.escape(HOUSE)}(?:[\s/,]*(?:{re.escape(HOUSE)}|{re.escape(NUMBER)}))+")


class Span(NamedTuple):
    """A part of a text to be masked, and what stands there instead."""

    start: int
    end: int
    mask: str


# Returns the spans that the reader of entities takes for personal.
FindPersonal = Callable[[str], Iterable[Span]]
# Returns True if a word may be a part of a person's name.
MayBeName = Callable[[str], bool]
# Returns the positions of the names of regions.
FindRegions = Callable[[str], Iterable[range]]


class PublicMask:
    """Masks texts. `find_personal` and `may_be_name` come from the reader of entities of the normalizer."""

    def __init__(self, find_personal: FindPersonal, may_be_name: MayBeName, find_regions: FindRegions) -> None:
        self._find_personal = find_personal
        self._may_be_name = may_be_name
        self._find_regions = find_regions

    def __call__(self, text: str) -> str:
        """Return the text with every personal part replaced."""
        numbers = [*_net_spans(text), *_number_spans(text), *_house_spans(text)]
        spans = [*self._find_personal(text), *numbers, *self._names(text), *self._names_before(text, numbers)]
        spans += self._names_of_functions(text)
        return _ADJACENT_HOUSE.sub(HOUSE, _replaced(text, spans))

    def _names(self, text: str) -> Iterator[Span]:
        for pattern, may_be_small in _BEFORE_NAME:
            for match in pattern.finditer(text):
                gap = re.compile(_GAP).match(text, match.end())
                start = gap.end() if gap else match.end()
                if end := self._name_end(text, start, may_be_small=may_be_small):
                    yield Span(start, end, NAME)
        for match in _SMALL_OWN_NAME.finditer(text):
            if all(self._may_be_name(word) for word in match["name"].casefold().split()):
                yield Span(*match.span("name"), NAME)
        for match in _SIGNATURE.finditer(text):
            words = match["name"].split()
            if words[0][:1].isupper() and self._may_be_name(words[-1].rstrip(".").casefold()):
                yield Span(*match.span("name"), NAME)

    def _names_of_functions(self, text: str) -> Iterator[Span]:
        """Yield the names after functions: `Lurah Joko Widodo`. The place in `Camat Tembalang` is none."""
        functions = [(match.end() + 1, text[match.end() : match.end() + 1]) for match in _FUNCTION.finditer(text)]
        in_region = {position for region in self._find_regions(text) for position in region} if functions else set()
        for start, gap in functions:
            if gap == " " and start not in in_region and (end := self._name_end(text, start, may_be_small=False)):
                yield Span(start, end, NAME)

    def _name_end(self, text: str, start: int, *, may_be_small: bool) -> int:
        """Return the end of the name that begins at `start`; 0 if none does."""
        end, words, capitalised = 0, 0, text[start : start + 1].isupper()
        position = start
        while words < (_MAX_NAME_WORDS if capitalised else _MAX_SMALL_NAME_WORDS):
            match = _WORDS.match(text, position)
            if match is None or not self._continues(match.group(), capitalised=capitalised, may_be_small=may_be_small):
                break
            end, words = match.end(), words + 1
            if text[end : end + 1] != " ":
                break
            position = end + 1
        # The full stop of a sentence is no part of the name.
        return end - 1 if end and text[end - 1] == "." else end

    def _continues(self, word: str, *, capitalised: bool, may_be_small: bool) -> bool:
        if word[0].isupper() != capitalised or not (capitalised or may_be_small):
            return False
        return self._may_be_name(word.rstrip(".").casefold())

    def _names_before(self, text: str, numbers: Iterable[Span]) -> Iterator[Span]:
        """Yield the capitalised words directly before a number or an address of the net: `Wulan 0896…`."""
        for span in numbers:
            if span.mask != NUMBER:
                continue
            match = _NAME_BEFORE_NUMBER.search(text, max(0, span.start - 100), span.start)
            if match and all(self._may_be_name(word.casefold()) for word in match["name"].split()):
                yield Span(*match.span("name"), NAME)


def _net_spans(text: str) -> Iterator[Span]:
    for match in _ADDRESS_OF_NET.finditer(text):
        end = match.end()
        while end > match.start() + 1 and text[end - 1] in ".,;:!?)":
            end -= 1
        yield Span(match.start(), end, NUMBER)


def _number_spans(text: str) -> Iterator[Span]:
    """Yield numbers with as many digits as a person's have, except amounts and dates; and plates."""
    for match in _DIGITS.finditer(text):
        written = match.group()
        digits = sum(character.isdigit() for character in written)
        if digits < _MIN_PERSONAL_DIGITS or _DATE.fullmatch(written.strip("()")):
            continue
        if not _is_amount(text, match) and not (_GROUPED_AMOUNT.fullmatch(written) and digits <= _MAX_AMOUNT_DIGITS):
            yield Span(*match.span(), NUMBER)
    for match in _PHONE.finditer(text):
        if not _is_amount(text, match):
            yield Span(*match.span(), NUMBER)
    for match in _PLATE.finditer(text):
        yield Span(*match.span(), NUMBER)


def _is_amount(text: str, number: re.Match[str]) -> bool:
    before = _CURRENCY.search(text, max(0, number.start() - 6), number.start())
    return bool(before or _CURRENCY_AFTER.match(text, number.end()))


def _house_spans(text: str) -> Iterator[Span]:
    for match in _UNIT_OF_HOUSE.finditer(text):
        yield Span(*match.span("value"), HOUSE)
    for match in _HOUSE_NUMBER.finditer(text):
        before = text[max(0, match.start() - 60) : match.start()]
        if not (_LAW.search(before) or _SCHOOL.search(before) or _YEAR_AFTER.match(text, match.end())):
            yield Span(*match.span("value"), HOUSE)
    for match in _STREET_NUMBER.finditer(text):
        start, end = match.span("value")
        is_preceded = _NOT_HOUSE_BEFORE.search(text, max(0, start - _LONGEST_WORD_BEFORE), start)
        if not (is_preceded or _NOT_HOUSE_AFTER.match(text, end)):
            yield Span(start, end, HOUSE)


def _replaced(text: str, spans: Iterable[Span]) -> str:
    """Return the text with the spans replaced. Of overlapping ones, the first and longest names the mask."""
    parts, position = [], 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.end <= position:
            continue
        if span.start >= position:
            parts += [text[position : span.start], span.mask]
        position = span.end
    return "".join([*parts, text[position:]])
