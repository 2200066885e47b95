"""Reads title and text of a report into words in normal form, with spelling corrected."""

from operator import attrgetter

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
            corrected_words = tuple(
                word if word.normal == normal_form else word._replace(normal=normal_form)
                for word, normal_form in zip(words, normal_forms, strict=True)
            )
        return ReportText(
            text, words, corrected_words, normal_forms, frozenset(normal_forms), body_start=text.find("\n") + 1
        )
