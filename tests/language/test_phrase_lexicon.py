"""Phrases among words, and words that nobody knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.phrase_lexicon import PhraseLexicon
from language.spelling import SpellingCorrector

PHRASES = {("a",): 1, ("a", "b"): 2, ("b", "c"): 3, ("c", "a", "b"): 4}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a", [1]),
        ("a b", [2]),
        ("a b c", [2, 3]),
        ("x b x", []),
        ("c a b c", [4, 3]),
        ("", []),
    ],
)
def test_the_longest_at_each_word(text: str, found: list[int]) -> None:
    """Phrases may overlap, but none stands for itself within a longer one."""
    assert [hit.meaning for hit in PhraseLexicon(PHRASES).find_phrases(text.split())] == found


@given(st.lists(st.sampled_from("abcx"), max_size=12))
def test_what_is_found_stands_there(words: list[str]) -> None:
    """Every hit is a known phrase at its place."""
    for hit in PhraseLexicon(PHRASES).find_phrases(words):
        assert PHRASES[tuple(words[hit.first : hit.end])] == hit.meaning


SPELLER = SpellingCorrector(
    ["paspor", "listrik", "sertifikat", "pungli", "sampah", "jalan", "perangin"],
    ["pasar", "sampai", "rusak", "perhatian"],
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("paspor", "paspor"),
        ("pasport", "paspor"),
        ("passpor", "paspor"),
        ("listrikk", "listrik"),
        ("sampas", "sampas"),
        ("merusak", "merusak"),
        ("disampaikan", "disampaikan"),
        ("paspro", "paspor"),
        ("sertipikat", "sertifikat"),
        ("lstrk", "listrik"),
        ("smph", "sampah"),
        ("sampai", "sampai"),
        ("pasar", "pasar"),
        ("perhatin", "perhatin"),
        ("perangi", "perangin"),
        ("budi", "budi"),
        ("jln", "jln"),
        ("xyz", "xyz"),
        ("12345", "12345"),
    ],
)
def test_a_letter_wrong_or_no_vowels(written: str, meant: str) -> None:
    """The only known word that it can be; words of the language stay as they are."""
    assert SPELLER.correct(written) == meant


@given(st.text(max_size=30))
def test_any_word_has_a_meaning(word: str) -> None:
    """Nothing is too strange, and what was mended is not mended again."""
    assert SPELLER.correct(SPELLER.correct(word)) == SPELLER.correct(word)
