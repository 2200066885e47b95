"""Kinds of trouble in words, and how usual a word is."""

from pathlib import Path

import pytest

from config.reference.matter_terms import TermIndex, load_matter_terms, load_terms
from config.reference.slang import load_slang
from config.reference.table_reader import TableError
from config.reference.word_frequencies import WordFrequencies, load_word_frequencies
from language.words import WordReader

TROUBLES = TermIndex(
    {"listrik": "power", "padam": "power", "pju padam": "lamp", "air ~ mati": "water", "mati lampu": "power"}
)


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("listrik padam", {"power"}),
        ("pju padam", {"lamp"}),
        ("pju padam listrik juga padam", {"lamp", "power"}),
        ("air di gang kami mati", {"water"}),
        ("mati sejak pagi air kami", {"water"}),
        ("air satu dua tiga empat lima enam mati", set()),
        ("air", set()),
        ("", set()),
    ],
)
def test_topics(text: str, topics: set[str]) -> None:
    """A word within a longer phrase says nothing of its own; two words may stand apart, not far."""
    assert TROUBLES.find_topics(text.split()) == topics


def test_the_file_names_the_row_at_fault(tmp_path: Path) -> None:
    """A phrase of two topics, or one with capitals, stops the start."""
    file = tmp_path / "troubles.csv"
    for rows in ("a,banjir\nb,banjir", "a,Banjir", "a,"):
        file.write_text(f"topic,words\n{rows}\n", encoding="utf-8")
        with pytest.raises(TableError):
            load_terms(file)


def test_every_phrase_can_be_found() -> None:
    """What is shipped stands in the normal form in which texts are read: else it is never found."""
    words, troubles = WordReader(load_slang()), load_matter_terms()
    assert {"pju", "mati", "selokan", "retak"} <= troubles.words
    assert [word for word in troubles.words if [found.normal for found in words.read_words(word)] != [word]] == []


@pytest.mark.parametrize(
    ("text", "things", "faults"),
    [
        ("lampu jalan kedip kedip", {"lampu-jalan"}, {"padam.berkedip"}),
        ("lampu jalan nyala terus siang hari", {"lampu-jalan"}, {"menyala-siang"}),
        ("kreteg rusak", {"jembatan"}, {"any.rusak-umum"}),
        ("trotoar pecah", {"trotoar"}, {"rusak.retak-patah"}),
    ],
)
def test_what_is_complained_of_and_what_is_wrong_with_it(text: str, things: set[str], faults: set[str]) -> None:
    """One thing, two faults: two matters. Before a full stop stands a family, within which two may be one."""
    troubles, words = load_matter_terms(), [word.normal for word in WordReader(load_slang()).read_words(text)]
    assert troubles.things.find_topics(words) == things
    assert troubles.faults.find_topics(words) == faults


@pytest.mark.parametrize(
    ("word", "root"),
    [("diperbaiki", "baik"), ("menumpuk", "tumpuk"), ("menyapu", "sapu"), ("lampukan", "lampu"), ("wiratmoko", "")],
)
def test_roots(word: str, root: str) -> None:
    """A word that is made of a known one is no name."""
    vocabulary = WordFrequencies({"baik": 9, "tumpuk": 3, "sapu": 2, "lampu": 40}, 100)
    assert vocabulary.root(word) == root
    assert vocabulary.is_known(word) is bool(root)


def test_offices_and_other_languages_are_no_names() -> None:
    """Short for a lamp, and water in another language, are words; a hamlet is not."""
    vocabulary = load_word_frequencies()
    assert all(map(vocabulary.is_known, ("pju", "ppdb", "banyu", "ruksak", "penerangan", "padam")))
    assert not any(map(vocabulary.is_known, ("randublatung", "wiratmoko", "sendangmulyo")))


def test_what_slang_is_in_full_is_no_name() -> None:
    """Else two complaints that are short for the same office would share a name."""
    vocabulary = load_word_frequencies()
    formal = {word for words in load_slang().values() for word in words.split() if word.isalpha() and len(word) > 1}
    assert sorted(word for word in formal if not vocabulary.is_known(word)) == []
