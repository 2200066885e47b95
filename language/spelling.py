"""Corrects a word that is no word of the language: one letter is wrong, or the vowels are missing.

For words of the language: either one word is meant or none. Names of places are compared by `language.places.fuzzy`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from string import ascii_lowercase

from language.letter_edits import group_words, without_one_letter

_VOWELS = str.maketrans("", "", "aeiou")
# Minimum letters of a word to be corrected; to be corrected by exchanging a letter; to be read as a word without
# vowels. Shorter words resemble too many others.
_MIN_LETTERS, _MIN_LETTERS_EXCHANGED, _MIN_CONSONANTS = 6, 8, 4
# From this number of letters on, the consonants of a word name the most frequent word with these consonants. Shorter
# ones do so only if no other word has them, or if the rarity of the most frequent one is clearly lower.
_CLEAR_CONSONANTS = 5
_CLEAR_RARITY_RATIO = 0.85
# A known word with an affix is a word of the language too: dibilang, berbuat, keluhannya.
_PREFIXES = (
    *("memper", "diper", "meng", "meny", "mem", "men", "ber", "ter", "per", "peng", "pem", "pen", "ke", "se"),
    *("di", "me", "pe", "ku"),
)
_SUFFIXES = ("kan", "nya", "lah", "kah", "an", "ku", "mu", "i")
_MIN_ROOT_LETTERS = 4
_CACHED_WORDS = 1 << 13


class SpellingCorrector:
    """Corrects to one of `meant_words`. The words of the language, `known_words`, stay as they are.

    `rarity` tells how rare a word is: of several words with the same consonants the most frequent one is meant.
    """

    def __init__(
        self,
        meant_words: Iterable[str],
        known_words: Iterable[str] = (),
        rarity: Callable[[str], float] = lambda _: 1.0,
    ) -> None:
        targets = sorted({word for word in meant_words if word.isalpha()})
        # A set of so many words takes 2 MB, the keys of a dictionary less than half of it.
        self._known_words = dict.fromkeys(chain(known_words, targets)).keys()
        # No longer word is one letter away from a known word.
        self._max_letters = max(map(len, self._known_words), default=0) + 1
        self._by_consonants = _most_frequent_by_consonants(self._known_words, rarity)
        self._by_shortened = group_words(
            (word, without_one_letter(word)) for word in targets if len(word) >= _MIN_LETTERS
        )
        self.correct = lru_cache(_CACHED_WORDS)(self._correct)

    def _correct(self, word: str) -> str:
        """Return the word that is meant; the word itself if it is known or if nothing else is clearly meant."""
        if word in self._known_words or not word.isalpha() or self._has_known_root(word):
            return word
        if len(word) >= _MIN_CONSONANTS and word == _consonants(word):
            return self._by_consonants.get(word, word)
        return self._similar_word(word) if _MIN_LETTERS <= len(word) <= self._max_letters else word

    def _similar_word(self, word: str) -> str:
        """Return the only word with one letter added, missing, exchanged or swapped; without one, the word itself."""
        similar_words = {candidate for candidate in self._candidates(word) if _is_slip(word, candidate)}
        if len(similar_words) != 1 or not similar_words.issuperset(self._known_with_one_more_letter(word)):
            return word
        return similar_words.pop()

    def _candidates(self, word: str) -> Iterator[str]:
        shortened_words = without_one_letter(word)
        for shortened in (word, *shortened_words):
            yield from self._by_shortened.get(shortened, ())
        if len(word) > _MIN_LETTERS:
            yield from filter(self._known_words.__contains__, shortened_words)

    def _known_with_one_more_letter(self, word: str) -> Iterator[str]:
        """Yield the words of the language that lack one letter here: "perhatin" may also be "perhatian"."""
        longer_words = (
            word[:position] + letter + word[position:]
            for position in range(1, len(word) + 1)
            for letter in ascii_lowercase
        )
        return (longer_word for longer_word in longer_words if longer_word in self._known_words)

    def _has_known_root(self, word: str) -> bool:
        stems = [word, *(word.removesuffix(suffix) for suffix in _SUFFIXES if word.endswith(suffix))]
        roots = [stem.removeprefix(prefix) for stem in stems for prefix in _PREFIXES if stem.startswith(prefix)]
        return any(len(root) >= _MIN_ROOT_LETTERS and root in self._known_words for root in (*stems[1:], *roots))


def _most_frequent_by_consonants(words: Iterable[str], rarity: Callable[[str], float]) -> Mapping[str, str]:
    """Return the most frequent word of each sequence of consonants, where that one is clear."""
    shortened_words = ((word, _consonants(word)) for word in words)
    groups = group_words((word, (consonants,)) for word, consonants in shortened_words if consonants != word)
    most_frequent = {}
    for consonants, candidates in groups.items():
        first, *rest = sorted(candidates, key=lambda word: (rarity(word), word)) if len(candidates) > 1 else candidates
        is_clear = not rest or rarity(first) < _CLEAR_RARITY_RATIO * rarity(rest[0])
        if is_clear or len(consonants) >= _CLEAR_CONSONANTS:
            most_frequent[consonants] = first
    return most_frequent


def _is_slip(word: str, candidate: str) -> bool:
    """Return True for one letter more or less, two swapped, or in a long word one exchanged; never the first letter."""
    if candidate[0] != word[0]:
        return False
    if len(word) == len(candidate):
        return sorted(word) == sorted(candidate) or len(word) >= _MIN_LETTERS_EXCHANGED
    return abs(len(word) - len(candidate)) == 1


def _consonants(word: str) -> str:
    """Return the word without vowels except a first one, as it was written on old phones."""
    return word[:1] + word[1:].translate(_VOWELS)
