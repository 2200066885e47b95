"""Reads sums of money and things counted: `Rp 1.500.000`, `1,5 juta`, `3 hari`, `dua minggu`, `2x24 jam`."""

import re
from collections.abc import Mapping
from decimal import Decimal

from normalize.entities.entity import EntityKind
from normalize.entities.scan import Scan

# 1.500.000,00 · 1,500,000.00 · 1500000 · 1,5
NUMBER = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{3}){1,4}(?:,[0-9]{1,2})?(?![0-9])"
    r"|[0-9]{1,3}(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,2})?(?![0-9])"
    r"|[0-9]{1,15}(?:[.,][0-9]{1,3})?(?![0-9])"
)
_TIMES = re.compile(r"([0-9]{1,3}) ?[xX\u00d7*] ?([0-9]{1,3})(?![0-9])")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]{1,2})?")
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
_SINGLE = {
    **{f"se{unit}": f"1 {unit}" for unit in ("hari", "minggu", "bulan", "tahun", "jam")},
    "sepekan": "1 minggu",
}
_COST = frozenset(("sebesar", "seharga", "bayar", "biaya", "tarif", "denda", "iuran", "harga", "membayar"))
# 1.000: less is a count of something else.
_LEAST_SUM = 4
_YEAR = 4
# Behind these a number goes on; it does not begin.
_WITHIN = frozenset(("", ".", ","))
_BY = frozenset(("*", "\u00d7"))
_LEFT = frozenset((" ", "", ".", ". ", ":", ": ", " :", " : "))


def money(scan: Scan, at: int) -> int:
    """`Rp 1.500.000,-`, `Rp 18 ribu`; `at` is the `Rp`."""
    first = at + 1
    if first >= len(scan.words) or scan.gaps[first] not in _LEFT:
        return 0
    match = NUMBER.match(scan.text, scan.starts[first])
    if not match:
        return 0
    end = scan.after(first, match.end())
    factor = _factor(scan, end)
    return scan.add(EntityKind.AMOUNT, _rupiah(match.group(), factor or 1), at, end + bool(factor))


def counted(scan: Scan, at: int) -> int:
    """`3 hari`, `700rb`, `1,5 juta`, `2x24 jam`, `50%`; `at` is the number."""
    if at and scan.gaps[at] in _WITHIN and (scan.words[at - 1].isdecimal() or scan.words[at - 1] == "x"):
        return 0
    times = scan.word(at + 1) == "x" or scan.gaps[at + 1].strip() in _BY
    if times and (match := _TIMES.match(scan.text, scan.starts[at])):
        end = scan.after(at, match.end())
        if unit := UNITS.get(scan.word(end)):
            return scan.add(EntityKind.MEASURE, f"{int(match.group(1))}x{int(match.group(2))} {unit}", at, end + 1)
    match = NUMBER.match(scan.text, scan.starts[at])
    return _counts(scan, at, scan.after(at, match.end()), match) if match else 0


def _counts(scan: Scan, at: int, end: int, match: re.Match[str]) -> int:
    """What the words behind a number make of it."""
    number = match.group()
    if scan.text[match.end() : match.end() + 1] == "%":
        return scan.add(EntityKind.MEASURE, f"{_plain(number)} persen", at, end)
    if factor := _factor(scan, end):
        return _thousands(scan, at, end + 1, _rupiah(number, factor))
    if scan.word(end) == "rupiah":
        return scan.add(EntityKind.AMOUNT, _rupiah(number, 1), at, end + 1)
    if (unit := _unit(scan, end)) and not _of_law(scan, end):
        return scan.add(EntityKind.MEASURE, f"{_plain(number)} {unit}", at, end + 1)
    if at and scan.words[at - 1] in _COST and len(number) > _LEAST_SUM:
        return scan.add(EntityKind.AMOUNT, _rupiah(number, 1), at, end)
    return 0


def spelled(scan: Scan, at: int) -> int:
    """`tiga hari`; `at` is the number in words."""
    unit = _unit(scan, at + 1)
    # “satu jalan” and the like are no measure, “satu unit” says nothing.
    return scan.add(EntityKind.MEASURE, f"{scan.number(at)} {unit}", at, at + 2) if unit else 0


def single(scan: Scan, at: int) -> int:
    """`sebulan`."""
    return scan.add(EntityKind.MEASURE, _SINGLE[scan.words[at]], at, at + 1)


def _thousands(scan: Scan, at: int, end: int, value: str) -> int:
    """Thousands of something that is no money: `10 ribu orang`."""
    unit = _unit(scan, end)
    if unit and unit not in {"kali", "km", "meter"} and scan.word(end) != "rumah":
        return scan.add(EntityKind.MEASURE, f"{value} {unit}", at, end + 1)
    return scan.add(EntityKind.AMOUNT, value, at, end + (scan.word(end) == "rupiah"))


def _unit(scan: Scan, at: int) -> str:
    if at >= len(scan.words) or scan.gaps[at] not in {" ", "", "-"}:
        return ""
    # In 2 x 3 the x counts nothing.
    product = scan.words[at] == "x" and scan.word(at + 1).isdecimal()
    return "" if product else UNITS.get(scan.words[at], "")


def _of_law(scan: Scan, at: int) -> bool:
    """`No. 12 Tahun 2017`: the number is no span."""
    return UNITS[scan.words[at]] == "tahun" and scan.word(at + 1).isdecimal() and len(scan.word(at + 1)) == _YEAR


def _factor(scan: Scan, at: int) -> int:
    if at >= len(scan.words) or scan.gaps[at] not in {" ", "", ".", "-"}:
        return 0
    return _FACTORS.get(scan.words[at], 0)


def _rupiah(number: str, factor: int) -> str:
    return str(int(_decimal(number) * factor))


def _plain(number: str) -> str:
    return f"{_decimal(number).normalize():f}"


def _decimal(number: str) -> Decimal:
    """Points part thousands (1.500.000), a comma or a single point decimals (1,5)."""
    if grouped := _THOUSANDS.fullmatch(number):
        separator = grouped.group(1)
        number = number.replace(separator, "")
    return Decimal(number.replace(",", "."))


NUMBER_WORDS = ("satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh")
SINGLE = frozenset(_SINGLE)
