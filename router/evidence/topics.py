"""What a report is about: topics of an editable lexicon, with their weights. Pure; who is competent is elsewhere."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise, product
from math import isfinite
from pathlib import Path

from config.reference.table_reader import TableRow, raise_faults, read_table
from language.phrase_lexicon import LexiconMatch, Phrase, PhraseLexicon
from language.words import WordReader

COLUMNS = ("topic", "category", "weight", "words", "unless")
# The parts of a phrase that are written apart lie so near each other, in words.
_APART = 6
_APART_SIGN = "~"
_MOST_OF_A_PART = 4
# “Bukan masalah listrik”: so many words before the phrase.
_DENIED_WITHIN = 2
_DENIES = frozenset({"bukan", "selain", "kecuali"})
# The second phrase of a topic tells half of what it would alone, the third a quarter: they go together anyway.
_EACH_FURTHER = 0.5


Span = tuple[int, int]
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """A row: phrases that speak alike strongly for a topic (log-odds), unless a report has one of the others."""

    id: int
    topic: str
    weight: float
    phrases: tuple[tuple[Phrase, ...], ...]
    unless: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that a report speaks of, by a score in log-odds.

    `spans` are where the strongest of its phrases stands, part by part, and `words` these parts as written. What stands
    between the parts is never quoted: it may be anybody's name or number.
    """

    name: str
    score: float
    spans: tuple[Span, ...]
    words: str = ""

    def quoting(self, written: Callable[[int, int], str]) -> "Topic":
        """With its words; `written` gives those from one place to before another."""
        return replace(self, words=" … ".join(written(*span) for span in self.spans))


class Topics:
    """Finds the topics of a report."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._cues = cues
        self._alone: dict[Phrase, list[Cue]] = defaultdict(list)
        # By the first part and the second: the whole and what it speaks for.
        self._apart: dict[Phrase, dict[Phrase, list[tuple[tuple[Phrase, ...], Cue]]]] = defaultdict(dict)
        self._barring: dict[Phrase, list[int]] = defaultdict(list)
        for cue in cues:
            for parts in cue.phrases:
                if len(parts) == 1:
                    self._alone[parts[0]].append(cue)
                else:
                    self._apart[parts[0]].setdefault(parts[1], []).append((parts, cue))
            for phrase in cue.unless:
                self._barring[phrase].append(cue.id)
        halves = {part for cue in cues for parts in cue.phrases if len(parts) > 1 for part in parts}
        self._wholes = PhraseLexicon({phrase: phrase for phrase in self._alone})
        self._halves = PhraseLexicon({phrase: phrase for phrase in halves})
        self._bars = PhraseLexicon(self._barring)

    @property
    def cues(self) -> Sequence[Cue]:
        """The rows, in their order."""
        return self._cues

    def known(self) -> Iterable[str]:
        """Every word of a phrase."""
        return {*self._wholes.words(), *self._halves.words()}

    def find(self, words: Sequence[str], apart: Sequence[tuple[int, int]] = ()) -> list[Topic]:
        """The topics that words in their normal form speak of, the one with the highest score first.

        What lies within one of the spans that are kept `apart` says nothing.
        """
        wholes, halves = (self._said(lexicon, words, apart) for lexicon in (self._wholes, self._halves))
        barred = {cue for cues in self._bars.every(words) for cue in cues} if wholes or halves else frozenset()
        spoken: dict[str, dict[Phrase, tuple[float, Spans]]] = defaultdict(dict)
        for cue, phrase, spans in (*self._spoken(wholes), *self._together(halves)):
            if cue.id not in barred:
                known = spoken[cue.topic].get(phrase)
                if known is None or known[0] < cue.weight:
                    spoken[cue.topic][phrase] = (cue.weight, spans)
        found = [_scored(name, list(said.values())) for name, said in spoken.items()]
        return sorted(found, key=lambda topic: (-topic.score, topic.name))

    def _said(
        self, lexicon: PhraseLexicon[Phrase], words: Sequence[str], apart: Sequence[tuple[int, int]]
    ) -> Sequence[LexiconMatch[Phrase]]:
        said = (hit for hit in lexicon.find(words) if not _denied(words, hit.first))
        return [hit for hit in said if not any(first <= hit.first and hit.end <= end for first, end in apart)]

    def _spoken(self, hits: Iterable[LexiconMatch[Phrase]]) -> Iterator[tuple[Cue, Phrase, Spans]]:
        for hit in hits:
            for cue in self._alone[hit.meaning]:
                yield cue, hit.meaning, ((hit.first, hit.end),)

    def _together(self, hits: Iterable[LexiconMatch[Phrase]]) -> Iterator[tuple[Cue, Phrase, Spans]]:
        where: dict[Phrase, list[LexiconMatch[Phrase]]] = defaultdict(list)
        for hit in hits:
            where[hit.meaning].append(hit)
        wholes = (
            whole
            for first in tuple(where)
            if (seconds := self._apart.get(first))
            # However many begin with this part, only those are looked at whose second part is there too.
            for second in where.keys() & seconds.keys()
            for whole in seconds[second]
        )
        for parts, cue in sorted(wholes, key=lambda whole: (whole[1].id, whole[0])):
            if all(map(where.__contains__, parts)) and (near := _nearest([where[part] for part in parts])):
                yield cue, tuple(word for part in parts for word in part), near


def _denied(words: Sequence[str], first: int) -> bool:
    return any(word in _DENIES for word in words[max(0, first - _DENIED_WITHIN) : first])


def _nearest(parts: Sequence[Sequence[LexiconMatch[Phrase]]]) -> Spans | None:
    """Where the parts lie nearest each other, in whatever order; nothing where they are apart."""
    found: list[Spans] = []
    for some in product(*(hits[:_MOST_OF_A_PART] for hits in parts)):
        ordered = sorted(some, key=lambda hit: hit.first)
        if all(0 <= later.first - earlier.end < _APART for earlier, later in pairwise(ordered)):
            found.append(tuple((hit.first, hit.end) for hit in ordered))
    return min(found, key=lambda spans: spans[-1][1] - spans[0][0], default=None)


def _scored(name: str, said: Sequence[tuple[float, Spans]]) -> Topic:
    ranked = sorted(said, key=lambda one: (-one[0], one[1][0][0]))
    score = sum(weight * _EACH_FURTHER**place for place, (weight, _) in enumerate(ranked))
    return Topic(name, score, ranked[0][1])


def load_topics(path: Path, words: WordReader) -> Topics:
    """The topics in a file; phrases are read as words of reports are. Raises `TableError`."""
    faults: list[str] = []
    numbers = count()
    cues = [cue for row in read_table(path, COLUMNS) if (cue := _cue(next(numbers), row, words, faults))]
    raise_faults(path, faults)
    return Topics(cues)


def _cue(number: int, row: TableRow, words: WordReader, faults: list[str]) -> Cue | None:
    try:
        weight = float(row.cells["weight"])
    except ValueError:
        faults.append(f"line {row.line}: weight {row.cells['weight']!r} is no number")
        return None
    if not isfinite(weight):
        faults.append(f"line {row.line}: weight {row.cells['weight']!r} is no number")
    phrases = tuple(_parts(phrase, words) for phrase in row.parts("words"))
    unless = tuple(_phrase(phrase, words) for phrase in row.parts("unless"))
    if not row.cells["topic"] or not phrases:
        faults.append(f"line {row.line}: a topic and at least one phrase are needed")
    if any(() in parts for parts in phrases) or () in unless:
        faults.append(f"line {row.line}: {row.cells['topic']}: a phrase has no words")
    return Cue(number, row.cells["topic"], weight, phrases, unless)


def _parts(phrase: str, words: WordReader) -> tuple[Phrase, ...]:
    return tuple(_phrase(part, words) for part in phrase.split(_APART_SIGN))


def _phrase(written: str, words: WordReader) -> Phrase:
    return tuple(word.normal for word in words.of(written))
