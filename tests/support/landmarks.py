"""Landmarks of a text, found without the other names of places."""

from collections.abc import Sequence

from language.phrase_lexicon import PhraseLexicon
from language.places.landmarks import LandmarkMatch, Landmarks, landmarks_in_text
from language.words import Word


class LandmarkFinder:
    """Finds landmarks. It takes long to build."""

    def __init__(self, landmarks: Landmarks) -> None:
        self._lexicon = PhraseLexicon(landmarks.phrases)

    def find(self, words: Sequence[Word]) -> tuple[LandmarkMatch, ...]:
        """Return the landmarks of a text, the longest name at each word, in order and without overlaps."""
        return landmarks_in_text(self._lexicon.find_phrases([word.normal for word in words]), words)
