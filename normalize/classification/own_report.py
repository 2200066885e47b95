"""Recognises a message of a sender: about an own report, by its number or the time without a result, or about a place.

Institutions tell numbers and times too, in their answers: a phrase of `answers` in `kinds.csv` shows it. Pure.
"""

import re
from collections.abc import Sequence

# A number of SP4N-LAPOR!, or a tracking number of this service without its hyphens.
_NUMBER = re.compile(r"\d{6,10}|(?=.*\d)(?=.*[a-z])[\da-z]{12}")
_NUMBERED_WORDS = frozenset(("laporan", "lapor", "aduan", "pengaduan", "tracking", "id", "nomor", "no", "tiket"))
_MAX_WORDS_BEFORE_NUMBER = 4
# “Belum … 3 minggu”, “belum … sejak Maret”, “berbulan-bulan belum”.
_NOT_YET_WORDS = frozenset(("belum", "blm", "belom", "blom", "kunjung"))
_UNITS = frozenset(("jam", "hari", "minggu", "mgg", "pekan", "bulan", "bln", "tahun", "thn"))
_COUNTS = frozenset(
    ("satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "sepuluh", "beberapa", "berapa", "puluhan")
)
_TIMES = frozenset(("sejak", "semenjak", "seminggu", "sepekan", "sebulan", "setahun", "sehari", "seharian"))
_LONG_TIME = re.compile(r"ber(?:hari|minggu|bulan|tahun)(?:hari|minggu|bulan|tahun)?")


# “Melaporkan … di depan pasar”: a place that only a sender who was there names so. “Lapor” is the service's name too,
# so it counts as a verb only at the beginning.
_REPORTING_WORDS = frozenset(("melaporkan", "laporkan", "melapor"))
_OPENING_WORD = "lapor"
_INVITATIONS = frozenset(("yuk", "ayo", "mari", "kuy", "silakan", "silahkan", "jangan", "segera", "bisa", "dapat"))
_NEAR_PLACES = frozenset(
    (
        *("depan", "dekat", "seberang", "samping", "belakang", "simpang", "perempatan", "pertigaan"),
        *("kampung", "dusun", "gang", "gg", "rt", "rw", "blok", "km"),
    )
)


def tells_of_own_report(words: Sequence[str]) -> bool:
    """Return True for words that have the number of a report, or say since when nothing has happened."""
    return _has_report_number(words) or (not _NOT_YET_WORDS.isdisjoint(words) and _has_time(words))


def reports_near_place(words: Sequence[str]) -> bool:
    """Return True for words that report something at a place nearby, without inviting others to report."""
    has_verb = not _REPORTING_WORDS.isdisjoint(words) or words[:1] == [_OPENING_WORD]
    return has_verb and _INVITATIONS.isdisjoint(words) and not _NEAR_PLACES.isdisjoint(words)


def _has_report_number(words: Sequence[str]) -> bool:
    return any(
        _NUMBER.fullmatch(word)
        and not _NUMBERED_WORDS.isdisjoint(words[max(position - _MAX_WORDS_BEFORE_NUMBER, 0) : position])
        for position, word in enumerate(words)
    )


def _has_time(words: Sequence[str]) -> bool:
    return any(
        word in _TIMES or _LONG_TIME.fullmatch(word) or (word in _UNITS and position and _is_count(words[position - 1]))
        for position, word in enumerate(words)
    )


def _is_count(word: str) -> bool:
    return word.isdigit() or word in _COUNTS
