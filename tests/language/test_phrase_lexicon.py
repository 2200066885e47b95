"""Phrases among words, and the correction of unknown words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.phrase_lexicon import PhraseLexicon
from language.spelling import SpellingCorrector

PHRASES = {("a",): 1, ("a", "b"): 2, ("b", "c"): 3, ("c", "a", "b"): 4}


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("a", [1]),
        ("a b", [2]),
        ("a b c", [2, 3]),
        ("x b x", []),
        ("c a b c", [4, 3]),
        ("", []),
    ],
)
def test_the_longest_phrase_at_each_word(text: str, meanings: list[int]) -> None:
    """Phrases may overlap; a phrase within a longer one is not returned."""
    assert [match.meaning for match in PhraseLexicon(PHRASES).find_phrases(text.split())] == meanings


@given(st.lists(st.sampled_from("abcx"), max_size=12))
def test_matches_are_known_phrases(words: list[str]) -> None:
    """Every match is a known phrase at its position."""
    for match in PhraseLexicon(PHRASES).find_phrases(words):
        assert PHRASES[tuple(words[match.first : match.end])] == match.meaning


def test_all_phrases_by_their_first_words() -> None:
    """Phrases inside a longer one are returned too, the shorter ones first."""
    matches = PhraseLexicon(PHRASES).find_all(tuple("cabc"))
    assert [tuple(match) for match in matches] == [(4, 0, 3), (1, 1, 2), (2, 1, 3), (3, 2, 4)]


CORRECTOR = SpellingCorrector(
    ["paspor", "listrik", "sertifikat", "pungli", "sampah", "jalan", "perangin"],
    ["pasar", "sampai", "rusak", "perhatian"],
)


@pytest.mark.parametrize(
    ("written", "corrected"),
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
def test_a_wrong_letter_or_no_vowels(written: str, corrected: str) -> None:
    """The only possible word is meant; words of the language stay."""
    assert CORRECTOR.correct(written) == corrected


@given(st.text(max_size=30))
def test_a_corrected_word_stays(word: str) -> None:
    """Any text is accepted, and a corrected word is not corrected again."""
    assert CORRECTOR.correct(CORRECTOR.correct(word)) == CORRECTOR.correct(word)
