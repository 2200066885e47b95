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
    first_words: Sequence[str], second_words: Sequence[str], word_frequencies: WordFrequencies
) -> dict[str, str]:
    """Return each word of the first text that stands in the second in another spelling, with that spelling.

    One of the two spellings must be a dictionary word, or an abbreviation of the other. Two similar names are two
    names, unless they are long and differ by one letter.
    """
    if not first_words or not second_words:
        return {}
    dictionary_words: list[str] = []
    unknown_words: list[str] = []
    for word in filter(_is_spellable, second_words):
        (dictionary_words if word_frequencies.is_known(word) else unknown_words).append(word)
    spellings = {}
    for word in first_words:
        candidates = unknown_words if word_frequencies.is_known(word) else dictionary_words
        if spelling := _misspelling(word, candidates) or _other_form(word, second_words, word_frequencies):
            spellings[word] = spelling
    return spellings


def _misspelling(word: str, candidates: Collection[str]) -> str:
    return most_similar(word, candidates) if candidates and _is_spellable(word) else ""


def _other_form(word: str, candidates: Sequence[str], word_frequencies: WordFrequencies) -> str:
    """Return a candidate that is formed from the same root, abbreviates the word or the reverse, or is a slip."""
    root = word_frequencies.root(word)
    for candidate in candidates:
        if root and root == word_frequencies.root(candidate):
            return candidate
        if _abbreviates(word, candidate) or _abbreviates(candidate, word) or _is_slip(word, candidate):
            return candidate
    return ""


def _is_slip(first: str, second: str) -> bool:
    """Return True if two long words are one letter apart."""
    if min(len(first), len(second)) < _MIN_SLIP_LETTERS or not (first.isalpha() and second.isalpha()):
        return False
    return OSA.distance(first, second, score_cutoff=1) <= 1


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
