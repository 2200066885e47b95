"""Reads amounts of money and measures: `Rp 1.500.000`, `1,5 juta`, `3 hari`, `dua minggu`, `2x24 jam`."""

import re
from collections.abc import Mapping
from decimal import Decimal

from normalize.entities.entity import EntityKind
from normalize.entities.name_words import NUMBERS
from normalize.entities.text_scan import EntityReader, TextScan

# 1.500.000,00 · 1,500,000.00 · 1500000 · 1,5
_NUMBER = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{3}){1,4}(?:,[0-9]{1,2})?(?![0-9])"
    r"|[0-9]{1,3}(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,2})?(?![0-9])"
    r"|[0-9]{1,15}(?:[.,][0-9]{1,3})?(?![0-9])"
)
_TIMES = re.compile(r"([0-9]{1,3}) ?[xX\u00d7*] ?([0-9]{1,3})(?![0-9])")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]{1,2})?")
_UNITS = {
    "hari": ("hari", "hr", "hri"),
    "minggu": ("minggu", "mgg", "pekan"),
    "bulan": ("bulan", "bln"),
    "tahun": ("tahun", "thn", "th"),
    "jam": ("jam",),
    "menit": ("menit", "mnt"),
    "detik": ("detik",),
    "kali": ("kali", "x"),
    "km": ("km", "kilometer", "kilo"),
    "meter": ("meter", "m", "mtr"),
    "cm": ("cm", "senti", "sentimeter"),
    "kg": ("kg", "kilogram"),
    "gram": ("gram", "gr"),
    "ton": ("ton",),
    "liter": ("liter", "ltr"),
    "orang": ("orang", "org"),
    "rumah": ("rumah", "rmh"),
    "kk": ("kk",),
    "unit": ("unit",),
    "titik": ("titik",),
    "lubang": ("lubang",),
    "tiang": ("tiang",),
    "buah": ("buah", "bh"),
    "watt": ("watt", "va"),
    "persen": ("persen",),
    "tabung": ("tabung", "tbg"),
    "pohon": ("pohon",),
    "siswa": ("siswa", "murid"),
}
UNITS: Mapping[str, str] = {short: unit for unit, shorts in _UNITS.items() for short in shorts}
_FACTORS = {
    **dict.fromkeys(("rb", "ribu", "rbu", "k"), 1_000),
    **dict.fromkeys(("jt", "juta", "jta"), 1_000_000),
    **dict.fromkeys(("milyar", "miliar", "mlyr"), 1_000_000_000),
}
_SINGLE_MEASURES = {
    **{f"se{unit}": f"1 {unit}" for unit in ("hari", "minggu", "bulan", "tahun", "jam")},
    "sepekan": "1 minggu",
}
_COST_WORDS = frozenset(("sebesar", "seharga", "bayar", "biaya", "tarif", "denda", "iuran", "harga", "membayar"))
# After a word for costs, a longer number is an amount; `1000` may be a count.
_MAX_COUNT_LENGTH = 4
_YEAR_DIGITS = 4
# After a digit and one of these, a number continues.
_WITHIN_NUMBER_GAPS = frozenset(("", ".", ","))
_TIMES_SIGNS = frozenset(("*", "\u00d7"))
_CURRENCY_GAPS = frozenset((" ", "", ".", ". ", ":", ": ", " :", " : "))
_UNIT_GAPS = frozenset((" ", "", "-"))
_FACTOR_GAPS = frozenset((" ", "", ".", "-"))
# After thousands, these units are not counted: the number is an amount of money.
_NEVER_IN_THOUSANDS = frozenset(("kali", "km", "meter"))


def read_amount(scan: TextScan, index: int) -> int:
    """Read `Rp 1.500.000,-`, `Rp 18 ribu`; `index` is the `Rp`."""
    first = index + 1
    if first >= len(scan.words) or scan.gaps[first] not in _CURRENCY_GAPS:
        return 0
    match = _NUMBER.match(scan.text, scan.starts[first])
    if not match:
        return 0
    end = scan.index_after(first, match.end())
    factor = _factor(scan, end)
    return scan.add(EntityKind.AMOUNT, _rupiah(match.group(), factor or 1), index, end + bool(factor))


def read_counted_measure(scan: TextScan, index: int) -> int:
    """Read `3 hari`, `700rb`, `1,5 juta`, `2x24 jam`, `50%`; `index` is the number."""
    if _is_within_number(scan, index):
        return 0
    return _read_product(scan, index) or _read_number_with_unit(scan, index)


def _is_within_number(scan: TextScan, index: int) -> bool:
    """Return whether the number is the continuation of another one, or the second factor of a product."""
    if not index or scan.gaps[index] not in _WITHIN_NUMBER_GAPS:
        return False
    return scan.words[index - 1].isdecimal() or scan.words[index - 1] == "x"


def _read_product(scan: TextScan, index: int) -> int:
    """Read `2x24 jam`."""
    if scan.word(index + 1) != "x" and scan.gaps[index + 1].strip() not in _TIMES_SIGNS:
        return 0
    if not (match := _TIMES.match(scan.text, scan.starts[index])):
        return 0
    end = scan.index_after(index, match.end())
    if not (unit := UNITS.get(scan.word(end))):
        return 0
    return scan.add(EntityKind.MEASURE, f"{int(match.group(1))}x{int(match.group(2))} {unit}", index, end + 1)


def _read_number_with_unit(scan: TextScan, index: int) -> int:
    """Read a measure or an amount by the words after the number, or by a word for costs before it."""
    match = _NUMBER.match(scan.text, scan.starts[index])
    if not match:
        return 0
    number, end = match.group(), scan.index_after(index, match.end())
    if scan.text[match.end() : match.end() + 1] == "%":
        return scan.add(EntityKind.MEASURE, f"{_plain_decimal(number)} persen", index, end)
    if factor := _factor(scan, end):
        return _read_thousands(scan, index, end + 1, _rupiah(number, factor))
    if (unit := _unit(scan, end)) and not _is_year_of_law(scan, end):
        return scan.add(EntityKind.MEASURE, f"{_plain_decimal(number)} {unit}", index, end + 1)
    return _read_plain_amount(scan, index, end, number)


def _read_plain_amount(scan: TextScan, index: int, end: int, number: str) -> int:
    """Read `5000 rupiah`, and `bayar 50000` without a currency."""
    if scan.word(end) == "rupiah":
        return scan.add(EntityKind.AMOUNT, _rupiah(number, 1), index, end + 1)
    if index and scan.words[index - 1] in _COST_WORDS and len(number) > _MAX_COUNT_LENGTH:
        return scan.add(EntityKind.AMOUNT, _rupiah(number, 1), index, end)
    return 0


def read_spelled_measure(scan: TextScan, index: int) -> int:
    """Read `tiga hari`; `index` is the number word. Without a unit (`satu jalan`) it is no measure."""
    unit = _unit(scan, index + 1)
    return scan.add(EntityKind.MEASURE, f"{scan.small_number(index)} {unit}", index, index + 2) if unit else 0


def read_single_measure(scan: TextScan, index: int) -> int:
    """Read `sebulan`."""
    return scan.add(EntityKind.MEASURE, _SINGLE_MEASURES[scan.words[index]], index, index + 1)


def _read_thousands(scan: TextScan, index: int, end: int, value: str) -> int:
    """Read `10 ribu orang` as a measure, any other number of thousands as an amount of money."""
    unit = _unit(scan, end)
    # `20 ribu rumah sakit`: the amount, then a hospital.
    if unit and unit not in _NEVER_IN_THOUSANDS and scan.word(end) != "rumah":
        return scan.add(EntityKind.MEASURE, f"{value} {unit}", index, end + 1)
    return scan.add(EntityKind.AMOUNT, value, index, end + (scan.word(end) == "rupiah"))


def _unit(scan: TextScan, index: int) -> str:
    if index >= len(scan.words) or scan.gaps[index] not in _UNIT_GAPS:
        return ""
    # In `2 x 3`, x is a sign and no unit.
    is_product = scan.words[index] == "x" and scan.word(index + 1).isdecimal()
    return "" if is_product else UNITS.get(scan.words[index], "")


def _is_year_of_law(scan: TextScan, index: int) -> bool:
    """Return whether the unit is the word for year in the name of a law: `No. 12 Tahun 2017`."""
    following = scan.word(index + 1)
    return UNITS[scan.words[index]] == "tahun" and following.isdecimal() and len(following) == _YEAR_DIGITS


def _factor(scan: TextScan, index: int) -> int:
    if index >= len(scan.words) or scan.gaps[index] not in _FACTOR_GAPS:
        return 0
    return _FACTORS.get(scan.words[index], 0)


def _rupiah(number: str, factor: int) -> str:
    return str(int(_decimal(number) * factor))


def _plain_decimal(number: str) -> str:
    return f"{_decimal(number).normalize():f}"


def _decimal(number: str) -> Decimal:
    """Return the value: points group thousands (1.500.000), a comma or a single point begins the decimals (1,5)."""
    if grouped := _GROUPED.fullmatch(number):
        separator = grouped.group(1)
        number = number.replace(separator, "")
    return Decimal(number.replace(",", "."))


READERS: Mapping[str, EntityReader] = {
    **dict.fromkeys(("rp", "idr"), read_amount),
    **dict.fromkeys(NUMBERS, read_spelled_measure),
    **dict.fromkeys(_SINGLE_MEASURES, read_single_measure),
}
