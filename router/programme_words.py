"""Finds the words of priority programmes in a report. Pure; does not decide to which programme the report belongs.

Oversight decides that, without words: a dispatch takes the codes of the phrases there.
"""

from collections import defaultdict
from collections.abc import Sequence

from config.reference.programmes import ProgrammeTable
from language.phrase_lexicon import Phrase, PhraseLexicon
from language.words import Word, WordReader

# No report is marked by more phrases: each programme needs one.
_MOST_CODES = 20


class ProgrammeWords:
    """The phrases of a table in normal form, each with its codes."""

    def __init__(self, programmes: ProgrammeTable, words: WordReader) -> None:
        codes: defaultdict[Phrase, list[str]] = defaultdict(list)
        for row in programmes.rows:
            for phrase, code in row.word_codes().items():
                codes[tuple(word.normal for word in words.read_words(phrase))].append(code)
        self._lexicon = PhraseLexicon({phrase: tuple(of_phrase) for phrase, of_phrase in codes.items()})

    def find(self, words: Sequence[Word]) -> tuple[str, ...]:
        """Return the codes of the phrases among the words of a report, each once, in order.

        Spelling is not corrected: a mark follows from what is written.
        """
        matches = self._lexicon.find_all([word.normal for word in words])
        return tuple(dict.fromkeys(code for match in matches for code in match.meaning))[:_MOST_CODES]
