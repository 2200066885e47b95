"""Finds the phrases of all tables in a report in one pass over its words. Decides nothing about them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from language.phrase_lexicon import LexiconMatch, Phrase, PhraseLexicon, longest_matches
from language.places.landmarks import Landmark
from router.evidence.topics import TopicPhrase
from router.registry.agencies import Agency


class _Meaning(NamedTuple):
    """All meanings of one phrase."""

    topic: TopicPhrase | None
    institution: Agency | None
    landmark: Landmark | None


class PhraseMatches(NamedTuple):
    """The phrases among some words, each kind in their order.

    `topics` are all phrases of topics, also those inside a longer one. `institutions` and `landmarks` are the longest
    ones at each word.
    """

    topics: list[LexiconMatch[TopicPhrase]]
    institutions: list[LexiconMatch[Agency]]
    landmarks: list[LexiconMatch[Landmark]]


class ReportPhrases:
    """The phrases of topics and the names of institutions and landmarks, all of them in normal form."""

    def __init__(
        self,
        topics: Mapping[Phrase, TopicPhrase],
        institutions: Mapping[Phrase, Agency],
        landmarks: Mapping[Phrase, Landmark],
    ) -> None:
        phrases = dict.fromkeys((*topics, *institutions, *landmarks))
        # Names of one institution or landmark share their meaning.
        shared: dict[tuple[int, int, int], _Meaning] = {}
        meanings = {}
        for phrase in phrases:
            meaning = _Meaning(topics.get(phrase), institutions.get(phrase), landmarks.get(phrase))
            meanings[phrase] = shared.setdefault((id(meaning[0]), id(meaning[1]), id(meaning[2])), meaning)
        self._lexicon = PhraseLexicon(meanings)

    def find(self, words: Sequence[str]) -> PhraseMatches:
        """Return the phrases among words in normal form."""
        found = PhraseMatches([], [], [])
        for (topic, institution, landmark), first, end in self._lexicon.find_all(words):
            if topic is not None:
                found.topics.append(LexiconMatch(topic, first, end))
            if institution is not None:
                found.institutions.append(LexiconMatch(institution, first, end))
            if landmark is not None:
                found.landmarks.append(LexiconMatch(landmark, first, end))
        return found._replace(
            institutions=longest_matches(found.institutions), landmarks=longest_matches(found.landmarks)
        )
