"""Words that belong to names, words that end them, and the canonical form in which names are compared."""

import re
from collections.abc import Iterable, Sequence

from language.ordinary_words import CAPITALISED_NAME_WORDS, NON_NAME_WORDS, split_words

# Titles before a person's name in the name of a street. They do not count as a word of the name.
TITLES = frozenset(
    split_words(
        "jend jenderal jendral jendr brigjen brigjend mayjen mayjend letjen letjend brig may let kol kolonel kapt "
        "kapten mayor laksamana laksda marsekal marsda letda lettu letkol letnan sersan kopral dr prof ir h hj kh "
        "ki ky kyai kiai rm krt r rd ra st drs"
    )
)
# First parts of names: a name continues after them in any letter case.
NAME_LEADS = TITLES | frozenset(
    split_words("i gusti ngurah sultan pangeran teuku cut tuanku raden a m mh hr hb hos moh mohamad mohammad")
)
# Suffixes in lower case that belong to the capitalised name before them.
NAME_SUFFIXES = frozenset(
    split_words(
        "raya barat timur utara selatan tengah lor kidul wetan kulon kaler ilir ulu hilir hulu jaya indah asri "
        "permai besar kecil panjang utama"
    )
)
# Suffixes that are ordinary words as well: they belong to a name only where it clearly ends with them.
AMBIGUOUS_SUFFIXES = frozenset(split_words("pusat baru lama tinggi dalam luar atas bawah bulan"))
_FULL_FORMS = {"brt": "barat", "tmr": "timur", "utr": "utara", "slt": "selatan", "jend": "jenderal", "moh": "mohammad"}
SHORT_DIRECTIONS = frozenset(("brt", "tmr", "utr", "slt"))
ROMAN_NUMERALS = {
    f"{ten}{numeral}": str(10 * tens + value)
    for tens, ten in enumerate(("", "x", "xx", "xxx"))
    for value, numeral in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    # Not xxx, which often masks a number.
    if (ten or numeral) and (ten, numeral) != ("xxx", "")
}
NUMBERS = {
    word: str(value)
    for value, word in enumerate(split_words("satu dua tiga empat lima enam tujuh delapan sembilan sepuluh"), start=1)
}
# Verbs by their prefix. Shorter words of this form are mostly names (Menteng, Berlian, Dieng).
_VERB = re.compile(r"(?:me(?:ng|m|n|ny|r|l)|ber|ter|di[a-z])[a-z]{4,}")
_NAMES_LIKE_VERBS = frozenset(
    split_words(
        "diponegoro dipatiukur dipayuda dipokusumo dirgantara dirgahayu mendawai terogong merdeka merpati meruya "
        "merapi merbabu mentawai melawai mentari menteng meranti meruyung berlian berdikari bersatu terusan "
        "ternate terboyo merauke mertasari teratai mendalan terbuka"
    )
)
_MIN_VERB_LENGTH = 7
_DIGITS = frozenset("0123456789")
# Initials to which another one is joined.
_MAX_INITIALS = 2


def is_verb(word: str) -> bool:
    """Return whether a word has the form of a verb (mengganggu, berlubang), which is never part of a name."""
    return len(word) >= _MIN_VERB_LENGTH and word not in _NAMES_LIKE_VERBS and _VERB.fullmatch(word) is not None


def is_ordinary(word: str) -> bool:
    """Return whether a word is an ordinary word; in lower case such a word is no name."""
    return word in NON_NAME_WORDS or word in CAPITALISED_NAME_WORDS


def canonical_name(words: Sequence[str], *, capital_end: bool) -> str:
    """Return lower-case words in the form in which names are compared.

    Titles before a name are removed, initials are joined, numerals become digits, short directions full words.
    `capital_end`: the last word is a capital letter, so that a single Roman letter there is a numeral.
    """
    name_words = _without_titles(words)
    last = len(name_words) - 1
    return _join_initials(
        _canonical_word(word, may_be_numeral=index > 0 and (len(word) > 1 or (index == last and capital_end)))
        for index, word in enumerate(name_words)
    )


def _canonical_word(word: str, *, may_be_numeral: bool) -> str:
    if may_be_numeral and word in ROMAN_NUMERALS:
        return ROMAN_NUMERALS[word]
    if word[0] in _DIGITS:
        return word.lstrip("0") or "0"
    return _FULL_FORMS.get(word, word)


def _without_titles(words: Sequence[str]) -> Sequence[str]:
    while len(words) > 1 and _is_title_before(words[0], words[1]):
        words = words[1:]
    return words


def _is_title_before(word: str, following: str) -> bool:
    return word in TITLES and following not in NAME_SUFFIXES and (len(following) > 1 or len(word) > 1)


def _join_initials(words: Iterable[str]) -> str:
    """Return the words in one string with initials joined: `r e martadinata` becomes `re martadinata`."""
    joined: list[str] = []
    for word in words:
        if joined and _is_initial(word) and joined[-1].isalpha() and len(joined[-1]) <= _MAX_INITIALS:
            joined[-1] += word
        else:
            joined.append(word)
    return " ".join(joined)


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isalpha()
