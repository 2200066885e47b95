"""Other spellings of words are found as the definition says, whatever the way of searching."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparison.spelling import match_spellings

FREQUENCIES = WordFrequencies({"perbaikan": 4, "baik": 9, "lampu": 8, "jalanan": 3, "tumpuk": 2, "sampah": 7}, texts=50)
WORDS = st.one_of(
    st.sampled_from(
        (
            *("perbaikan", "diperbaiki", "baik", "lampu", "lmpu", "lamp", "jln", "jalanan", "jlnan", "menumpuk"),
            *("numpuk", "sampah", "smph", "sampahh", "kertanegara", "kertanegari", "kartanegara", "kbn", "kebon"),
            *("05", "#a1", "b"),
        )
    ),
    st.text("abkln", min_size=1, max_size=9),
)
TEXTS = st.lists(WORDS, max_size=8)


@given(TEXTS, TEXTS)
def test_spellings_are_those_of_the_definition(first: Sequence[str], second: Sequence[str]) -> None:
    """Each word is compared with each other word in order; the first that fits is its spelling."""
    expected = {word: spelling for word in first if second and (spelling := spelling_by_definition(word, second))}
    assert match_spellings(first, second, FREQUENCIES) == expected


def spelling_by_definition(word: str, candidates: Sequence[str]) -> str:
    """Return the most similar word of the other class, otherwise the first other form of the word."""
    similarities = {
        candidate: fuzz.ratio(word, candidate)
        for candidate in candidates
        if is_spellable(word)
        and is_spellable(candidate)
        and FREQUENCIES.is_known(word) != FREQUENCIES.is_known(candidate)
    }
    if similarities and max(similarities.values()) >= 85:
        return max(similarities, key=similarities.__getitem__)
    return next((candidate for candidate in candidates if is_other_form(word, candidate)), "")


def is_other_form(word: str, candidate: str) -> bool:
    """Return True for a common root, an abbreviation of one of them, or long words one letter apart."""
    root = FREQUENCIES.root(word)
    if root and root == FREQUENCIES.root(candidate):
        return True
    if not (word.isalpha() and candidate.isalpha()):
        return False
    is_slip = min(len(word), len(candidate)) >= 7 and OSA.distance(word, candidate) <= 1
    return is_slip or abbreviates(word, candidate) or abbreviates(candidate, word)


def abbreviates(short: str, full: str) -> bool:
    """Return True if the short word has only consonants behind the first letter, all in the order of the full word."""
    if not 1 < len(short) <= len(full) - 2 or short[0] != full[0] or not set("aeiou").isdisjoint(short[1:]):
        return False
    letters = iter(full)
    return all(letter in letters for letter in short)


def is_spellable(word: str) -> bool:
    """Return True for words of four letters or more."""
    return len(word) >= 4 and word.isalpha()
