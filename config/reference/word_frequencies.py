"""Frequencies of words in complaints, from `vocabulary.csv`: a word of every text tells nothing, a rare one much.

`python -m bench.vocabulary` counts them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from math import log
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableError, TableRow, read_table

WORD_FREQUENCIES = "vocabulary.csv"
# Rarity of a number. It tells less than a name: durations and counts change from one complaint to the next.
_NUMBER_RARITY = 0.5
# Prefixes, each with the first letter that the root may have lost to it: "menumpuk" comes from "tumpuk".
_PREFIXES = (
    *(("memper", ""), ("diper", ""), ("meng", "k"), ("meng", ""), ("meny", "s"), ("mem", "p"), ("mem", "")),
    *(("men", "t"), ("men", ""), ("me", ""), ("peng", "k"), ("peng", ""), ("peny", "s"), ("pem", "p"), ("pem", "")),
    *(("pen", "t"), ("pen", ""), ("per", ""), ("pe", ""), ("ber", ""), ("be", ""), ("ter", ""), ("di", "")),
    *(("ke", ""), ("se", ""), ("ng", "k"), ("ng", ""), ("ny", "s"), ("n", "t"), ("", "")),
)
# Most words begin with the letter of few prefixes. The empty prefix is tried for each word, last.
_PREFIXES_BY_LETTER = {
    letter: tuple(prefix for prefix in _PREFIXES if prefix[0][:1] == letter)
    for letter in dict.fromkeys(prefix[:1] for prefix, _ in _PREFIXES)
}
_SUFFIXES = ("kan", "an", "in", "lah", "kah", "i", "nye", "ne", "e", "na", "ku", "mu", "")
_MIN_ROOT_LETTERS = 4
# The logarithm of one text would divide by zero.
_MIN_TEXTS = 2
# Of the words of a text most are among a few thousand.
_CACHED_WORDS = 1 << 13


class _Rarities(dict[str, float]):
    """Rarities of the known words. The rarity of any other word is not stored."""

    def __missing__(self, word: str) -> float:
        return _NUMBER_RARITY if word.isdecimal() else 1.0


class WordFrequencies:
    """`counts` are the numbers of texts that contain each known word, of `texts` texts altogether."""

    def __init__(self, counts: Mapping[str, int], texts: int) -> None:
        # Words with the same count share the number of their rarity.
        rarities = {count: log(texts / min(count, texts)) / log(texts) for count in set(counts.values())}
        self._rarities = _Rarities((word, rarities[count]) for word, count in counts.items())
        # The rarity of a word: 0 for a word of every text, 1 for a word of none.
        self.rarity: Callable[[str], float] = self._rarities.__getitem__
        self.root = lru_cache(_CACHED_WORDS)(self._root)
        self.is_known = lru_cache(_CACHED_WORDS)(self._is_known)
        self.weighted_root = lru_cache(_CACHED_WORDS)(self._weighted_root)

    @property
    def words(self) -> Collection[str]:
        """The known words."""
        return self._rarities.keys()

    def _is_known(self, word: str) -> bool:
        """Return True for a word of the language or one derived from it, False for a name of a person or place."""
        return word in self._rarities or bool(self.root(word))

    def _root(self, word: str) -> str:
        """Return the shortest known word that a word may be derived from: `baik` for `diperbaiki`; "" if none."""
        return min((root for root in _possible_roots(word) if root in self._rarities), key=len, default="")

    def _weighted_root(self, word: str) -> tuple[str, float] | None:
        """Return the root of a word, or the word itself if it has none, with the rarity; `None` for a name."""
        root = self.root(word) or word
        return (root, self.rarity(root)) if self.is_known(root) else None


def _possible_roots(word: str) -> Iterator[str]:
    for suffix in _SUFFIXES:
        if suffix and not word.endswith(suffix):
            continue
        stem = word.removesuffix(suffix)
        for prefix, lost_letter in (*_PREFIXES_BY_LETTER.get(stem[:1], ()), *_PREFIXES_BY_LETTER[""]):
            if stem.startswith(prefix) and len(stem) - len(prefix) + len(lost_letter) >= _MIN_ROOT_LETTERS:
                yield lost_letter + stem[len(prefix) :]


def load_word_frequencies(path: Path = SHIPPED_FOLDER / WORD_FREQUENCIES) -> WordFrequencies:
    """Return the word frequencies in a table; its first row holds the number of texts. Raises `TableError`."""
    rows = read_table(path, ("word", "texts"), uneven_rows=True)
    counts = [(row.cells["word"], _count(path, row)) for row in rows]
    if not counts or counts[0][0] or counts[0][1] < _MIN_TEXTS:
        raise TableError(
            f"{path.name}: the first row must have no word and the number of texts, which is at least {_MIN_TEXTS}"
        )
    (_, texts), *word_counts = counts
    return WordFrequencies(dict(word_counts), texts)


def _count(path: Path, row: TableRow) -> int:
    try:
        count = int(row.cells["texts"])
    except ValueError as error:
        raise TableError(f"{path.name}: line {row.line}: write the number of texts in digits") from error
    if count < 1:
        raise TableError(f"{path.name}: line {row.line}: the number of texts must be 1 or more")
    return count
