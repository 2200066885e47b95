"""Recognises talk: messages without any content, questions about an own report, and wishes to cancel one. Pure.

A message is talk only if phrases of `kinds.csv` cover every word of it. With any other word it may be a report.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from config.reference.classification_phrases import TALK, ClassificationRow
from config.reference.table_reader import phrase_words
from language.phrase_lexicon import Phrase, PhraseLexicon, longest_by_word

TalkReason = Literal["thanks", "no-content", "report-question", "cancel-request", "other-service"]

# A longer message is a report, whatever its words are.
_MAX_WORDS = 15
# "REG BOLA": the keyword of a paid service and its name. More words may be a report.
_WORDS_OF_SUBSCRIPTION = 2


class TalkReader:
    """Reads by the rows of `kinds.csv` whose outcome is one of `TALK`."""

    def __init__(self, rows: Iterable[ClassificationRow]) -> None:
        outcomes: dict[Phrase, set[str]] = defaultdict(set)
        for row in rows:
            if row.outcome in TALK:
                for phrase in row.phrases:
                    outcomes[phrase_words(phrase)].add(row.outcome)
        self._phrases = PhraseLexicon({phrase: frozenset(found) for phrase, found in outcomes.items()})

    def read(self, words: Sequence[str], *, has_thanks: bool = False) -> TalkReason | None:
        """Return the kind of talk; None for a message with any word that is in no phrase.

        With thanks, the names of what a service does ("responnya") ask for nothing.
        """
        if not 0 < len(words) <= _MAX_WORDS:
            return None
        outcomes, covered = set[str](), 0
        matches = {match.first: match for match in longest_by_word(self._phrases.find_all(words))}
        if len(words) == _WORDS_OF_SUBSCRIPTION and 0 in matches and "subscribes" in matches[0].meaning:
            return "other-service"
        while covered < len(words):
            match = matches.get(covered)
            if match is None:
                return None
            outcomes |= match.meaning
            covered = match.end
        return _reason(outcomes, has_thanks=has_thanks)


def _reason(outcomes: set[str], *, has_thanks: bool) -> TalkReason | None:
    """Return the kind of talk with these outcomes. *Belum* alone pushes: it may be about what was reported."""
    if "not-yet" in outcomes and not outcomes & {"already", "asks"}:
        return None
    if "other-service" in outcomes:
        return "other-service"
    if "cancels" in outcomes:
        return "cancel-request"
    if "asks" in outcomes or ("about" in outcomes and not has_thanks):
        return "report-question"
    return "thanks" if has_thanks else "no-content"
