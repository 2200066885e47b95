"""Spellings of one word: misspelt, abbreviated or cut off. Pure."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import filterfalse
from typing import NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from config.reference.word_frequencies import WordFrequencies

# Two spellings of one word are at least this similar (0 to 100). Shorter words are always two words.
_MIN_SIMILARITY = 85
_MIN_SPELLABLE_LETTERS = 4
# Two words of this length that differ by one letter are one word with a slip.
_MIN_SLIP_LETTERS = 7
# Among all words of a text, a different spelling is accepted from this length on only.
_MIN_SEARCHED_LETTERS = 5
# A text ended within a word if the other text goes on for more than this many words.
_MAX_WORDS_WITHOUT_CUT = 4
_VOWELS = frozenset("aeiou")
# An abbreviation leaves out at least this many letters.
_MIN_OMITTED_LETTERS = 2
_CACHED_WORDS = 1 << 13


def occurs_in(word: str, words: frozenset[str]) -> bool:
    """Return True if the word is among the words, also in another spelling."""
    return word in words or (len(word) >= _MIN_SEARCHED_LETTERS and bool(most_similar(word, words)))


def most_similar(word: str, candidates: Collection[str]) -> str:
    """Return the candidate that may be another spelling of the word, or an empty text."""
    match = process.extractOne(word, candidates, scorer=fuzz.ratio, processor=None, score_cutoff=_MIN_SIMILARITY)
    return match[0] if match else ""


def match_spellings(
    first_words: Sequence[str], second_words: Sequence[str], word_frequencies: WordFrequencies
) -> dict[str, str]:
    """Return each word of the first text that stands in the second in another spelling, with that spelling.

    One of the two spellings must be a dictionary word, or an abbreviation of the other. Two similar names are two
    names, unless they are long and differ by one letter.
    """
    if not first_words or not second_words:
        return {}
    candidates = _Candidates(second_words, word_frequencies)
    return {word: spelling for word in first_words if (spelling := candidates.find_spelling(word))}


class _WordForm(NamedTuple):
    """What the comparison of spellings asks about the letters of a word.

    `is_abbreviation` is True for letters without vowels behind the first, `is_long` if a slip does not change the word.
    """

    is_alphabetic: bool
    is_spellable: bool
    is_abbreviation: bool
    is_long: bool


@lru_cache(_CACHED_WORDS)
def _form_of(word: str) -> _WordForm:
    is_alphabetic = word.isalpha()
    return _WordForm(
        is_alphabetic,
        is_spellable=is_alphabetic and len(word) >= _MIN_SPELLABLE_LETTERS,
        is_abbreviation=is_alphabetic and len(word) > 1 and _VOWELS.isdisjoint(word[1:]),
        is_long=is_alphabetic and len(word) >= _MIN_SLIP_LETTERS,
    )


class _Candidates:
    """Words in which other spellings of words are searched. They are examined once, not once for each search."""

    def __init__(self, words: Sequence[str], word_frequencies: WordFrequencies) -> None:
        self._words = words
        self._word_frequencies = word_frequencies
        spellable_words = [word for word in words if _form_of(word).is_spellable]
        self._dictionary_words = list(filter(word_frequencies.is_known, spellable_words))
        self._unknown_words = list(filterfalse(word_frequencies.is_known, spellable_words))
        self._long_words = [word for word in spellable_words if len(word) >= _MIN_SLIP_LETTERS]
        # Most texts have no abbreviation.
        self._abbreviations = [word for word in words if _form_of(word).is_abbreviation]
        # The first word with each root. An empty root is none.
        roots = map(word_frequencies.root, reversed(words))
        self._word_by_root = dict(zip(roots, reversed(words), strict=True)) | {"": ""}

    def find_spelling(self, word: str) -> str:
        """Return another spelling or another form of a word, or an empty text."""
        form = _form_of(word)
        if form.is_spellable:
            candidates = self._unknown_words if self._word_frequencies.is_known(word) else self._dictionary_words
            if candidates and (spelling := most_similar(word, candidates)):
                return spelling
        word_of_root = self._word_by_root.get(self._word_frequencies.root(word), "")
        forms = [word_of_root] if word_of_root else []
        if form.is_abbreviation or self._abbreviations:
            forms += self._abbreviated_words(word, form)
        if form.is_long and self._long_words and most_similar(word, self._long_words):
            forms += self._slips(word)
        # Several are rare. The first one of the text counts.
        return min(forms, key=self._words.index, default="")

    def _abbreviated_words(self, word: str, form: _WordForm) -> Iterator[str]:
        """Yield the words that abbreviate the word, or that it abbreviates."""
        if self._abbreviations and form.is_alphabetic:
            yield from (candidate for candidate in self._abbreviations if _abbreviates(candidate, word))
        if form.is_abbreviation:
            full_words = (candidate for candidate in self._words if _form_of(candidate).is_alphabetic)
            yield from (candidate for candidate in full_words if _abbreviates(word, candidate))

    def _slips(self, word: str) -> Iterator[str]:
        """Return the long words that differ by one letter. One letter in seven leaves words similar."""
        return (candidate for candidate in self._long_words if OSA.distance(word, candidate) <= 1)


def _abbreviates(abbreviation: str, full_word: str) -> bool:
    """Return True if the full word has the letters of the abbreviation in this order: `plk`, `kbn`, `bdg`."""
    if abbreviation[0] != full_word[0] or len(abbreviation) > len(full_word) - _MIN_OMITTED_LETTERS:
        return False
    letters = iter(full_word)
    return all(letter in letters for letter in abbreviation)


def match_cut_word(
    first_words: Sequence[str], second_words: Sequence[str], first_end: Sequence[str], second_end: Sequence[str]
) -> dict[str, str]:
    """Return the two words that stand in each other's place if one is the last of its text and cut off.

    `first_end` and `second_end` hold the last word of each text, if it has one.
    """
    if len(first_words) == 1 and first_words[0] in first_end and _is_cut(first_words[0], second_words):
        return {first_words[0]: second_words[0]}
    if len(second_words) == 1 and second_words[0] in second_end and _is_cut(second_words[0], first_words):
        return {first_words[0]: second_words[0]}
    return {}


def _is_cut(last_word: str, continuation: Sequence[str]) -> bool:
    if not continuation:
        return False
    goes_on = len(continuation) > _MAX_WORDS_WITHOUT_CUT and last_word.isalpha()
    return continuation[0].startswith(last_word) or goes_on
