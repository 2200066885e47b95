"""Reads dates, months, years, times of day, and words relative to the day of writing (kemarin, senin).

The day is before the month, as is usual in Indonesia. A relative word is not converted to a date.
"""

import re
from collections.abc import Mapping

from normalize.entities.entity import EntityKind
from normalize.entities.text_scan import EntityReader, TextScan

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
_DATE_GAPS = frozenset((" ", "", "-", "/", ".", ". ", ", ", " - ", "  "))
# A year of two digits is a year only after one of these (12-Mar-17).
_SHORT_YEAR_GAPS = frozenset(("-", "/", "."))
_INTRODUCING_GAPS = frozenset((" ", "", ".", ". ", ":", ": ", " : "))
_APOSTROPHE_GAPS = frozenset(("'", "\u2019", "`", " "))
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
# A year of two digits above this is in the last century.
_LAST_SHORT_YEAR = 50
_DAYS_OF_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MAX_DAY = 31
_HOURS_OF_DAY, _MINUTES_OF_HOUR, _NOON = 24, 60, 12
# `jam 4 siang` is 16:00; 5 to 11 siang stay as written.
_LAST_HOUR_AFTER_NOON = 4
_YEAR_DIGITS, _SHORT_YEAR_DIGITS, _MAX_DAY_DIGITS = 4, 2, 2
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
_RELATIVE_DAYS = {
    **dict.fromkeys(("kemarin", "kemaren", "kmrn", "kmren", "kemrin"), "kemarin"),
    "besok": "besok",
    "lusa": "lusa",
    "semalam": "semalam",
    "barusan": "barusan",
}
_PARTS_OF_DAY = {
    "pagi": "pagi",
    "siang": "siang",
    "sore": "sore",
    "malam": "malam",
    "mlm": "malam",
    "malem": "malam",
    "dini": "pagi",
}
# Canonical forms of the words in `minggu lalu`, `bulan kemarin`, `tahun ini`.
_RELATIONS = {"kemarin": "lalu", "kemaren": "lalu", "kmrn": "lalu", "lalu": "lalu", "ini": "ini", "depan": "depan"}
_YEAR_WORDS = ("tahun", "thn", "th")
_SPANS = {
    **dict.fromkeys(("minggu", "mgg", "pekan"), "minggu"),
    **dict.fromkeys(("bulan", "bln"), "bulan"),
    **dict.fromkeys(_YEAR_WORDS, "tahun"),
}


def read_numeric_date(scan: TextScan, index: int) -> int:
    """Read `12/3/17`, `12-03-2017`, `2017-03-12`, `12 Maret 2017`, `20APRIL`, `21.00 wib`; `index` is a number."""
    if scan.word(index + 1).isdecimal():
        return _read_date_in_figures(scan, index)
    month = _MONTHS.get(scan.word(index + 1)) if len(scan.words[index]) <= _MAX_DAY_DIGITS else None
    if month is None or scan.gaps[index + 1] not in _DATE_GAPS:
        return 0
    year = _year(scan, index + 2)
    value = _iso_date(scan.words[index], month, year)
    return scan.add(EntityKind.DATE, value, index, index + 3 if year else index + 2) if value else 0


def _read_date_in_figures(scan: TextScan, index: int) -> int:
    text, start = scan.text, scan.starts[index]
    if match := _NUMERIC.match(text, start):
        value = _iso_date(match.group(1), int(match.group(3)), match.group(4))
        return _add_if_valid(scan, EntityKind.DATE, value, index, match.end())
    if match := _ISO.match(text, start):
        value = _iso_date(match.group(3), int(match.group(2)), match.group(1))
        return _add_if_valid(scan, EntityKind.DATE, value, index, match.end())
    if (match := _CLOCK.match(text, start)) and (match.group(2) == ":" or match.group(4)):
        value = _time_of_day(match.group(1), match.group(3), "")
        return _add_if_valid(scan, EntityKind.TIME, value, index, match.end())
    return 0


def read_day(scan: TextScan, index: int) -> int:
    """Read `tgl 24` where no month follows: the day alone. `index` is the word for date."""
    first = index + 1
    if first >= len(scan.words) or scan.gaps[first] not in _INTRODUCING_GAPS:
        return 0
    word = scan.words[first]
    if not (word.isdecimal() and word[0].isascii()):
        return 0
    if end := read_numeric_date(scan, first):
        return end
    if len(word) <= _MAX_DAY_DIGITS and 1 <= int(word) <= _MAX_DAY:
        return scan.add(EntityKind.DATE, f"---{int(word):02}", first, first + 1)
    return 0


def read_month(scan: TextScan, index: int) -> int:
    """Read `Desember 2017`, `bulan Maret`. The name of a month alone may be a person's name."""
    number = _MONTHS[scan.words[index]]
    # A number directly before it was no day of this month, else the date would have been read with the day.
    if index and scan.words[index - 1].isdecimal() and scan.gaps[index] in _DATE_GAPS:
        return 0
    if year := _year(scan, index + 1):
        return scan.add(EntityKind.DATE, f"{_full_year(year)}-{number:02}", index, index + 2)
    if index and scan.words[index - 1] in {"bulan", "bln", "bl"} and scan.gaps[index] in _INTRODUCING_GAPS:
        return scan.add(EntityKind.DATE, f"--{number:02}", index, index + 1)
    return 0


def read_year(scan: TextScan, index: int) -> int:
    """Read `tahun 2017`, but not in the name of a law (`No. 12 Tahun 2017`); `tahun lalu`."""
    if scan.word(index + 1) in _RELATIONS:
        return read_relative_span(scan, index)
    year = _year(scan, index + 1)
    if len(year) != _YEAR_DIGITS or _is_year_of_law(scan, index):
        return 0
    return scan.add(EntityKind.DATE, year, index, index + 2)


def _is_year_of_law(scan: TextScan, index: int) -> bool:
    return index > 1 and scan.words[index - 1].isdecimal() and scan.words[index - 2] in {"no", "nomor", "nomer"}


def read_hour(scan: TextScan, index: int) -> int:
    """Read `jam 8.30`, `pukul 8 malam`; `index` is the word for hour."""
    first = index + 1
    if first >= len(scan.words) or scan.gaps[first] not in _INTRODUCING_GAPS:
        return 0
    match = _TIME.match(scan.text, scan.starts[first])
    if not match:
        return 0
    end = scan.index_after(first, match.end())
    end += scan.word(end) in {"wib", "wita", "wit"}
    part_of_day = _part_of_day(scan, end)
    value = _time_of_day(match.group(1), match.group(2) or "00", part_of_day)
    return scan.add(EntityKind.TIME, value, index, end + bool(part_of_day)) if value else 0


def read_relative_day(scan: TextScan, index: int) -> int:
    """Read `kemarin`, `kemarin malam`, `besok pagi`."""
    return _add_with_part_of_day(scan, _RELATIVE_DAYS[scan.words[index]], index, index + 1)


def read_today(scan: TextScan, index: int) -> int:
    """Read `hari ini`, `hari Minggu`; `pagi ini`, `tadi malam`."""
    word, following = scan.words[index], scan.word(index + 1)
    if not following or scan.gaps[index + 1] not in {" ", "("}:
        return 0
    if word == "tadi":
        part_of_day = _PARTS_OF_DAY.get(following)
        return scan.add(EntityKind.WHEN, f"hari ini {part_of_day}", index, index + 2) if part_of_day else 0
    if word == "hari":
        if following in {"ini", "ni"}:
            return _add_with_part_of_day(scan, "hari ini", index, index + 2)
        return scan.add(EntityKind.WHEN, "minggu", index + 1, index + 2) if following == "minggu" else 0
    return scan.add(EntityKind.WHEN, f"hari ini {_PARTS_OF_DAY[word]}", index, index + 2) if following == "ini" else 0


def read_relative_span(scan: TextScan, index: int) -> int:
    """Read `minggu lalu`, `minggu yang lalu`, `bulan kemarin`, `minggu ini`."""
    last = index + 2 if scan.word(index + 1) in {"yang", "yg"} else index + 1
    relation = _RELATIONS.get(scan.word(last))
    if relation is None or scan.gaps[index + 1] != " ":
        return 0
    return scan.add(EntityKind.WHEN, f"{_SPANS[scan.words[index]]} {relation}", index, last + 1)


def read_weekday(scan: TextScan, index: int) -> int:
    """Read `Senin`, `Jum'at`."""
    name, end = _DAYS_OF_WEEK[scan.words[index]], index + 1
    if scan.words[index] == "jum":
        if scan.word(end) != "at" or scan.gaps[end] not in _APOSTROPHE_GAPS:
            return 0
        end += 1
    return _add_with_part_of_day(scan, name, index, end)


def _add_with_part_of_day(scan: TextScan, value: str, index: int, end: int) -> int:
    """Add a relative day with the part of the day that may follow: `kemarin malam`."""
    part_of_day = _part_of_day(scan, end)
    value = f"{value} {part_of_day}" if part_of_day else value
    return scan.add(EntityKind.WHEN, value, index, end + bool(part_of_day))


def _part_of_day(scan: TextScan, index: int) -> str:
    return _PARTS_OF_DAY.get(scan.word(index), "") if scan.gap_before(index) == " " else ""


def _year(scan: TextScan, index: int) -> str:
    """Return the year of four or two digits at `index`; an empty string if there is none."""
    word = scan.word(index)
    if not word.isdecimal() or not word.isascii() or scan.gaps[index] not in _DATE_GAPS:
        return ""
    if len(word) == _YEAR_DIGITS:
        return word if _FIRST_YEAR <= int(word) < _LAST_YEAR else ""
    return word if len(word) == _SHORT_YEAR_DIGITS and scan.gaps[index] in _SHORT_YEAR_GAPS else ""


def _full_year(year: str) -> str:
    if len(year) == _YEAR_DIGITS:
        return year
    return f"19{year}" if int(year) > _LAST_SHORT_YEAR else f"20{year}"


def _iso_date(day: str, month: int, year: str) -> str:
    """Return the date as in ISO 8601, with `-` for a missing year; an empty string for an impossible day."""
    number = int(day)
    if not 1 <= month <= len(_DAYS_OF_MONTHS) or not 1 <= number <= _DAYS_OF_MONTHS[month - 1]:
        return ""
    return f"{_full_year(year) if year else '-'}-{month:02}-{number:02}"


def _time_of_day(hours: str, minutes: str, part_of_day: str) -> str:
    """Return `08:30`; an empty string for an impossible time. `part_of_day` tells 8 malam from 8 pagi."""
    hour, minute = int(hours), int(minutes)
    if hour > _HOURS_OF_DAY or minute >= _MINUTES_OF_HOUR:
        return ""
    return f"{_hour_of_day(hour, part_of_day) % _HOURS_OF_DAY:02}:{minute:02}"


def _hour_of_day(hour: int, part_of_day: str) -> int:
    if part_of_day == "malam" and hour == _NOON:
        return 0
    if part_of_day in {"sore", "malam"} and hour < _NOON:
        return hour + _NOON
    return hour + _NOON if part_of_day == "siang" and hour <= _LAST_HOUR_AFTER_NOON else hour


def _add_if_valid(scan: TextScan, kind: EntityKind, value: str, index: int, position: int) -> int:
    return scan.add(kind, value, index, scan.index_after(index, position)) if value else 0


READERS: Mapping[str, EntityReader] = {
    **dict.fromkeys(_MONTHS, read_month),
    **dict.fromkeys(_SPANS, read_relative_span),
    **dict.fromkeys(_YEAR_WORDS, read_year),
    **dict.fromkeys(("tgl", "tanggal", "tggl", "pertanggal"), read_day),
    **dict.fromkeys(("jam", "pukul", "pkl", "jm"), read_hour),
    **dict.fromkeys(_RELATIVE_DAYS, read_relative_day),
    **dict.fromkeys(("hari", "tadi", "pagi", "siang", "sore", "malam"), read_today),
    **dict.fromkeys(_DAYS_OF_WEEK, read_weekday),
}
