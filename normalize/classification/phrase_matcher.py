"""Finds the phrases of `kinds.csv` in the tokens of a message, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from config.reference.classification_phrases import ALWAYS, LISTED, WEIGHED, ClassificationRow


@dataclass(slots=True)
class _PhraseNode:
    """A node in the tree of phrases: the rows whose phrase ends here, and the words that may follow."""

    rows: list[int] = field(default_factory=list)
    following: dict[str, _PhraseNode] = field(default_factory=dict)


class PhraseMatches(NamedTuple):
    """The rows of which a phrase is in a message, in the order of the table, and the sum of weights of each outcome."""

    rows: list[ClassificationRow]
    sums: dict[str, float]

    def of_outcome(self, outcome: str) -> list[ClassificationRow]:
        """Return the rows of one outcome."""
        return [row for row in self.rows if row.outcome == outcome]


class PhraseMatcher:
    """Matches the phrases of `rows`."""

    def __init__(self, rows: Sequence[ClassificationRow]) -> None:
        self._rows = rows
        self._weights = [(row.outcome, row.weight) for row in rows]
        self._start_sums = dict.fromkeys(WEIGHED + LISTED, 0.0)
        self._roots: dict[str, _PhraseNode] = {}
        for number, row in enumerate(rows):
            if ALWAYS in row.phrases:
                self._start_sums[row.outcome] += row.weight
            else:
                for phrase in row.phrases:
                    self._end_node(phrase).rows.append(number)

    def __contains__(self, word: object) -> bool:
        """Return whether a phrase begins with this word."""
        return word in self._roots

    def match(self, words: Sequence[str]) -> PhraseMatches:
        """Return the rows of which a phrase is in these words. Each row counts once."""
        matching_rows: set[int] = set()
        roots, end = self._roots, len(words)
        for next_index, word in enumerate(words, 1):
            node = roots.get(word)
            while node is not None:
                matching_rows.update(node.rows)
                if not node.following or next_index == end:
                    break
                node = node.following.get(words[next_index])
                next_index += 1  # noqa: PLW2901 - walks along this phrase only
        sums = self._start_sums.copy()
        for row in matching_rows:
            outcome, weight = self._weights[row]
            sums[outcome] += weight
        return PhraseMatches([self._rows[row] for row in sorted(matching_rows)], sums)

    def _end_node(self, phrase: str) -> _PhraseNode:
        """Return the node at which a phrase ends; add it to the tree if needed."""
        nodes = self._roots
        for word in phrase.split(" "):
            node = nodes.setdefault(word, _PhraseNode())
            nodes = node.following
        return node
