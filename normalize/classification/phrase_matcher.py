"""Finds the cues of `kinds.csv` in tokens, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from config.reference.classification_phrases import ALWAYS, LISTED, WEIGHED, ClassificationRow


@dataclass(slots=True)
class _Words:
    """What is said when the words up to here stand in a row, and which may follow them."""

    cues: list[int] = field(default_factory=list)
    then: dict[str, _Words] = field(default_factory=dict)


class PhraseMatches(NamedTuple):
    """The cues in a message, in the order of the table, and what they come to, by what they say."""

    cues: list[ClassificationRow]
    sums: dict[str, float]

    def of_group(self, says: str) -> list[ClassificationRow]:
        """Those that say this."""
        return [cue for cue in self.cues if cue.outcome == says]


class PhraseMatcher:
    """The phrases of `cues`."""

    def __init__(self, cues: Sequence[ClassificationRow]) -> None:
        self._cues = cues
        self._says = [(cue.outcome, cue.weight) for cue in cues]
        self._start = dict.fromkeys(WEIGHED + LISTED, 0.0)
        self._first: dict[str, _Words] = {}
        for number, cue in enumerate(cues):
            if ALWAYS in cue.phrases:
                self._start[cue.outcome] += cue.weight
            else:
                for phrase in cue.phrases:
                    self._end(phrase).cues.append(number)

    def __contains__(self, word: object) -> bool:
        """Whether a phrase begins with this word."""
        return word in self._first

    def match(self, words: Sequence[str]) -> PhraseMatches:
        """What the phrases in these words say; each cue counts once."""
        hits: set[int] = set()
        first, end = self._first, len(words)
        for place, word in enumerate(words, 1):
            at = first.get(word)
            while at is not None:
                hits.update(at.cues)
                if not at.then or place == end:
                    break
                at = at.then.get(words[place])
                place += 1  # noqa: PLW2901 - how far this phrase goes
        sums = self._start.copy()
        for hit in hits:
            says, weight = self._says[hit]
            sums[says] += weight
        return PhraseMatches([self._cues[hit] for hit in sorted(hits)], sums)

    def _end(self, phrase: str) -> _Words:
        then = self._first
        for word in phrase.split(" "):
            at = then.setdefault(word, _Words())
            then = at.then
        return at
