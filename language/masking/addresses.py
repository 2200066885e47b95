"""Finds house addresses: house number, block, unit, RT and RW. Streets and regions stay readable."""

import re
from collections.abc import Iterator

from language.masking.spans import Kind, PersonalSpan

_VALUE = r"[a-z]{0,2}[ -]?\d{1,4}(?:(?:[a-z]{1,2}|\s[a-z])(?![^\W_]))?(?:\s?[/-]\s?[a-z]{0,2}\d{1,4}[a-z]?){0,2}"
_UNIT = re.compile(
    r"(?<![^\W_])(?:(?:r[tw]|rukun\s(?:tetangga|warga))[ .:]{0,3}(?:\d{1,3}|[ivx]{1,5}(?![^\W_]))"
    r"(?:\s?[/.-]\s?(?:rw[ .:]{0,3})?\d{1,3})?"
    r"|(?:blok|block|blk|kav(?:ling|eling)?|kamar|unit|tower)[ .:]{0,3}"
    rf"(?:[a-z]{{1,2}}[ ]?/[ ]?\d{{1,3}}|[a-z]{{1,2}}\s(?=no|nomor|unit|lantai|lt)|{_VALUE}))",
    re.IGNORECASE,
)
_HOUSE_NUMBER = re.compile(
    rf"(?<![^\W_])(?:no|nomor|nomer|nmr|num)(?![^\W_])[ .:]{{0,3}}(?P<value>{_VALUE})(?:/\d{{1,4}})?(?![^\W_])",
    re.IGNORECASE,
)
_STREET_NUMBER = re.compile(
    r"(?<![^\W_])(?:jl|jln|jalan|gang|gg)(?![^\W_])\.?[ ]{1,2}"
    r"(?:[^\W\d_]{2,20}\.?[ ]){1,4}(?P<value>\d{1,4}[a-z]?)(?![^\W_])",
    re.IGNORECASE,
)
# Before a number that is no house: laws, letters, schools, counters, queues, routes.
_NO_HOUSE_BEFORE = re.compile(
    r"(?<![^\W_])(?:uud?|undang|perda|perpres|permen\w*|perbup|perwali?|pergub|pp|keputusan|keppres|inpres|peraturan"
    r"|pasal|ayat|sk|se|surat|instruksi|edaran|sdn?|smpn?|sman?|smkn?|negeri|tk|mi|mts|ma|loket|pasar|pos|posko|koridor|rute"
    r"|tiket|antrian|antrean|urut|gate|peron|bus|halte|tiang|gardu|perkara|putusan|register)(?![^\W_])\W*(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_YEAR_AFTER = re.compile(r"\s*(?:tahun|th\.?|/)\s*(?:19|20)\d\d", re.IGNORECASE)
_NO_STREET_NUMBER_BEFORE = re.compile(
    r"(?<![^\W_])(?:km|kilometer|sejak|tahun|tgl|tanggal|pukul|jam|ada|sudah|selama|koridor|lantai|gang|sekitar)\s$",
    re.IGNORECASE,
)
_COUNT_AFTER = re.compile(
    r"\s?(?:hari|minggu|bulan|tahun|thn|jam|meter|mtr|m|km|cm|orang|kali|unit|titik|lubang|rumah|warga|kk|menit|ribu|juta|rb|%"
    r"|tiang|x)(?![^\W_])|\s?%|[.,:]\d",
    re.IGNORECASE,
)
_CONTEXT = 60


def find_addresses(text: str) -> Iterator[PersonalSpan]:
    """Yield house numbers, blocks, units, RT and RW."""
    for match in _UNIT.finditer(text):
        yield PersonalSpan(*match.span(), Kind.ADDRESS)
    for match in _HOUSE_NUMBER.finditer(text):
        before = text[max(0, match.start() - _CONTEXT) : match.start()]
        is_law = _NO_HOUSE_BEFORE.search(before.rsplit(",", 1)[-1])
        if not (is_law or _YEAR_AFTER.match(text, match.end("value"))):
            yield PersonalSpan(*match.span(), Kind.ADDRESS)
    for match in _STREET_NUMBER.finditer(text):
        start, end = match.span("value")
        if not (
            _NO_STREET_NUMBER_BEFORE.search(text, max(0, start - _CONTEXT), start) or _COUNT_AFTER.match(text, end)
        ):
            yield PersonalSpan(start, end, Kind.ADDRESS)
