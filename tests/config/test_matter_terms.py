"""Terms of matters in words, and the frequencies of words."""

from pathlib import Path

import pytest

from config.reference.matter_terms import TermIndex, load_matter_terms, load_terms
from config.reference.slang import load_slang
from config.reference.table_reader import TableError
from config.reference.word_frequencies import WordFrequencies, load_word_frequencies
from language.words import WordReader

TERMS = TermIndex(
    {
        "listrik": "power",
        "padam": "power",
        "pju padam": "lamp",
        "air ~ mati": "water",
        "mati lampu": "power",
        "jalan": "road",
        "jalan raya rusak": "highway",
        "jalan raya": "main-road",
    }
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
        ("jalan raya rusak", {"highway"}),
        ("jalan raya jalan raya rusak", {"main-road", "highway"}),
        ("jalan rusak di jalan", {"road"}),
    ],
)
def test_topics(text: str, topics: set[str]) -> None:
    """A word within a longer phrase has no topic of its own; the two words of a pair stand within six words."""
    assert TERMS.find_topics(text.split()) == topics


def test_a_faulty_row_is_refused(tmp_path: Path) -> None:
    """A phrase of two topics, or one with capitals, stops the start."""
    file = tmp_path / "matter_topics.csv"
    for rows in ("a,banjir\nb,banjir", "a,Banjir", "a,"):
        file.write_text(f"topic,words\n{rows}\n", encoding="utf-8")
        with pytest.raises(TableError):
            load_terms(file)


def test_every_phrase_can_be_found() -> None:
    """The shipped phrases are in normal form, in which texts are read."""
    words, matter_terms = WordReader(load_slang()), load_matter_terms()
    assert {"pju", "mati", "selokan", "retak"} <= matter_terms.words
    assert [word for word in matter_terms.words if [form.normal for form in words.read_words(word)] != [word]] == []


@pytest.mark.parametrize(
    ("text", "objects", "faults"),
    [
        ("lampu jalan kedip kedip", {"lampu-jalan"}, {"padam.berkedip"}),
        ("lampu jalan nyala terus siang hari", {"lampu-jalan"}, {"menyala-siang"}),
        ("kreteg rusak", {"jembatan"}, {"any.rusak-umum"}),
        ("trotoar pecah", {"trotoar"}, {"rusak.retak-patah"}),
    ],
)
def test_objects_and_their_faults(text: str, objects: set[str], faults: set[str]) -> None:
    """Each text has one object and one fault. The part before a full stop is the family of the fault."""
    matter_terms, words = load_matter_terms(), [word.normal for word in WordReader(load_slang()).read_words(text)]
    assert matter_terms.objects.find_topics(words) == objects
    assert matter_terms.faults.find_topics(words) == faults


@pytest.mark.parametrize(
    ("word", "root"),
    [("diperbaiki", "baik"), ("menumpuk", "tumpuk"), ("menyapu", "sapu"), ("lampukan", "lampu"), ("wiratmoko", "")],
)
def test_roots(word: str, root: str) -> None:
    """A word derived from a known one is no name."""
    frequencies = WordFrequencies({"baik": 9, "tumpuk": 3, "sapu": 2, "lampu": 40}, 100)
    assert frequencies.root(word) == root
    assert frequencies.is_known(word) is bool(root)


def test_offices_and_other_languages_are_no_names() -> None:
    """An abbreviation and words of regional languages are known; the name of a hamlet is not."""
    frequencies = load_word_frequencies()
    assert all(map(frequencies.is_known, ("pju", "ppdb", "banyu", "ruksak", "penerangan", "padam")))
    assert not any(map(frequencies.is_known, ("randublatung", "wiratmoko", "sendangmulyo")))


def test_formal_words_of_slang_are_no_names() -> None:
    """Otherwise two complaints with the same abbreviation would share a name."""
    frequencies = load_word_frequencies()
    formal = {word for words in load_slang().values() for word in words.split() if word.isalpha() and len(word) > 1}
    assert sorted(word for word in formal if not frequencies.is_known(word)) == []
