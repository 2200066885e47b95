"""Each phrase of the shipped `topics.csv` is found inside usual sentences."""

from collections import defaultdict

import pytest

from language.words import WordReader
from router.evidence.topics import load_topics
from tests.support.paths import SHIPPED_TABLES
from tests.support.rules import language_of

pytestmark = pytest.mark.slow

# The second word of a phrase of several parts stands behind one other word.
_OTHER_WORD = " kami "
_SENTENCES = (
    "Saya mau bikin {} tapi dipersulit.",
    "Mohon penjelasan untuk {} di tempat kami.",
    "tlg dong min {} gimana ini??",
    "Yth. Bapak/Ibu, kami mengeluhkan {} sejak minggu lalu, terima kasih.",
    "Ada masalah dengan {}, mohon ditindaklanjuti.",
    "Siapa yang mengurus {}?",
)


def _normal_forms(text: str, words: WordReader) -> list[str]:
    return [word.normal for word in words.read_words(text)]


def test_each_phrase_is_found_in_usual_sentences() -> None:
    """No word of a usual sentence bars a phrase, and no other phrase hides it."""
    words = language_of().words
    topics = load_topics(SHIPPED_TABLES / "topics.csv", words)
    topics_by_phrase: dict[str, set[str]] = defaultdict(set)
    for cue in topics.cues:
        for parts in cue.phrases:
            topics_by_phrase[_OTHER_WORD.join(" ".join(part) for part in parts)].add(cue.topic)
    missed = [
        (phrase, sentence, topic)
        for phrase, expected in topics_by_phrase.items()
        for sentence in _SENTENCES
        for topic in expected - {match.name for match in topics.find(_normal_forms(sentence.format(phrase), words))}
    ]
    assert missed == []
