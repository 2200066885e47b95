"""Finds in a letter whom it is addressed to: one letter to three offices is one matter. Pure."""

import re
from collections.abc import Iterator

_OPENING = re.compile(r"\b(?:yth|(?:yang|yg) terhormat)\b[\s.,:;]*", re.IGNORECASE)
_BEFORE = re.compile(r"\b(?:kepada|kpd)[\s.,:;]*\Z", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['.-][^\W_]+)*")
# What is said begins here, however it is punctuated.
_SAYS = frozenset(
    (
        *("saya", "sy", "aku", "kami", "kita", "mohon", "mhn", "dengan", "dgn", "tolong", "tlg", "bersama", "apakah"),
        *("kenapa", "mengapa", "kapan", "mau", "untuk", "utk", "agar", "supaya", "assalamualaikum", "perihal", "hal"),
        *("sehubungan", "selamat", "salam", "terkait", "lapor", "melaporkan", "melapor", "ingin", "sudah", "sdh"),
        *("jalan", "jln", "jl", "lampu", "sampah", "banjir", "disini", "nomor", "bahwa", "ini", "nama", "alangkah"),
    )
)
# A full stop behind these ends no sentence.
_SHORT = frozenset(
    (
        *("bpk", "bp", "kab", "kec", "kel", "prov", "dr", "drs", "ir", "h", "hj", "prof", "kep", "ka", "kadis", "jend"),
        *("bid", "dir", "sdr", "st", "jenderal", "no"),
    )
)
_MOST = 14


def addressed(text: str) -> Iterator[tuple[int, int]]:
    """Where it is said whom the text is for: `Yth. Bapak Bupati …`, up to the sentence that follows; start and end."""
    for opening in _OPENING.finditer(text):
        before = _BEFORE.search(text, max(0, opening.start() - 12), opening.start())
        yield before.start() if before else opening.start(), _end(text, opening.end())


def _end(text: str, start: int) -> int:
    end = start
    for number, word in enumerate(_WORD.finditer(text, start)):
        between = text[end : word.start()]
        if number == _MOST:
            return start
        if word.group().lower() in _SAYS or (number and _ends(between, text[start:end])):
            break
        end = word.end()
    return end


def _ends(between: str, said: str) -> bool:
    """Whether a sentence or line ends between two words."""
    sign = between.strip(" ")[:1]
    if not sign or sign in "/&-(":
        return False
    return sign != "." or said.rpartition(" ")[2].lower().rpartition(".")[2] not in _SHORT
