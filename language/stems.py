"""Stems of Indonesian words, for a search that finds "lubang" by "berlubang". Pure.

Rules alone, without a dictionary: a stem is a key that the forms of one word share, and need not be a word. The
prefixes me- and pe- hide the first letter of some words ("menyapu", "memukul"), so a word may have several stems.
"""

from collections.abc import Iterator
from functools import lru_cache

# Letters of the shortest stem. Shorter ones would join words that have nothing in common.
_MIN_STEM_LETTERS = 4
_VOWELS = frozenset("aeiou")
_PARTICLES = ("lah", "kah", "pun")
_POSSESSIVES = ("nya", "ku", "mu")
_SUFFIXES = ("kan", "an", "i")
# As "di-per-baik-i": the outer prefix first.
_MAX_PREFIXES = 2
# Prefix, and the letters that it may have replaced before a vowel; "" for none. The longest one of a kind is first.
_NASAL_PREFIXES = (
    *(("meny", ("s",)), ("peny", ("s",))),
    *(("meng", ("", "k")), ("peng", ("", "k"))),
    *(("mem", ("", "p")), ("pem", ("", "p"))),
    *(("men", ("", "t")), ("pen", ("", "t"))),
)
_PLAIN_PREFIXES = ("ber", "ter", "per", "me", "pe", "be", "di", "ke", "se", "te")
_CACHED_WORDS = 20_000


@lru_cache(_CACHED_WORDS)
def stems(word: str) -> frozenset[str]:
    """Return the stems of a word in small letters, without the word itself; none for a word that has no affix."""
    found = {stem for form in _without_suffixes(word) for stem in _without_prefixes(form, _MAX_PREFIXES)}
    return frozenset(found - {word})


def _without_suffixes(word: str) -> Iterator[str]:
    """Yield the word, and each form of it without its endings: "baikan" may be baik-an or bai-kan."""
    for endings in (_PARTICLES, _POSSESSIVES):
        word = next((word.removesuffix(ending) for ending in endings if _ends_in(word, ending)), word)
    yield word
    yield from (word.removesuffix(ending) for ending in _SUFFIXES if _ends_in(word, ending))


def _without_prefixes(word: str, prefixes: int) -> Iterator[str]:
    """Yield the forms that are left without prefixes; the word itself if it has none."""
    forms = list(_without_prefix(word)) if prefixes else []
    if not forms:
        yield word
    for form in forms:
        yield from _without_prefixes(form, prefixes - 1)


def _without_prefix(word: str) -> Iterator[str]:
    for prefix, hidden_letters in _NASAL_PREFIXES:
        if word.startswith(prefix):
            rest = word.removeprefix(prefix)
            letters = hidden_letters if rest[:1] in _VOWELS else ("",)
            yield from filter(_is_stem, (letter + rest for letter in letters))
            return
    prefix = next((prefix for prefix in _PLAIN_PREFIXES if word.startswith(prefix)), "")
    if prefix and _is_stem(word.removeprefix(prefix)):
        yield word.removeprefix(prefix)


def _ends_in(word: str, ending: str) -> bool:
    """Return whether a word has this ending, and enough before it."""
    return word.endswith(ending) and _is_stem(word.removesuffix(ending))


def _is_stem(text: str) -> bool:
    return len(text) >= _MIN_STEM_LETTERS and text.isalpha() and not _VOWELS.isdisjoint(text)
