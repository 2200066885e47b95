"""What citizens complain of, and the words they say it in. Facts read from three tables in `config/data`.

`troubles.csv` has topics, which bring complaints together; `things.csv` has what is complained of (a street lamp),
`faults.csv` what is wrong with it (dark, flickering, always on), by which two at one place are told apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.reference.table_reader import TableError, read_table

_DATA = Path(__file__).parents[1] / "data"
_APART = " ~ "
_NEARBY = 6


class TermIndex:
    """Finds topics in words; `phrases` says which topic each phrase (words with single spaces) speaks of.

    `air ~ mati` is both words within `_NEARBY` words, in any order.
    """

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._topics: dict[tuple[str, ...], str] = {}
        self._pairs: dict[str, list[tuple[str, str]]] = {}
        self._lengths: dict[str, list[int]] = {}
        for phrase, topic in phrases.items():
            one, apart, other = phrase.partition(_APART)
            if apart:
                self._pairs.setdefault(one, []).append((other, topic))
                continue
            words = tuple(phrase.split())
            self._topics[words] = topic
            lengths = self._lengths.setdefault(words[0], [])
            if len(words) not in lengths:
                lengths.append(len(words))
                lengths.sort(reverse=True)
        self.topics = frozenset(phrases.values())
        self.words = frozenset(word for phrase in phrases for word in phrase.split() if word != _APART.strip())

    def of(self, words: Sequence[str]) -> frozenset[str]:
        """The topics that words in their normal form speak of."""
        return frozenset(self._found(words))

    def _found(self, words: Sequence[str]) -> Iterable[str]:
        # A word within a longer phrase says nothing of its own: `pju padam` is no power cut.
        said = 0
        for place, word in enumerate(words):
            if place >= said:
                for length in self._lengths.get(word, ()):
                    if topic := self._topics.get(tuple(words[place : place + length])):
                        said = place + length
                        yield topic
                        break
            if pairs := self._pairs.get(word):
                around = words[max(0, place - _NEARBY) : place + _NEARBY + 1]
                yield from (topic for other, topic in pairs if other in around)


@dataclass(frozen=True, slots=True)
class MatterTerms:
    """The three tables."""

    topics: TermIndex
    things: TermIndex
    faults: TermIndex

    @property
    def words(self) -> frozenset[str]:
        """All words of all their phrases."""
        return self.topics.words | self.things.words | self.faults.words


def load_matter_terms(folder: Path = _DATA) -> MatterTerms:
    """The tables in a folder. Raises `TableError`."""
    return MatterTerms(*(load_terms(folder / f"{name}.csv") for name in ("troubles", "things", "faults")))


def load_terms(path: Path) -> TermIndex:
    """The topics in a file. Raises `TableError`."""
    read = (row.cells for row in read_table(path, ("topic", "words")))
    rows = [(row["topic"].strip(), row["words"].split("|")) for row in read]
    phrases: dict[str, str] = {}
    for topic, words in rows:
        for phrase in words:
            if not topic or phrase != " ".join(phrase.lower().split()) or not phrase:
                raise TableError(f"{path.name}: {topic!r}: {phrase!r} is not a phrase in lower case with single spaces")
            if phrase in phrases:
                raise TableError(f"{path.name}: {phrase!r} stands under {phrases[phrase]!r} and {topic!r}")
            phrases[phrase] = topic
    return TermIndex(phrases)
