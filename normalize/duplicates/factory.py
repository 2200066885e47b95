"""Builds the duplicate search from a language model, the learned weights and the key of its digests."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from config.reference.duplicate_weights import DuplicateWeights
from config.reference.reloading import Source
from language.model import LanguageModel
from normalize.duplicates.comparison.comparator import Comparator
from normalize.duplicates.matcher import Matcher
from normalize.duplicates.reading.comparable_reader import ComparableReader
from normalize.duplicates.reading.text_reading import TextReader

# Length of the keyed digest of an identifier, in bytes.
_DIGEST_BYTES = 16


@dataclass(frozen=True, eq=False)
class DuplicateDetection:
    """The parts of the duplicate search. Identifiers in texts are kept only as digests with `digest_key`."""

    language: LanguageModel
    weights: DuplicateWeights
    digest_key: bytes = b""

    @cached_property
    def comparator(self) -> Comparator:
        """Compares two complaints with the learned weights."""
        return Comparator(self.language.word_frequencies, self.weights)

    @cached_property
    def reader(self) -> ComparableReader:
        """Reads complaints into their comparable form."""
        language = self.language
        return ComparableReader(
            TextReader.of(language),
            language.word_frequencies,
            language.matter_terms,
            language.villages.name_words,
            self._digest,
        )

    @cached_property
    def matcher(self) -> Matcher:
        """Finds the earlier complaint about the same matter."""
        return Matcher(self.reader, self.comparator, self.language.version)

    def _digest(self, identifier: bytes) -> str:
        return hashlib.blake2b(identifier, digest_size=_DIGEST_BYTES, key=self.digest_key).hexdigest()


class MatcherSource:
    """Source of the matcher for the language model in force; it builds a new one when the model has changed."""

    def __init__(self, languages: Source[LanguageModel], weights: DuplicateWeights, digest_key: bytes) -> None:
        self._languages = languages
        self._weights = weights
        self._digest_key = digest_key
        self._detection = DuplicateDetection(languages.current(), weights, digest_key)

    def current(self) -> Matcher:
        """Return the matcher for the language model in force."""
        language = self._languages.current()
        if language is not self._detection.language:
            self._detection = DuplicateDetection(language, self._weights, self._digest_key)
        return self._detection.matcher
