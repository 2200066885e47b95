"""Reads title and text of a report into words in normal form, with spelling corrected."""

from itertools import compress
from operator import attrgetter, ne

from language.spelling import SpellingCorrector
from language.words import WordReader
from messages.shapes import Report
from router.evidence.reading.report_text import ReportText
from router.location.searched_text import location_text


class ReportReader:
    """Reads reports with one version of the word tables."""

    def __init__(self, words: WordReader, speller: SpellingCorrector) -> None:
        self._words = words
        self._speller = speller

    def read(self, report: Report) -> ReportText:
        """Return title and text of a report with their words."""
        text = location_text(report)
        words = tuple(self._words.read_words(text))
        uncorrected_forms = tuple(map(attrgetter("normal"), words))
        normal_forms = tuple(map(self._speller.correct, uncorrected_forms))
        corrected_words = words
        if normal_forms != uncorrected_forms:
            corrected = list(words)
            for position in compress(range(len(words)), map(ne, uncorrected_forms, normal_forms)):
                corrected[position] = words[position]._replace(normal=normal_forms[position])
            corrected_words = tuple(corrected)
        return ReportText(
            text, words, corrected_words, normal_forms, frozenset(normal_forms), body_start=text.find("\n") + 1
        )
