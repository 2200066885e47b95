"""Salutations in a letter: `Yth. Bapak Bupati …`.

One letter to three offices is one matter, so the addressee must not count as a difference. Pure.
"""

import re
from collections.abc import Iterator

_OPENING = re.compile(r"\b(?:yth|(?:yang|yg) terhormat)\b[\s.,:;]*", re.IGNORECASE)
_PREPOSITION = re.compile(r"\b(?:kepada|kpd)[\s.,:;]*\Z", re.IGNORECASE)
# Length (characters) of the text before the opening that may hold the preposition.
_PREPOSITION_REACH = 12
_WORD = re.compile(r"[^\W_]+(?:['.-][^\W_]+)*")
# Words that begin the message itself, with or without punctuation before them.
_MESSAGE_BEGINNINGS = frozenset(
    (
        *("saya", "sy", "aku", "kami", "kita", "mohon", "mhn", "dengan", "dgn", "tolong", "tlg", "bersama", "apakah"),
        *("kenapa", "mengapa", "kapan", "mau", "untuk", "utk", "agar", "supaya", "assalamualaikum", "perihal", "hal"),
        *("sehubungan", "selamat", "salam", "terkait", "lapor", "melaporkan", "melapor", "ingin", "sudah", "sdh"),
        *("jalan", "jln", "jl", "lampu", "sampah", "banjir", "disini", "nomor", "bahwa", "ini", "nama", "alangkah"),
    )
)
# A full stop behind one of these abbreviations ends no sentence.
_ABBREVIATIONS = frozenset(
    (
        *("bpk", "bp", "kab", "kec", "kel", "prov", "dr", "drs", "ir", "h", "hj", "prof", "kep", "ka", "kadis", "jend"),
        *("bid", "dir", "sdr", "st", "jenderal", "no"),
    )
)
# A salutation has at most this many words. With more, its end is unclear and nothing counts as salutation.
_MAX_WORDS = 14


def find_salutations(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each salutation; it ends before the sentence that follows."""
    for opening in _OPENING.finditer(text):
        preposition = _PREPOSITION.search(text, max(0, opening.start() - _PREPOSITION_REACH), opening.start())
        yield preposition.start() if preposition else opening.start(), _salutation_end(text, opening.end())


def _salutation_end(text: str, start: int) -> int:
    end = start
    for word_count, word in enumerate(_WORD.finditer(text, start)):
        if word_count == _MAX_WORDS:
            return start
        separator = text[end : word.start()]
        if word.group().lower() in _MESSAGE_BEGINNINGS or (word_count and _ends_sentence(separator, text[start:end])):
            break
        end = word.end()
    return end


def _ends_sentence(separator: str, preceding_text: str) -> bool:
    """Return True if a sentence or a line ends between two words."""
    punctuation = separator.strip(" ")[:1]
    if not punctuation or punctuation in "/&-(":
        return False
    last_word = preceding_text.rpartition(" ")[2].lower().rpartition(".")[2]
    return punctuation != "." or last_word not in _ABBREVIATIONS
