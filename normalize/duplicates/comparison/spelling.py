"""Spellings of one word: misspelt, abbreviated or cut off. Pure."""

from collections.abc import Collection, Sequence

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


def occurs_in(word: str, words: frozenset[str]) -> bool:
    """Return True if the word is among the words, also in another spelling."""
    return word in words or (len(word) >= _MIN_SEARCHED_LETTERS and bool(most_similar(word, words)))


def most_similar(word: str, candidates: Collection[str]) -> str:
    """Return the candidate that may be another spelling of the word, or an empty text."""
    match = process.extractOne(word, candidates, scorer=fuzz.ratio, processor=None, score_cutoff=_MIN_SIMILARITY)
    return match[0] if match else ""


def match_spellings(
    left_words: Sequence[str], right_words: Sequence[str], word_frequencies: WordFrequencies
) -> dict[str, str]:
    """Return each left word that stands on the right in another spelling, with that spelling.

    One of the two spellings must be a dictionary word, or an abbreviation of the other. Two similar names are two
    names, unless they are long and differ by one letter.
    """
    if not left_words or not right_words:
        return {}
    dictionary_words: list[str] = []
    unknown_words: list[str] = []
    for word in right_words:
        if _is_spellable(word):
            (dictionary_words if word_frequencies.is_known(word) else unknown_words).append(word)
    spellings = {}
    for word in left_words:
        candidates = unknown_words if word_frequencies.is_known(word) else dictionary_words
        spelling = most_similar(word, candidates) if candidates and _is_spellable(word) else ""
        spelling = spelling or _first_form_of(word, right_words, word_frequencies)
        if spelling:
            spellings[word] = spelling
    return spellings


def _first_form_of(word: str, candidates: Sequence[str], word_frequencies: WordFrequencies) -> str:
    return next((candidate for candidate in candidates if _is_one_word(word, candidate, word_frequencies)), "")


def _is_one_word(left: str, right: str, word_frequencies: WordFrequencies) -> bool:
    """Return True if both are formed from one root, or one abbreviates the other, or both are one letter apart."""
    if (root := word_frequencies.root(left)) and root == word_frequencies.root(right):
        return True
    return _abbreviates(left, right) or _abbreviates(right, left) or _is_slip(left, right)


def _is_slip(left: str, right: str) -> bool:
    """Return True if two long words are one letter apart."""
    if min(len(left), len(right)) < _MIN_SLIP_LETTERS or not (left.isalpha() and right.isalpha()):
        return False
    return OSA.distance(left, right, score_cutoff=1) <= 1


def _abbreviates(abbreviation: str, full_word: str) -> bool:
    """Return True for an abbreviation without vowels: `plk`, `kbn`, `bdg`."""
    if not 1 < len(abbreviation) <= len(full_word) - _MIN_OMITTED_LETTERS or abbreviation[0] != full_word[0]:
        return False
    if not (abbreviation.isalpha() and full_word.isalpha()):
        return False
    letters = iter(full_word)
    return _VOWELS.isdisjoint(abbreviation[1:]) and all(letter in letters for letter in abbreviation)


def _is_spellable(word: str) -> bool:
    return len(word) >= _MIN_SPELLABLE_LETTERS and word.isalpha()


def match_cut_word(
    left_words: Sequence[str], right_words: Sequence[str], left_end: Sequence[str], right_end: Sequence[str]
) -> dict[str, str]:
    """Return the left word and the right word in its place if one of them is the last of its text and cut off.

    `left_end` and `right_end` hold the last word of each text, if it has one.
    """
    if len(left_words) == 1 and left_words[0] in left_end and _is_cut(left_words[0], right_words):
        return {left_words[0]: right_words[0]}
    if len(right_words) == 1 and right_words[0] in right_end and _is_cut(right_words[0], left_words):
        return {left_words[0]: right_words[0]}
    return {}


def _is_cut(last_word: str, continuation: Sequence[str]) -> bool:
    if not continuation:
        return False
    goes_on = len(continuation) > _MAX_WORDS_WITHOUT_CUT and last_word.isalpha()
    return continuation[0].startswith(last_word) or goes_on
