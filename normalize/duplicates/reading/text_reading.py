"""The words and entities of a text, read once for all that is asked about the text. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from language.model import LanguageModel
from language.words import Word, WordReader
from normalize.duplicates.reading.region_extraction import RegionExtraction
from normalize.entities import Entity


@dataclass(frozen=True, slots=True, eq=False)
class TextReading:
    """The words and the relevant entities of `text`, found by `words_reader` and the tables of its language model."""

    text: str
    words: Sequence[Word]
    entities: Sequence[Entity]
    words_reader: WordReader


class TextReader:
    """Reads texts and addresses."""

    def __init__(self, words: WordReader, extraction: RegionExtraction) -> None:
        self._words = words
        self.extraction = extraction

    @classmethod
    def of(cls, language: LanguageModel) -> "TextReader":
        """Return the reader of a language model."""
        return cls(language.words, RegionExtraction(language.gazetteer, language.villages))

    def read(self, text: str, earlier: TextReading | None = None) -> TextReading:
        """Return the reading of a text: the earlier one if it is of the same text by the same language model."""
        if earlier is not None and earlier.text == text and earlier.words_reader is self._words:
            return earlier
        entities = self.extraction.extract_relevant_entities(text)
        return TextReading(text, self._words.read_words(text) if text else (), entities, self._words)
