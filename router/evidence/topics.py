"""Topics of a report, found by an editable lexicon of phrases with weights. Pure; does not decide competence."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise, product
from math import isfinite
from operator import itemgetter
from pathlib import Path
from sys import intern
from typing import NamedTuple

from config.reference.table_reader import TableRow, raise_faults, read_table
from language.phrase_lexicon import LexiconMatch, Phrase, PhraseLexicon, longest_matches
from language.spans import Span, SpanSet
from language.words import WordReader

TOPICS = "topics.csv"
COLUMNS = ("topic", "name", "category", "weight", "words", "unless")
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


class Topic(NamedTuple):
    """A topic that a report speaks of, with a score in log-odds.

    `spans` are the parts of its strongest phrase, as words from the first to before the second number. `quote` is
    their text. Words between the parts are never quoted: they may be a person's name or number. A topic
    `is_background` only says who somebody is, or when and why something happened.
    """

    name: str
    score: float
    spans: Spans
    quote: str = ""
    is_background: bool = False

    def with_quote(self, quote_words: Callable[[int, int], str]) -> "Topic":
        """Return the topic with its quote; `quote_words` returns the text of the words from one to before another."""
        return self._replace(quote=" … ".join([quote_words(*span) for span in self.spans]))


class _CueMatch(NamedTuple):
    """A phrase of a cue in a report."""

    cue: Cue
    phrase: Phrase
    spans: Spans


@dataclass(slots=True, eq=False)
class TopicPhrase:
    """A phrase of the table: the cues that it is a phrase of, the ids of those of which it is a part, or excludes.

    `parted` are the phrases of several parts that it begins, by their second part. There are 12,000 phrases: those that
    lack something have one empty value for it in common.
    """

    words: Phrase
    cues: tuple[Cue, ...] = ()
    cue_ids: frozenset[int] = frozenset()
    part_cue_ids: frozenset[int] = frozenset()
    excluded_cue_ids: tuple[int, ...] = ()
    parted: dict["TopicPhrase", list["_PartedPhrase"]] | None = None


class _PartedPhrase(NamedTuple):
    """A phrase of several parts. Its first two values are the order in which such phrases count."""

    cue_id: int
    words_of_parts: tuple[Phrase, ...]
    parts: tuple[TopicPhrase, ...]
    cue: Cue


TopicOccurrence = LexiconMatch[TopicPhrase]
_in_order = itemgetter(0, 1)


class Topics:
    """Finds the topics of a report. `phrases` are those of all cues, parts and exceptions."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._cues = cues
        self.phrases: dict[Phrase, TopicPhrase] = {}
        for cue in cues:
            self._add_cue(cue)

    def _add_cue(self, cue: Cue) -> None:
        ids = frozenset((cue.id,))
        for words_of_parts in cue.phrases:
            parts = tuple(map(self._phrase, words_of_parts))
            if len(parts) == 1:
                parts[0].cues += (cue,)
                parts[0].cue_ids = _joined(parts[0].cue_ids, ids)
            else:
                parted = _PartedPhrase(cue.id, words_of_parts, parts, cue)
                parts[0].parted = parts[0].parted or {}
                parts[0].parted.setdefault(parts[1], []).append(parted)
                for part in parts:
                    part.part_cue_ids = _joined(part.part_cue_ids, ids)
        for phrase in cue.unless:
            self._phrase(phrase).excluded_cue_ids += (cue.id,)

    def _phrase(self, words: Phrase) -> TopicPhrase:
        return self.phrases.setdefault(words, TopicPhrase(words))

    @property
    def cues(self) -> Sequence[Cue]:
        """The rows of the table, in their order."""
        return self._cues

    def vocabulary(self) -> Iterable[str]:
        """Return every word of a phrase."""
        phrases = self.phrases.values()
        return {word for phrase in phrases if phrase.cues or phrase.part_cue_ids for word in phrase.words}

    @cached_property
    def _lexicon(self) -> PhraseLexicon[TopicPhrase]:
        return PhraseLexicon(self.phrases)

    def find(self, words: Sequence[str]) -> list[Topic]:
        """Return the topics in a sequence of normal forms, the one with the highest score first."""
        return find_topics(self._lexicon.find_all(words), words)


def _joined(ids: frozenset[int], further_ids: frozenset[int]) -> frozenset[int]:
    """Return all ids; the further ones themselves if there are no others: most phrases of a cue share its set."""
    return ids | further_ids if ids else further_ids


def find_topics(
    occurrences: Sequence[TopicOccurrence],
    words: Sequence[str],
    excluded_spans: Iterable[Span] = (),
    excluded_starts: Collection[int] = (),
) -> list[Topic]:
    """Return the topics of all phrases that occur among some words, the one with the highest score first.

    Phrases within one of the excluded spans, or that begin at an excluded word, do not count. A phrase that counts
    for no topic here, because all its rows are excluded, does not hide a shorter one inside it ("paspor" in "bikin
    paspor").
    """
    if not occurrences:
        return []
    excluded_ids = {cue_id for occurrence in occurrences for cue_id in occurrence.meaning.excluded_cue_ids}
    has_negation = not _NEGATIONS.isdisjoint(words)
    excluded = _Excluded(words, SpanSet(excluded_spans), excluded_starts, has_negation)
    phrases = longest_matches([match for match in occurrences if not match.meaning.cue_ids <= excluded_ids])
    parts = longest_matches([match for match in occurrences if not match.meaning.part_cue_ids <= excluded_ids])
    cue_matches = (*_match_phrases(excluded.without(phrases)), *_match_parts(excluded.without(parts)))
    matches = (match for match in cue_matches if match.cue.id not in excluded_ids)
    topics = [_topic(name, list(matches.values())) for name, matches in _strongest_matches(matches).items()]
    return sorted(topics, key=lambda topic: (-topic.score, topic.name))


def _match_phrases(occurrences: Iterable[TopicOccurrence]) -> Iterator[_CueMatch]:
    for occurrence in occurrences:
        for cue in occurrence.meaning.cues:
            yield _CueMatch(cue, occurrence.meaning.words, ((occurrence.first, occurrence.end),))


def _match_parts(occurrences: Iterable[TopicOccurrence]) -> Iterator[_CueMatch]:
    by_part: dict[TopicPhrase, list[TopicOccurrence]] = defaultdict(list)
    for occurrence in occurrences:
        by_part[occurrence.meaning].append(occurrence)
    for parted in sorted(_phrases_of_parts(by_part.keys()), key=_in_order):
        if all(map(by_part.__contains__, parted.parts)) and (
            spans := _nearest_spans([by_part[part] for part in parted.parts])
        ):
            yield _CueMatch(parted.cue, tuple(word for words in parted.words_of_parts for word in words), spans)


def _phrases_of_parts(parts: AbstractSet[TopicPhrase]) -> Iterator[_PartedPhrase]:
    """Yield the phrases whose first two parts occur.

    Many phrases may begin with one part; only those whose second part occurs too cost time.
    """
    for first in parts:
        if first.parted:
            for second in parts & first.parted.keys():
                yield from first.parted[second]


class _Excluded(NamedTuple):
    """The parts of a text in which phrases do not count: spans of words, first words, and words behind a negation."""

    words: Sequence[str]
    spans: SpanSet
    starts: Collection[int]
    has_negation: bool

    def without(self, matches: Sequence[TopicOccurrence]) -> Sequence[TopicOccurrence]:
        """Return the matches that count."""
        if self.has_negation:
            matches = [match for match in matches if not _is_negated(self.words, match.first)]
        if self.spans:
            matches = [match for match in matches if not self.spans.contain(match.first, match.end)]
        return [match for match in matches if match.first not in self.starts]


def _is_negated(words: Sequence[str], first: int) -> bool:
    return any(word in _NEGATIONS for word in words[max(0, first - _NEGATION_DISTANCE) : first])


def _nearest_spans(occurrences_of_parts: Sequence[Sequence[TopicOccurrence]]) -> Spans | None:
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
    rows = read_table(path, COLUMNS)
    cues = [cue for row in rows if (cue := _cue(next(numbers), row, words, faults))]
    _read_names(rows, faults)
    raise_faults(path, faults)
    return Topics(cues)


def load_topic_names(path: Path) -> Mapping[str, str]:
    """Return the names of all topics of a table by their ids, in the order of the names. Raises `TableError`."""
    faults: list[str] = []
    names = _read_names(read_table(path, COLUMNS), faults)
    raise_faults(path, faults)
    return dict(sorted(names.items(), key=lambda item: item[1].casefold()))


def _read_names(rows: Sequence[TableRow], faults: list[str]) -> dict[str, str]:
    """Return the name of each topic by its id. Each topic has one, and no two topics have the same."""
    names: dict[str, str] = {}
    topics_by_name: dict[str, str] = {}
    for row in rows:
        topic, name = row.cells["topic"], row.cells["name"].strip()
        if not name:
            continue
        if topic in names:
            faults.append(
                f"line {row.line}: {topic} has the name {names[topic]!r} already; leave one of the cells empty"
            )
            continue
        names[topic] = name
        other = topics_by_name.setdefault(name.casefold(), topic)
        if other != topic:
            faults.append(f"line {row.line}: {other} and {topic} have the same name {name!r}; give each its own")
    nameless = sorted({row.cells["topic"] for row in rows} - names.keys() - {""})
    faults += [f"{topic}: no row has its name; write it into its first row, as people say it" for topic in nameless]
    return names


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
    return tuple(intern(word.normal) for word in words.read_words(written))
