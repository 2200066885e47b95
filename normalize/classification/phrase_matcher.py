"""Finds the phrases of `kinds.csv` in the tokens of a message, in one pass."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from config.reference.classification_phrases import ALWAYS, LISTED, WEIGHED, ClassificationRow
from config.reference.table_reader import phrase_words
from language.phrase_lexicon import Phrase, PhraseLexicon


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
        numbers: dict[Phrase, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            if ALWAYS in row.phrases:
                self._start_sums[row.outcome] += row.weight
            else:
                for phrase in row.phrases:
                    numbers[phrase_words(phrase)].append(number)
        self._row_numbers = PhraseLexicon(numbers)

    def __contains__(self, word: object) -> bool:
        """Return True if a phrase begins with this word."""
        return self._row_numbers.begins_with(word)

    def match(self, words: Sequence[str]) -> PhraseMatches:
        """Return the rows of which a phrase is in these words. Each row counts once."""
        matching_rows = {number for match in self._row_numbers.find_all(words) for number in match.meaning}
        sums = self._start_sums.copy()
        for row in matching_rows:
            outcome, weight = self._weights[row]
            sums[outcome] += weight
        return PhraseMatches([self._rows[row] for row in sorted(matching_rows)], sums)
