"""The words of a text: their positions, and the normal form in which they are compared. It does not judge them.

The text is not changed: normal forms stand beside it. Joined by spaces they have the same normal forms again, and are
at most `WordReader.max_expansion` times as long as the text. The meaning of a word next to another depends on normal
forms alone, never on the characters between them; otherwise this would not hold.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import NamedTuple
from unicodedata import category

from language.quantities import POWERS, multiply, split_numbers
from language.text import fold_text
from language.word_forms import WordForms, WordPart

# Vowel signs and the like of every script; not the decoration of a sign (keycaps, variation selectors).
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
    # A word that has more than letters in it: anak2nya, jum'at, t0l0ng, rt05rw03.
    rf"|{_LETTERS}+(?P<mixed>(?:[{_MARKS}]+{_LETTERS}*|'{_LETTERS}+|[0-9]+{_LETTERS}+|[0-9](?![0-9]|[.,:][0-9]))+)?"
)
_SIGNS_AROUND_WORDS = """.,;:!?"()'-"""
_FORMS_OF_SIGNS = MappingProxyType({"%": "%", "s/d": "sampai"})
# The reading of a piece between two spaces is cached, unless it is longer than words are.
_CACHED_PIECES = 1 << 13
_MAX_CACHED_LETTERS = 32

# Units after a number: "5 m", "3x", "48 th", "50 %".
_UNITS = MappingProxyType(
    {"m": "meter", "x": "kali", "th": "tahun", "hr": "hari", "mnt": "menit", "dtk": "detik", "ha": "hektare"}
    | {"%": "persen"}
)
# Stands for any number in the sets of following words.
_NUMBER = "0"
_AFTER_DARI = frozenset(
    f"{_NUMBER} jam pukul pagi siang sore malam hari tanggal minggu bulan tahun kemarin tadi dulu sekarang awal "
    "akhir saat waktu sebelum sejak pertama akhirnya pihak jalan mana sini situ sana rumah kantor arah atas bawah "
    "depan belakang samping luar dalam pusat daerah yang semua segi hasil bapak pak ibu bu saya kami kita mereka warga "
    "dinas pemerintah bupati kota kabupaten kecamatan kelurahan desa provinsi peraturan".split()
)
_AFTER_NOMOR = frozenset(
    f"{_NUMBER} hp telepon wa whatsapp rekening rek ktp nik kk nip npwp kpj registrasi antrean pelanggan polisi "
    "kartu induk surat id tiket laporan pengaduan peserta rumah kontak resi barcode".split()
)
# Meanings of short words, each with the words before which it has this meaning. Elsewhere "dr" is a doctor, "pd"
# Pondok, "no" no, and "pkl" sells in the street.
_MEANINGS_BEFORE: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "dr": ("dari", _AFTER_DARI),
        "pd": ("pada", _AFTER_DARI),
        "no": ("nomor", _AFTER_NOMOR),
        "th": ("tahun", frozenset({_NUMBER})),
        "lt": ("lantai", frozenset({_NUMBER})),
        "pkl": ("pukul", frozenset({_NUMBER})),
    }
)
_MEANINGS = frozenset({"sampai", *_UNITS.values(), *(meaning for meaning, _ in _MEANINGS_BEFORE.values())})
_CONTEXT_DEPENDENT = frozenset({*_UNITS, *POWERS, *_MEANINGS_BEFORE})


class Word(NamedTuple):
    """`text[start:end]` is the word as written, `normal` its normal form: without spaces, never empty."""

    start: int
    end: int
    normal: str


# Creates a word without the checks of `Word(...)`, which would be a third of the work.
_word = partial(tuple.__new__, Word)


# A word by itself: start and end in its piece, normal form, and True if its meaning may depend on other words.
_PieceWord = tuple[int, int, str, bool]


class WordReader:
    """Reads the words of texts with `slang` (see `WordForms`). Raises `ValueError` if slang changes our own words.

    Emoji and signs are no words, nor is a clitic that stands alone ("rumah nya"); a clitic at the end of a word is cut
    off. A doubled word is the word twice (anak2, anak-anak, anak anak). A web address is one word.
    """

    def __init__(self, slang: Mapping[str, str]) -> None:
        self._forms = WordForms(slang)
        if changed := [word for word in sorted(_MEANINGS) if self._forms.forms(word) != (word,)]:
            raise ValueError(f"these are formal words: {', '.join(changed)}")
        self.max_expansion = 1 + max(len(formal) for formal in ("persen", *slang.values()))
        self._read_cached_piece = lru_cache(_CACHED_PIECES)(self._read_piece)

    def read_words(self, text: str) -> list[Word]:
        """Return the words in order. A word with several normal forms gives several words at the same position."""
        words: list[Word] = []
        append, read_cached_piece = words.append, self._read_cached_piece
        piece_start, awaits_next = 0, False
        for piece in fold_text(text).replace("\n", " ").split(" "):
            letters = len(piece)
            read = read_cached_piece if letters < _MAX_CACHED_LETTERS else self._read_piece
            for start, end, normal, depends_on_context in read(piece):
                word = _word((piece_start + start, piece_start + end, normal))
                if depends_on_context or awaits_next:
                    awaits_next = _append_in_context(words, word)
                else:
                    append(word)
            piece_start += letters + 1
        return words

    def _read_piece(self, piece: str) -> tuple[_PieceWord, ...]:
        """Return the words of folded text without spaces: mostly one word, with a sign after it."""
        if (letters := piece.strip(_SIGNS_AROUND_WORDS)).isalpha():
            start = piece.index(letters)
            forms = self._forms.forms(letters)
            return tuple((start, start + len(letters), form, form in _CONTEXT_DEPENDENT) for form in forms)
        return tuple(
            (start, end, form, form in _CONTEXT_DEPENDENT or form[0].isdecimal())
            for match in _TOKEN.finditer(piece)
            for start, end, forms in self._read_token(match)
            for form in forms
        )

    def _read_token(self, match: re.Match[str]) -> Iterable[WordPart]:
        (token_start, token_end), kind, token = match.span(), match.lastgroup, match.group()
        if kind == "number":
            return [(token_start + start, token_start + end, (number,)) for start, end, number in split_numbers(token)]
        if kind == "mixed":
            parts = self._forms.forms_of_mixed(token)
            return [(token_start + start, token_start + end, forms) for start, end, forms in parts]
        return [(token_start, token_end, (_FORMS_OF_SIGNS.get(token, token),) if kind else self._forms.forms(token))]


def _append_in_context(words: list[Word], word: Word) -> bool:
    """Append a word with the meaning that it and the previous word have together.

    Return True if the meaning of the last word may depend on the next one.
    """
    normal, previous = word.normal, words[-1].normal if words else ""
    if previous[:1].isdecimal():
        if product := multiply(previous, normal):
            words[-1] = Word(words[-1].start, word.end, product)
            return True
        normal = _UNITS.get(normal, normal)
    elif previous in _MEANINGS_BEFORE:
        _settle_meanings_before(words, normal)
    if normal != "%":
        words.append(Word(word.start, word.end, normal))
    return bool(words) and (words[-1].normal in _MEANINGS_BEFORE or words[-1].normal[0].isdecimal())


def _settle_meanings_before(words: list[Word], following: str) -> None:
    """Give the last word its meaning before the following one, then the word before it, and so on."""
    for position in range(len(words) - 1, -1, -1):
        meaning, following_words = _MEANINGS_BEFORE.get(words[position].normal, ("", frozenset()))
        if (_NUMBER if following[0].isdecimal() else following) not in following_words:
            return
        words[position] = words[position]._replace(normal=meaning)
        following = meaning
