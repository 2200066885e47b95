"""Topics of a report, found by an editable lexicon of phrases with weights. Pure; does not decide competence."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import count, pairwise, product
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from config.reference.table_reader import TableRow, raise_faults, read_table
from language.phrase_lexicon import LexiconMatch, Phrase, PhraseLexicon
from language.spans import Span, SpanSet
from language.words import WordReader

COLUMNS = ("topic", "category", "weight", "words", "unless")
# A topic with at most this score (log-odds) is a hint: the place says as much.
HINT_SCORE = 1.5
# Separates the parts of a phrase that may have other words between them.
_PART_SEPARATOR = "~"
# At most so many words stand between two parts of a phrase.
_MAX_PART_DISTANCE = 6
# Of a part that occurs more often, only the first occurrences are combined: the time stays bounded.
_MAX_OCCURRENCES = 4
# “Bukan masalah listrik”: a negation counts within so many words before the phrase.
_NEGATION_DISTANCE = 2
_NEGATIONS = frozenset({"bukan", "selain", "kecuali"})
# Phrases of one topic occur together anyway: the second counts half of its weight, the third a quarter, and so on.
_REPETITION_FACTOR = 0.5

Spans = tuple[Span, ...]
_PhraseFilter = Callable[[Phrase], bool]


@dataclass(frozen=True, slots=True)
class Cue:
    """A row of the table: phrases that speak equally strongly for a topic.

    `weight` is in log-odds. Each phrase consists of one or more parts. The row does not count in a report that has a
    phrase of `unless`.
    """

    id: int
    topic: str
    weight: float
    phrases: tuple[tuple[Phrase, ...], ...]
    unless: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that a report speaks of, with a score in log-odds.

    `spans` are the parts of its strongest phrase, as words from the first to before the second number. `quote` is
    their text. Words between the parts are never quoted: they may be a person's name or number.
    """

    name: str
    score: float
    spans: Spans
    quote: str = ""

    def with_quote(self, quote_words: Callable[[int, int], str]) -> "Topic":
        """Return the topic with its quote; `quote_words` returns the text of the words from one to before another."""
        return replace(self, quote=" … ".join(quote_words(*span) for span in self.spans))


class _CueMatch(NamedTuple):
    """A phrase of a cue in a report."""

    cue: Cue
    phrase: Phrase
    spans: Spans


class Topics:
    """Finds the topics of a report."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._cues = cues
        self._cues_by_phrase: dict[Phrase, list[Cue]] = defaultdict(list)
        # Phrases of several parts by their first and their second part.
        self._cues_by_parts: dict[Phrase, dict[Phrase, list[tuple[tuple[Phrase, ...], Cue]]]] = defaultdict(dict)
        self._excluded_cue_ids: dict[Phrase, list[int]] = defaultdict(list)
        self._cue_ids_by_part: dict[Phrase, set[int]] = defaultdict(set)
        for cue in cues:
            self._add_cue(cue)
        self._phrase_lexicon = PhraseLexicon({phrase: phrase for phrase in self._cues_by_phrase})
        self._part_lexicon = PhraseLexicon({part: part for part in self._cue_ids_by_part})
        self._exclusion_lexicon = PhraseLexicon(self._excluded_cue_ids)

    def _add_cue(self, cue: Cue) -> None:
        for parts in cue.phrases:
            if len(parts) == 1:
                self._cues_by_phrase[parts[0]].append(cue)
            else:
                self._cues_by_parts[parts[0]].setdefault(parts[1], []).append((parts, cue))
                for part in parts:
                    self._cue_ids_by_part[part].add(cue.id)
        for phrase in cue.unless:
            self._excluded_cue_ids[phrase].append(cue.id)

    @property
    def cues(self) -> Sequence[Cue]:
        """The rows of the table, in their order."""
        return self._cues

    def vocabulary(self) -> Iterable[str]:
        """Return every word of a phrase."""
        return {*self._phrase_lexicon.words(), *self._part_lexicon.words()}

    def find(
        self, words: Sequence[str], excluded_spans: Iterable[Span] = (), excluded_starts: Container[int] = ()
    ) -> list[Topic]:
        """Return the topics in a sequence of normal forms, the one with the highest score first.

        Phrases within one of the excluded spans, or that begin at an excluded word, do not count. A phrase that counts
        for no topic here, because all its rows are excluded, does not hide a shorter one inside it ("paspor" in "bikin
        paspor").
        """
        excluded = SpanSet(excluded_spans)
        excluded_ids = {cue_id for cue_ids in self._exclusion_lexicon.find_all_meanings(words) for cue_id in cue_ids}
        phrases = _find_phrases(self._phrase_lexicon, words, excluded, self._phrase_filter(excluded_ids))
        parts = _find_phrases(self._part_lexicon, words, excluded, self._part_filter(excluded_ids))
        matches = (
            match
            for match in (
                *self._match_phrases(_starting_elsewhere(phrases, excluded_starts)),
                *self._match_parts(_starting_elsewhere(parts, excluded_starts)),
            )
            if match.cue.id not in excluded_ids
        )
        topics = [_topic(name, list(matches.values())) for name, matches in _strongest_matches(matches).items()]
        return sorted(topics, key=lambda topic: (-topic.score, topic.name))

    def _phrase_filter(self, excluded_ids: AbstractSet[int]) -> _PhraseFilter | None:
        """Return a function that is True for phrases with a row that is not excluded; `None` if no row is."""
        if not excluded_ids:
            return None
        return lambda phrase: any(cue.id not in excluded_ids for cue in self._cues_by_phrase[phrase])

    def _part_filter(self, excluded_ids: AbstractSet[int]) -> _PhraseFilter | None:
        """Return the same for parts of phrases."""
        return (lambda part: not self._cue_ids_by_part[part] <= excluded_ids) if excluded_ids else None

    def _match_phrases(self, occurrences: Iterable[LexiconMatch[Phrase]]) -> Iterator[_CueMatch]:
        for occurrence in occurrences:
            for cue in self._cues_by_phrase[occurrence.meaning]:
                yield _CueMatch(cue, occurrence.meaning, ((occurrence.first, occurrence.end),))

    def _match_parts(self, occurrences: Iterable[LexiconMatch[Phrase]]) -> Iterator[_CueMatch]:
        by_part: dict[Phrase, list[LexiconMatch[Phrase]]] = defaultdict(list)
        for occurrence in occurrences:
            by_part[occurrence.meaning].append(occurrence)
        candidates = sorted(
            self._phrases_of_parts(by_part.keys()), key=lambda candidate: (candidate[1].id, candidate[0])
        )
        for parts, cue in candidates:
            if all(map(by_part.__contains__, parts)) and (spans := _nearest_spans([by_part[part] for part in parts])):
                yield _CueMatch(cue, tuple(word for part in parts for word in part), spans)

    def _phrases_of_parts(self, parts: AbstractSet[Phrase]) -> Iterator[tuple[tuple[Phrase, ...], Cue]]:
        """Yield the phrases whose first two parts occur.

        Many phrases may begin with one part; only those whose second part occurs too cost time.
        """
        for first in parts:
            by_second = self._cues_by_parts.get(first, {})
            for second in parts & by_second.keys():
                yield from by_second[second]


def _find_phrases(
    lexicon: PhraseLexicon[Phrase],
    words: Sequence[str],
    excluded_spans: SpanSet,
    is_allowed: _PhraseFilter | None,
) -> Sequence[LexiconMatch[Phrase]]:
    has_negation = not _NEGATIONS.isdisjoint(words)
    return [
        match
        for match in lexicon.find_phrases(words, is_allowed)
        if not (has_negation and _is_negated(words, match.first)) and not excluded_spans.contain(match.first, match.end)
    ]


def _starting_elsewhere(
    matches: Iterable[LexiconMatch[Phrase]], excluded_starts: Container[int]
) -> Iterator[LexiconMatch[Phrase]]:
    return (match for match in matches if match.first not in excluded_starts)


def _is_negated(words: Sequence[str], first: int) -> bool:
    return any(word in _NEGATIONS for word in words[max(0, first - _NEGATION_DISTANCE) : first])


def _nearest_spans(occurrences_of_parts: Sequence[Sequence[LexiconMatch[Phrase]]]) -> Spans | None:
    """Return the spans of the parts where they stand nearest each other, in any order; `None` if they are far apart."""
    combinations: list[Spans] = []
    for combination in product(*(occurrences[:_MAX_OCCURRENCES] for occurrences in occurrences_of_parts)):
        ordered = sorted(combination, key=lambda occurrence: occurrence.first)
        if all(0 <= later.first - earlier.end < _MAX_PART_DISTANCE for earlier, later in pairwise(ordered)):
            combinations.append(tuple((occurrence.first, occurrence.end) for occurrence in ordered))
    return min(combinations, key=lambda spans: spans[-1][1] - spans[0][0], default=None)


def _strongest_matches(matches: Iterable[_CueMatch]) -> Mapping[str, Mapping[Phrase, _CueMatch]]:
    """Return for each topic the match with the largest weight of each phrase."""
    by_topic: dict[str, dict[Phrase, _CueMatch]] = defaultdict(dict)
    for match in matches:
        by_phrase = by_topic[match.cue.topic]
        strongest = by_phrase.get(match.phrase)
        if strongest is None or strongest.cue.weight < match.cue.weight:
            by_phrase[match.phrase] = match
    return by_topic


def _topic(name: str, matches: Sequence[_CueMatch]) -> Topic:
    ranked = sorted(matches, key=lambda match: (-match.cue.weight, match.spans[0][0]))
    score = sum(match.cue.weight * _REPETITION_FACTOR**rank for rank, match in enumerate(ranked))
    return Topic(name, score, ranked[0].spans)


def load_topics(path: Path, words: WordReader) -> Topics:
    """Return the topics of a table, with phrases in the normal form of words. Raises `TableError`."""
    faults: list[str] = []
    numbers = count()
    cues = [cue for row in read_table(path, COLUMNS) if (cue := _cue(next(numbers), row, words, faults))]
    raise_faults(path, faults)
    return Topics(cues)


def topic_ids(path: Path) -> Sequence[str]:
    """Return the ids of all topics of a table, sorted. Raises `TableError`."""
    return sorted({row.cells["topic"] for row in read_table(path, COLUMNS)})


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
    return tuple(_phrase(part, words) for part in phrase.split(_PART_SEPARATOR))


def _phrase(written: str, words: WordReader) -> Phrase:
    return tuple(word.normal for word in words.read_words(written))
