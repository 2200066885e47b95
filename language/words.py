"""The words of a text: where each stands, and the normal form in which it is compared. What they say is not judged.

Nothing of the text is changed: normal forms stand beside it. Joined by spaces they have the same normal forms again,
and are at most `WordReader.widest` times as long as the text. What a word means after or before another rests on normal
forms alone, never on the signs between them: so that this stays true.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import NamedTuple
from unicodedata import category

from language.quantities import POWERS, multiply, split_numbers
from language.text import fold_text
from language.word_forms import WordForms

# Vowel signs and the like of every script; not what decorates a sign (keycaps, variation selectors).
_MARKS = "".join(
    chr(code)
    for code in (*range(0x300, 0x20D0), *range(0x2100, 0xFE00), *range(0xFE10, 0x20000))
    if category(chr(code))[0] == "M"
)
_LETTERS = r"[^\W\d_]"
_TOKEN = re.compile(
    r"(?P<url>https?://\S*[^\W_]/?)"
    r"|(?P<number>[0-9]+(?:[.,:][0-9]+)*)"
    rf"|(?P<sign>%|s/d(?!{_LETTERS}))"
    # What has more than letters in it is looked at more closely: anak2nya, jum'at, t0l0ng, rt05rw03.
    rf"|{_LETTERS}+(?P<odd>(?:[{_MARKS}]+{_LETTERS}*|'{_LETTERS}+|[0-9]+{_LETTERS}+|[0-9](?![0-9]|[.,:][0-9]))+)?"
)
_AROUND = """.,;:!?"()'-"""
_SIGNS = MappingProxyType({"%": "%", "s/d": "sampai"})
# What stands between two spaces is read once and remembered, unless it is longer than words are.
_REMEMBERED = 1 << 14
_LONG = 32

# What a word means after a number: "5 m", "3x", "48 th", "50 %".
_UNITS = MappingProxyType(
    {"m": "meter", "x": "kali", "th": "tahun", "hr": "hari", "mnt": "menit", "dtk": "detik", "ha": "hektare"}
    | {"%": "persen"}
)
_A_NUMBER = "0"
_FOLLOWS_FROM = frozenset(
    f"{_A_NUMBER} jam pukul pagi siang sore malam hari tanggal minggu bulan tahun kemarin tadi dulu sekarang awal "
    "akhir saat waktu sebelum sejak pertama akhirnya pihak jalan mana sini situ sana rumah kantor arah atas bawah "
    "depan belakang samping luar dalam pusat daerah yang semua segi hasil bapak pak ibu bu saya kami kita mereka warga "
    "dinas pemerintah bupati kota kabupaten kecamatan kelurahan desa provinsi peraturan".split()
)
_FOLLOWS_NUMBER_OF = frozenset(
    f"{_A_NUMBER} hp telepon wa whatsapp rekening rek ktp nik kk nip npwp kpj registrasi antrean pelanggan polisi "
    "kartu induk surat id tiket laporan pengaduan peserta rumah kontak resi barcode".split()
)
# What a short word means before others. Elsewhere "dr" is a doctor, "pd" Pondok, "no" no, "pkl" sells in the street.
_BEFORE: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "dr": ("dari", _FOLLOWS_FROM),
        "pd": ("pada", _FOLLOWS_FROM),
        "no": ("nomor", _FOLLOWS_NUMBER_OF),
        "th": ("tahun", frozenset({_A_NUMBER})),
        "lt": ("lantai", frozenset({_A_NUMBER})),
        "pkl": ("pukul", frozenset({_A_NUMBER})),
    }
)
_MEANINGS = frozenset({"sampai", *_UNITS.values(), *(meaning for meaning, _ in _BEFORE.values())})
_SPECIAL = frozenset({*_UNITS, *POWERS, *_BEFORE})


class Word(NamedTuple):
    """`text[start:end]` is the word as written, `normal` its normal form: without spaces, never empty."""

    start: int
    end: int
    normal: str


# Without the checks of `Word(...)`, which would be a third of the work.
_word = partial(tuple.__new__, Word)


# A word by itself: its place within what was read, its form, and whether it may mean something else beside others.
_Read = tuple[int, int, str, bool]


class WordReader:
    """Reads the words of texts; `slang` as `WordForms` takes it. Raises `ValueError` if slang changes our own words.

    Emoji and signs are no words, nor is a clitic that stands alone ("rumah nya"): where it is written together it is
    cut off. A doubled word is the word twice (anak2, anak-anak, anak anak). An address of the web is one word.
    """

    def __init__(self, slang: Mapping[str, str]) -> None:
        self._forms = WordForms(slang)
        if spoilt := [word for word in sorted(_MEANINGS) if self._forms.of(word) != (word,)]:
            raise ValueError(f"these are formal words: {', '.join(spoilt)}")
        self.widest = 1 + max(len(formal) for formal in ("persen", *slang.values()))
        self._remembered = lru_cache(_REMEMBERED)(self._read)

    def __call__(self, text: str) -> list[Word]:
        """See `of`."""
        return self.of(text)

    def of(self, text: str) -> list[Word]:
        """The words in order. One that stands for several gives several, with the same place."""
        words: list[Word] = []
        add, remembered = words.append, self._remembered
        at, waiting = 0, False
        for chunk in fold_text(text).replace("\n", " ").split(" "):
            for start, end, normal, special in remembered(chunk) if len(chunk) < _LONG else self._read(chunk):
                word = _word((at + start, at + end, normal))
                if special or waiting:
                    waiting = _add(words, word)
                else:
                    add(word)
            at += len(chunk) + 1
        return words

    def _read(self, plain: str) -> tuple[_Read, ...]:
        """What stands in folded text: mostly one word, with a sign behind it."""
        if (bare := plain.strip(_AROUND)).isalpha():
            start = plain.index(bare)
            return tuple((start, start + len(bare), form, form in _SPECIAL) for form in self._forms.of(bare))
        return tuple(
            (start, end, form, form in _SPECIAL or form[0].isdecimal())
            for match in _TOKEN.finditer(plain)
            for start, end, forms in self._tokens(match)
            for form in forms
        )

    def _tokens(self, match: re.Match[str]) -> Iterable[tuple[int, int, tuple[str, ...]]]:
        (at, end), kind, token = match.span(), match.lastgroup, match.group()
        if kind == "number":
            return [(at + start, at + stop, (number,)) for start, stop, number in split_numbers(token)]
        if kind == "odd":
            return [(at + start, at + stop, forms) for start, stop, forms in self._forms.of_odd(token)]
        return [(at, end, (_SIGNS.get(token, token),) if kind else self._forms.of(token))]


def _add(words: list[Word], word: Word) -> bool:
    """Put a word after the others, with what the two mean beside each other; returns whether it waits for the next."""
    normal, before = word.normal, words[-1].normal if words else ""
    if before[:1].isdecimal():
        if product := multiply(before, normal):
            words[-1] = Word(words[-1].start, word.end, product)
            return True
        normal = _UNITS.get(normal, normal)
    elif before in _BEFORE:
        _look_back(words, normal)
    if normal != "%":
        words.append(Word(word.start, word.end, normal))
    return bool(words) and (words[-1].normal in _BEFORE or words[-1].normal[0].isdecimal())


def _look_back(words: list[Word], following: str) -> None:
    """Give the last word the meaning it has before the following one, and so on backwards."""
    for place in range(len(words) - 1, -1, -1):
        meaning, others = _BEFORE.get(words[place].normal, ("", frozenset()))
        if (_A_NUMBER if following[0].isdecimal() else following) not in others:
            return
        words[place] = words[place]._replace(normal=meaning)
        following = meaning
