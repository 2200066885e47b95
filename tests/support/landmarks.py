"""Landmarks of a text, found without the other names of places."""

from collections.abc import Sequence

from language.phrase_lexicon import PhraseLexicon
from language.places.landmarks import LandmarkMatch, Landmarks, landmarks_in_text
from language.words import Word


def find_landmarks(landmarks: Landmarks, words: Sequence[Word]) -> tuple[LandmarkMatch, ...]:
    """Return the landmarks of a text, the longest name at each word, in order and without overlaps."""
    return landmarks_in_text(PhraseLexicon(landmarks.phrases).find_phrases([word.normal for word in words]), words)
