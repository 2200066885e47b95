"""How usual a word is in complaints: what everybody writes tells nothing, what few write tells much.

Facts read from `config/data/vocabulary.csv`, which `python -m bench.vocabulary` counts.
"""

import csv
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from math import log
from pathlib import Path

from config.settings import SettingsError

_FILE = Path(__file__).parents[1] / "data" / "vocabulary.csv"
# A number tells less than a name: durations and counts change from one letter to the next.
_NUMBER = 0.5
# Before a word, and the letter that it may have taken the place of: menumpuk is of tumpuk.
_PREFIXES = (
    *(("memper", ""), ("diper", ""), ("meng", "k"), ("meng", ""), ("meny", "s"), ("mem", "p"), ("mem", "")),
    *(("men", "t"), ("men", ""), ("me", ""), ("peng", "k"), ("peng", ""), ("peny", "s"), ("pem", "p"), ("pem", "")),
    *(("pen", "t"), ("pen", ""), ("per", ""), ("pe", ""), ("ber", ""), ("be", ""), ("ter", ""), ("di", "")),
    *(("ke", ""), ("se", ""), ("ng", "k"), ("ng", ""), ("ny", "s"), ("n", "t"), ("", "")),
)
_SUFFIXES = ("kan", "an", "in", "lah", "kah", "i", "nye", "ne", "e", "na", "ku", "mu", "")
_LEAST_ROOT = 4
_LEAST_TEXTS = 2
_REMEMBERED = 1 << 15


class VocabularyError(SettingsError):
    """The file can't be read as words with their counts; the text names the row."""


class WordFrequencies:
    """`counts` says in how many of `texts` texts each known word stands."""

    def __init__(self, counts: Mapping[str, int], texts: int) -> None:
        self._weights = {word: log(texts / min(count, texts)) / log(texts) for word, count in counts.items()}
        self.root = lru_cache(_REMEMBERED)(self._root)

    @property
    def words(self) -> Collection[str]:
        """The known words."""
        return self._weights.keys()

    def weight(self, word: str) -> float:
        """0 for a word that every text has, 1 for one that none has."""
        return self._weights.get(word, _NUMBER if word.isdecimal() else 1.0)

    def knows(self, word: str) -> bool:
        """Whether it is a word of the language, or made of one, rather than somebody's or some place's name."""
        return word in self._weights or bool(self.root(word))

    def _root(self, word: str) -> str:
        """The known word that one is made of, the shortest that it may be: `baik` of `diperbaiki`; empty if none."""
        return min((root for root in _roots(word) if root in self._weights), key=len, default="")


def _roots(word: str) -> Iterator[str]:
    """What a word may be made of: `diperbaiki` of `baik`."""
    for suffix in _SUFFIXES:
        if suffix and not word.endswith(suffix):
            continue
        bare = word.removesuffix(suffix)
        for prefix, lost in _PREFIXES:
            if bare.startswith(prefix) and len(bare) - len(prefix) + len(lost) >= _LEAST_ROOT:
                yield lost + bare[len(prefix) :]


def load_word_frequencies(path: Path = _FILE) -> WordFrequencies:
    """The words in a file; its first row holds the number of texts. Raises `VocabularyError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(row["word"], int(row["texts"])) for row in csv.DictReader(file, strict=True)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise VocabularyError(f"{path}: {error!r}") from error
    if not rows or rows[0][0] or rows[0][1] < _LEAST_TEXTS or min(count for _, count in rows) < 1:
        raise VocabularyError(
            f"{path}: the first row has no word and the number of texts, at least {_LEAST_TEXTS}; no count is below 1"
        )
    return WordFrequencies(dict(rows[1:]), rows[0][1])
