"""What belongs to a name and what ends it, word by word; and the form in which two spellings of one name are equal."""

import re
from collections.abc import Iterable, Sequence

from normalize.entities.common_words import ENDS, PLAIN, words

# They stand before a person's name in that of a street, and do not count as a word of it.
TITLES = frozenset(
    words(
        "jend jenderal jendral jendr brigjen brigjend mayjen mayjend letjen letjend brig may let kol kolonel kapt "
        "kapten mayor laksamana laksda marsekal marsda letda lettu letkol letnan sersan kopral dr prof ir h hj kh "
        "ki ky kyai kiai rm krt r rd ra st drs"
    )
)
# A name goes on behind them, however it is written.
NAME_LEADS = TITLES | frozenset(
    words("i gusti ngurah sultan pangeran teuku cut tuanku raden a m mh hr hb hos moh mohamad mohammad")
)
# They follow a name written with a capital although they have none.
NAME_SUFFIXES = frozenset(
    words(
        "raya barat timur utara selatan tengah lor kidul wetan kulon kaler ilir ulu hilir hulu jaya indah asri "
        "permai besar kecil panjang utama"
    )
)
# The same, but they are also words like others: only where the name clearly ends behind them.
AMBIGUOUS_SUFFIXES = frozenset(words("pusat baru lama tinggi dalam luar atas bawah bulan"))
_SHORT = {"brt": "barat", "tmr": "timur", "utr": "utara", "slt": "selatan", "jend": "jenderal", "moh": "mohammad"}
SHORT_DIRECTIONS = frozenset(("brt", "tmr", "utr", "slt"))
ROMAN_NUMERALS = {
    f"{ten}{numeral}": str(10 * tens + value)
    for tens, ten in enumerate(("", "x", "xx", "xxx"))
    for value, numeral in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    # Of three x it can't be told whether something is hidden by them.
    if (ten or numeral) and (ten, numeral) != ("xxx", "")
}
NUMBERS = {
    word: str(value)
    for value, word in enumerate(words("satu dua tiga empat lima enam tujuh delapan sembilan sepuluh"), start=1)
}
# What is done or is the case. Shorter words of this form mostly are names (Menteng, Berlian, Dieng).
_VERB = re.compile(r"(?:me(?:ng|m|n|ny|r|l)|ber|ter|di[a-z])[a-z]{4,}")
_NO_VERBS = frozenset(
    words(
        "diponegoro dipatiukur dipayuda dipokusumo dirgantara dirgahayu mendawai terogong merdeka merpati meruya "
        "merapi merbabu mentawai melawai mentari menteng meranti meruyung berlian berdikari bersatu terusan "
        "ternate terboyo merauke mertasari teratai mendalan terbuka"
    )
)
_LEAST_VERB = 7


def verb(word: str) -> bool:
    """Whether a word says what is done or is the case (mengganggu, berlubang): it is part of no name."""
    return len(word) >= _LEAST_VERB and word not in _NO_VERBS and _VERB.fullmatch(word) is not None


def ordinary(word: str) -> bool:
    """Whether a word in lower case is no name."""
    return word in ENDS or word in PLAIN


def canonical(words: Sequence[str], *, capital_end: bool) -> str:
    """Words in lower case in the form in which they are compared.

    Titles before a name go, initials come together, numerals become digits, short directions full words.
    `capital_end`: the last word is written with a capital, so that one Roman letter there is a numeral.
    """
    kept = _untitled(words)
    last = len(kept) - 1
    return _together(
        ROMAN_NUMERALS[word]
        if word in ROMAN_NUMERALS and place and (len(word) > 1 or (place == last and capital_end))
        else (word.lstrip("0") or "0")
        if word[0] in "0123456789"
        else _SHORT.get(word, word)
        for place, word in enumerate(kept)
    )


def _untitled(words: Sequence[str]) -> Sequence[str]:
    while (
        len(words) > 1
        and words[0] in TITLES
        and words[1] not in NAME_SUFFIXES
        and (len(words[1]) > 1 or len(words[0]) > 1)
    ):
        words = words[1:]
    return words


def _together(words: Iterable[str]) -> str:
    """`r e martadinata` is `re martadinata`."""
    joined: list[str] = []
    for word in words:
        if joined and len(word) == 1 and word.isalpha() and joined[-1].isalpha() and len(joined[-1]) <= 2:  # noqa: PLR2004
            joined[-1] += word
        else:
            joined.append(word)
    return " ".join(joined)
