"""Reads when: dates, months and years, times of day, and words that count from the day of writing (kemarin, senin).

Days come before months, as they are written in Indonesia. What a relative word means is not worked out.
"""

import re
from collections.abc import Callable, Mapping

from normalize.entities.entity import EntityKind
from normalize.entities.scan import Scan

Reader = Callable[[Scan, int], int]
_MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            ("januari", "jan", "january"),
            ("februari", "feb", "febr", "pebruari", "febuari", "february"),
            ("maret", "mar", "mrt", "march"),
            ("april", "apr"),
            ("mei", "may"),
            ("juni", "jun", "june"),
            ("juli", "jul", "july"),
            ("agustus", "agt", "agu", "ags", "agst", "agust", "aug", "august"),
            ("september", "sept", "sep"),
            ("oktober", "okt", "oct", "october"),
            ("november", "nov", "nopember", "nop"),
            ("desember", "des", "dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_NUMERIC = re.compile(r"([0-9]{1,2}) ?([-/.]) ?([0-9]{1,2}) ?\2 ?([0-9]{4}|[0-9]{2})(?![0-9])(?!\.[0-9])")
_ISO = re.compile(r"(20[0-9]{2})-([0-9]{1,2})-([0-9]{1,2})(?![0-9])")
_TIME = re.compile(r"([0-9]{1,2})(?:[.:]([0-9]{2})(?![0-9]))?")
_CLOCK = re.compile(r"([0-9]{1,2})([.:])([0-9]{2})(?![0-9])(?: ?(wib|wita|wit)\b)?", re.IGNORECASE)
_CLOSE = frozenset((" ", "", "-", "/", ".", ". ", ", ", " - ", "  "))
_LINKED = frozenset((" ", "", ".", ". ", ":", ": ", " : "))
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
# Two digits: later than this is of the last century.
_CENTURY = 50
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_HOURS, _MINUTES, _NOON = 24, 60, 12
_YEAR_DIGITS = 4
_DAYS_OF_WEEK = {
    "senin": "senin",
    "selasa": "selasa",
    "rabu": "rabu",
    "kamis": "kamis",
    "jumat": "jumat",
    "jum": "jumat",
    "sabtu": "sabtu",
    "ahad": "minggu",
}
_RELATIVE = {"kemarin": "kemarin", "kemaren": "kemarin", "kmrn": "kemarin", "kmren": "kemarin", "kemrin": "kemarin"} | {
    word: word for word in ("besok", "lusa", "semalam", "barusan")
}
_PARTS = {
    "pagi": "pagi",
    "siang": "siang",
    "sore": "sore",
    "malam": "malam",
    "mlm": "malam",
    "malem": "malam",
    "dini": "pagi",
}
_LAST = frozenset(("lalu", "kemarin", "kemaren", "kmrn", "ini", "depan"))
_YEARS = frozenset(("tahun", "thn", "th"))


def numeric(scan: Scan, at: int) -> int:
    """`12/3/17`, `12-03-2017`, `2017-03-12`, `12 Maret 2017`, `20APRIL`, `21.00 wib`; `at` is a number."""
    if scan.word(at + 1).isdecimal():
        return _in_figures(scan, at)
    month = _MONTHS.get(scan.word(at + 1)) if len(scan.words[at]) <= 2 else None  # noqa: PLR2004 - digits of a day
    if month is None or scan.gaps[at + 1] not in _CLOSE:
        return 0
    year = _year(scan, at + 2)
    value = _date(scan.words[at], month, year)
    return scan.add(EntityKind.DATE, value, at, at + 3 if year else at + 2) if value else 0


def _in_figures(scan: Scan, at: int) -> int:
    text, start = scan.text, scan.starts[at]
    if match := _NUMERIC.match(text, start):
        value = _date(match.group(1), int(match.group(3)), match.group(4))
        return _noted(scan, EntityKind.DATE, value, at, match.end())
    if match := _ISO.match(text, start):
        value = _date(match.group(3), int(match.group(2)), match.group(1))
        return _noted(scan, EntityKind.DATE, value, at, match.end())
    if (match := _CLOCK.match(text, start)) and (match.group(2) == ":" or match.group(4)):
        return _noted(scan, EntityKind.TIME, _time(match.group(1), match.group(3), ""), at, match.end())
    return 0


def day(scan: Scan, at: int) -> int:
    """`tgl 24`, where no month follows: only the day. `at` is the word for date."""
    first = at + 1
    if first >= len(scan.words) or scan.gaps[first] not in _LINKED or not scan.words[first][0].isascii():
        return 0
    if end := numeric(scan, first) if scan.words[first][0].isdecimal() else 0:
        return end
    word = scan.words[first]
    if word.isdecimal() and len(word) <= 2 and 1 <= int(word) <= max(_DAYS):  # noqa: PLR2004 - digits of a day
        return scan.add(EntityKind.DATE, f"---{int(word):02}", first, first + 1)
    return 0


def month(scan: Scan, at: int) -> int:
    """`Desember 2017`, `bulan Maret`; a name of a month alone may be anybody's."""
    number = _MONTHS[scan.words[at]]
    # The day before it was none of this month.
    if at and scan.words[at - 1].isdecimal() and scan.gaps[at] in _CLOSE:
        return 0
    if year := _year(scan, at + 1):
        return scan.add(EntityKind.DATE, f"{_full(year)}-{number:02}", at, at + 2)
    if at and scan.words[at - 1] in {"bulan", "bln", "bl"} and scan.gaps[at] in _LINKED:
        return scan.add(EntityKind.DATE, f"--{number:02}", at, at + 1)
    return 0


def year(scan: Scan, at: int) -> int:
    """`tahun 2017`, but not of a law (`No. 12 Tahun 2017`); `tahun lalu`."""
    if scan.word(at + 1) in _LAST:
        return ago(scan, at)
    lawful = at > 1 and scan.words[at - 1].isdecimal() and scan.words[at - 2] in {"no", "nomor", "nomer"}
    digits = _year(scan, at + 1)
    return scan.add(EntityKind.DATE, digits, at, at + 2) if len(digits) == _YEAR_DIGITS and not lawful else 0


def hour(scan: Scan, at: int) -> int:
    """`jam 8.30`, `pukul 8 malam`; `at` is the word for hour."""
    first = at + 1
    if first >= len(scan.words) or scan.gaps[first] not in _LINKED:
        return 0
    match = _TIME.match(scan.text, scan.starts[first])
    if not match:
        return 0
    end = scan.after(first, match.end())
    end += scan.word(end) in {"wib", "wita", "wit"}
    part = _PARTS.get(scan.word(end), "") if end < len(scan.words) and scan.gaps[end] == " " else ""
    value = _time(match.group(1), match.group(2) or "00", part)
    return scan.add(EntityKind.TIME, value, at, end + bool(part)) if value else 0


def relative(scan: Scan, at: int) -> int:
    """`kemarin`, `kemarin malam`, `besok pagi`."""
    return _with_part(scan, _RELATIVE[scan.words[at]], at, at + 1)


def today(scan: Scan, at: int) -> int:
    """`hari ini`, `hari Minggu`; `pagi ini`, `tadi malam`."""
    word, following = scan.words[at], scan.word(at + 1)
    if not following or scan.gaps[at + 1] not in {" ", "("}:
        return 0
    if word == "tadi":
        part = _PARTS.get(following)
        return scan.add(EntityKind.WHEN, f"hari ini {part}", at, at + 2) if part else 0
    if word == "hari":
        if following in {"ini", "ni"}:
            return _with_part(scan, "hari ini", at, at + 2)
        return scan.add(EntityKind.WHEN, "minggu", at + 1, at + 2) if following == "minggu" else 0
    return scan.add(EntityKind.WHEN, f"hari ini {_PARTS[word]}", at, at + 2) if following == "ini" else 0


def ago(scan: Scan, at: int) -> int:
    """`minggu lalu`, `bulan kemarin`, `minggu ini`."""
    following = scan.word(at + 1)
    skip = following in {"yang", "yg"}
    which = scan.word(at + 1 + skip)
    if which not in _LAST or scan.gaps[at + 1] != " ":
        return 0
    which = "lalu" if which.startswith("k") else which
    return scan.add(EntityKind.WHEN, f"{_SPANS[scan.words[at]]} {which}", at, at + 2 + skip)


def weekday(scan: Scan, at: int) -> int:
    """`Senin`, `Jum'at`."""
    name = _DAYS_OF_WEEK[scan.words[at]]
    split = scan.words[at] == "jum"
    if split and (scan.word(at + 1) != "at" or scan.gaps[at + 1] not in {"'", "\u2019", "`", " "}):
        return 0
    return _with_part(scan, name, at, at + 1 + split)


def _with_part(scan: Scan, value: str, at: int, end: int) -> int:
    part = _PARTS.get(scan.word(end), "") if end < len(scan.words) and scan.gaps[end] == " " else ""
    return scan.add(EntityKind.WHEN, f"{value} {part}" if part else value, at, end + bool(part))


def _year(scan: Scan, at: int) -> str:
    word = scan.word(at)
    if not word.isdecimal() or not word.isascii() or scan.gaps[at] not in _CLOSE:
        return ""
    if len(word) == _YEAR_DIGITS:
        return word if _FIRST_YEAR <= int(word) < _LAST_YEAR else ""
    # Two digits are a year only right behind a stroke (12-Mar-17).
    return word if len(word) == 2 and scan.gaps[at] in {"-", "/", "."} else ""  # noqa: PLR2004


def _full(year: str) -> str:
    if len(year) == _YEAR_DIGITS:
        return year
    return f"19{year}" if int(year) > _CENTURY else f"20{year}"


def _date(day: str, month: int, year: str) -> str:
    """ISO 8601, a missing year as `-`; nothing when there is no such day."""
    number = int(day)
    if not 1 <= month <= len(_DAYS) or not 1 <= number <= _DAYS[month - 1]:
        return ""
    return f"{_full(year) if year else '-'}-{month:02}-{number:02}"


def _time(hours: str, minutes: str, part: str) -> str:
    hour, minute = int(hours), int(minutes)
    if hour > _HOURS or minute >= _MINUTES:
        return ""
    if (part in {"sore", "malam"} and hour < _NOON) or (part == "siang" and hour <= 4):  # noqa: PLR2004 - 1 to 4 o'clock
        hour += _NOON
    elif part == "malam" and hour == _NOON:
        hour = 0
    return f"{hour % _HOURS:02}:{minute:02}"


def _noted(scan: Scan, kind: EntityKind, value: str, at: int, position: int) -> int:
    return scan.add(kind, value, at, scan.after(at, position)) if value else 0


_SPANS = {"minggu": "minggu", "mgg": "minggu", "pekan": "minggu", "bulan": "bulan", "bln": "bulan"} | dict.fromkeys(
    _YEARS, "tahun"
)
READERS: Mapping[str, Reader] = {
    **dict.fromkeys(_MONTHS, month),
    **dict.fromkeys(_SPANS, ago),
    **dict.fromkeys(_YEARS, year),
    **dict.fromkeys(("tgl", "tanggal", "tggl", "pertanggal"), day),
    **dict.fromkeys(("jam", "pukul", "pkl", "jm"), hour),
    **dict.fromkeys(_RELATIVE, relative),
    **dict.fromkeys(("hari", "tadi", "pagi", "siang", "sore", "malam"), today),
    **dict.fromkeys(_DAYS_OF_WEEK, weekday),
}
