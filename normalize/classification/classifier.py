"""Classifies a message as complaint, suggestion or question, or as one that is not meant for the service.

Each phrase of a message (`config/data/kinds.csv`) adds its weight to a sum. To set aside a complaint is the worst
error. So a message is set aside only with a sum above the threshold, several strong phrases, and no word by which
people complain. Reads no database.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from config.reference.classification_phrases import ALWAYS, LISTED, TALK, WEIGHED, ClassificationRow
from config.reference.matter_terms import TermIndex
from config.reference.table_reader import phrase_words
from language.phrase_lexicon import Phrase, PhraseLexicon
from messages.shapes import Channel, Kind
from normalize.classification.own_report import reports_near_place, tells_of_own_report
from normalize.classification.talk import TalkReader, TalkReason
from normalize.classification.tokens import tokenize

Reason: TypeAlias = Literal["promotion", "fraud", "publicity", "chain", "test", "greeting", TalkReason]

# Characters that are read to find the kind. No advertisement is longer: a longer message is never set aside.
MAX_CHARACTERS = 1_000
# A message that is only a test or a greeting has no more words.
_MAX_MERE_WORDS = 8
# "test 12345" counts; a longer number may be a tracking number.
_MAX_TEST_NUMBER_DIGITS = 5
# A phrase with a smaller weight given by a person is weak: phone numbers, amounts and links are in complaints too.
_MIN_STRONG_WEIGHT = 1.0
_MAX_EVIDENCE = 8
# Outcomes that have words of their own by which people complain, instead of `protects`: posts about this service are
# full of the words of complaints. A row of `_VETO` or less says that the message is a complaint after all.
_OWN_PROTECTION: tuple[tuple[str, Reason], ...] = (("service", "publicity"), ("thanks", "thanks"), ("chain", "chain"))
_VETO = -3.0
# A long complaint has many phrases of any kind. From this number of words on, each word costs log-odds.
_FREE_WORDS = 50
_COST_OF_A_WORD = 0.04
# Log-odds of each kind of fault of `matter_faults.csv` that a message names, up to a number of kinds.
_COST_OF_A_FAULT = 1.0
_MAX_FAULTS = 3
# Rows of `thanks` that are thanks, not other words of people who are satisfied.
_MIN_THANKS_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Classification:
    """The result for one message.

    `reason` is the reason why it is no complaint; None if it is one. `kind` is None where the sender's own choice
    stays. `score` is the sum that decided, in log-odds above its threshold. `evidence` names rows of `kinds.csv`, the
    strongest first; it never has other words of the sender.
    """

    kind: Kind | None
    reason: Reason | None
    score: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Threshold:
    """A message is set aside with a sum above `score` (log-odds) and `strong_phrases` strong phrases.

    Above `sufficient_score` one strong phrase is enough.
    """

    score: float
    strong_phrases: int
    sufficient_score: float = math.inf

    def required_phrases(self, score: float) -> int:
        """Return the number of strong phrases that a message with this sum needs."""
        return 1 if score > self.sufficient_score else self.strong_phrases


_THRESHOLD = _Threshold(0.0, 2, 1.5)
_UNASKED_THRESHOLD = _Threshold(0.0, 1)
# To fill in a form or an app takes effort: an advertiser seldom does.
_FORM_THRESHOLD = _Threshold(4.0, 4)


class PhraseMatches(NamedTuple):
    """The rows of which a phrase is in a message, in the order of the table, and the sum of weights of each outcome."""

    rows: list[ClassificationRow]
    sums: dict[str, float]

    def of_outcome(self, outcome: str) -> list[ClassificationRow]:
        """Return the rows of one outcome."""
        return [row for row in self.rows if row.outcome == outcome]


class PhraseMatcher:
    """Matches the phrases of `rows`."""

    def __init__(self, rows: Sequence[ClassificationRow]) -> None:
        self._rows = rows
        self._weights = [(row.outcome, row.weight) for row in rows]
        self._start_sums = dict.fromkeys(WEIGHED + LISTED, 0.0)
        numbers: dict[Phrase, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            if ALWAYS in row.phrases:
                self._start_sums[row.outcome] += row.weight
            else:
                for phrase in row.phrases:
                    numbers[phrase_words(phrase)].append(number)
        self._row_numbers = PhraseLexicon(numbers)

    def __contains__(self, word: object) -> bool:
        """Return True if a phrase begins with this word."""
        return self._row_numbers.begins_with(word)

    def match(self, words: Sequence[str]) -> PhraseMatches:
        """Return the rows of which a phrase is in these words. Each row counts once."""
        matching_rows = {number for match in self._row_numbers.find_all(words) for number in match.meaning}
        sums = self._start_sums.copy()
        for row in matching_rows:
            outcome, weight = self._weights[row]
            sums[outcome] += weight
        return PhraseMatches([self._rows[row] for row in sorted(matching_rows)], sums)


class Classifier:
    """Classifies by `rows`, the rows of `kinds.csv`.

    `without_kind_choice` are the channels on which the sender has no field for the kind of report. `faults` are the
    phrases of `matter_faults.csv`: who names a fault complains, also in a post about the service.
    """

    def __init__(
        self,
        rows: Iterable[ClassificationRow],
        without_kind_choice: Collection[Channel],
        faults: TermIndex | None = None,
    ) -> None:
        rows = tuple(rows)
        self._without_kind_choice = frozenset(without_kind_choice)
        self._faults = faults or TermIndex({})
        self._test_words, self._greeting_words = _listed_words(rows, "test"), _listed_words(rows, "greeting")
        self._mere_words = self._test_words | self._greeting_words | _listed_words(rows, "filler")
        self._talk = TalkReader(rows)
        self._phrases = PhraseMatcher([row for row in rows if row.outcome not in TALK | {"test"}])

    def classify(self, text: str, title: str, channel: Channel, *, keep: bool = False) -> Classification:
        """Return the classification of a message by its cleaned text.

        `keep`: the message has a file, or its proven sender continues a matter with it. It is then never set aside.
        """
        full_text = f"{title}\n{text}" if title else text
        words = tokenize(full_text[:MAX_CHARACTERS], self._phrases)
        matches = self._phrases.match(words)
        protecting_rows = matches.of_outcome("protects")
        is_form = channel not in self._without_kind_choice
        if not keep and len(full_text) <= MAX_CHARACTERS:
            threshold = _FORM_THRESHOLD if is_form else _THRESHOLD
            unwanted = (
                self._mere_message(words, matches)
                or (None if is_form else self._talk_message(words, matches))
                or _unwanted_message(matches, threshold, protecting_rows)
                or self._unasked_message(words, matches, is_form=is_form)
            )
            if unwanted:
                return unwanted
        kind, outcome = (None, "unwanted") if is_form else _kind(matches)
        evidence = tuple(f"protects:{row.name}" for row in protecting_rows[:_MAX_EVIDENCE])
        return Classification(kind, None, matches.sums[outcome], evidence or _evidence(matches.of_outcome(outcome)))

    def match_phrases(self, text: str) -> PhraseMatches:
        """Return the phrases in a text, and their sums."""
        return self._phrases.match(tokenize(text[:MAX_CHARACTERS], self._phrases))

    def _mere_message(self, words: Sequence[str], matches: PhraseMatches) -> Classification | None:
        """Return the classification of a message that is only a test, a greeting or thanks."""
        if not 0 < len(words) <= _MAX_MERE_WORDS:
            return None
        numbers = set(filter(str.isdigit, words))
        if not self._mere_words.issuperset(set(words) - numbers):
            return None
        is_test = not self._test_words.isdisjoint(words)
        if is_test and max(map(len, numbers), default=0) <= _MAX_TEST_NUMBER_DIGITS:
            return _set_aside("test", 0.0, ("test",))
        if numbers or self._greeting_words.isdisjoint(words):
            return None
        thanks = [row for row in matches.of_outcome("thanks") if row.given_weight >= _MIN_THANKS_WEIGHT]
        return _set_aside("thanks", 0.0, _evidence(thanks)) if thanks else _set_aside("greeting", 0.0, ("greeting",))

    def _talk_message(self, words: Sequence[str], matches: PhraseMatches) -> Classification | None:
        """Return the classification of a message without content, or about an own report. On a form nobody talks."""
        has_thanks = any(row.given_weight >= _MIN_THANKS_WEIGHT for row in matches.of_outcome("thanks"))
        reason = self._talk.read(words, has_thanks=has_thanks)
        return _set_aside(reason, 0.0, (reason,)) if reason else None

    def _unasked_message(self, words: Sequence[str], matches: PhraseMatches, *, is_form: bool) -> Classification | None:
        """Return the classification of publicity about this service, a thank-you or a chain message.

        Whoever tells of an own report complains, in however few words.
        """
        threshold = _FORM_THRESHOLD if is_form else _UNASKED_THRESHOLD
        for outcome, reason in _OWN_PROTECTION:
            if matches.sums[outcome] <= threshold.score or not _may_be(outcome, matches):
                continue
            if outcome == "service" and not matches.of_outcome("answers") and self._tells_of_own_matter(words):
                continue
            rows = matches.of_outcome(outcome)
            score = matches.sums[outcome] - self._cost_of_trouble(words)
            strong_phrases = sum(1 for row in rows if row.given_weight >= _MIN_STRONG_WEIGHT)
            if score > threshold.score and strong_phrases >= threshold.strong_phrases:
                return _set_aside(reason, score, _evidence(rows))
        return None

    def _tells_of_own_matter(self, words: Sequence[str]) -> bool:
        """Return True for an own report, or for a fault at a place that is reported."""
        return tells_of_own_report(words) or (reports_near_place(words) and bool(self._faults.find_topics(words)))

    def _cost_of_trouble(self, words: Sequence[str]) -> float:
        """Return log-odds for a complaint: by the faults that a message names, and by its length."""
        faults = min(_MAX_FAULTS, len(self._faults.find_topics(words)))
        return _COST_OF_A_FAULT * faults + _COST_OF_A_WORD * max(0, len(words) - _FREE_WORDS)


def _unwanted_message(
    matches: PhraseMatches, threshold: _Threshold, protecting_rows: Sequence[ClassificationRow]
) -> Classification | None:
    """Return the classification of publicity, an advertisement or a fraud; None for any other message."""
    if protecting_rows:
        return None
    for outcome in ("publicity", "unwanted"):
        score = matches.sums[outcome]
        if score <= threshold.score:
            continue
        rows = matches.of_outcome(outcome)
        strong_phrases = sum(1 for row in rows if row.given_weight >= _MIN_STRONG_WEIGHT)
        if strong_phrases >= threshold.required_phrases(score):
            return _set_aside(_reason(matches, outcome), score, _evidence(rows))
    return None


def _may_be(outcome: str, matches: PhraseMatches) -> bool:
    """Return whether no row says that the message is a complaint.

    Publicity must have a word of reporting too, and less of an advertisement: a citizen who reports one quotes it.
    """
    if any(row.given_weight <= _VETO for row in matches.of_outcome(outcome)):
        return False
    is_quotation = matches.sums["unwanted"] > matches.sums[outcome]
    return outcome != "service" or (bool(matches.of_outcome("names")) and not is_quotation)


def _set_aside(reason: Reason, score: float, evidence: tuple[str, ...]) -> Classification:
    return Classification(None, reason, score, evidence)


def _reason(matches: PhraseMatches, outcome: str) -> Reason:
    if outcome == "publicity":
        return "publicity"
    return "fraud" if matches.sums["fraud"] > 0 else "promotion"


def _kind(matches: PhraseMatches) -> tuple[Kind, str]:
    """Return the kind and the outcome whose sum decided it; a complaint if neither a question nor a wish is likely."""
    question, wish = matches.sums["question"], matches.sums["wish"]
    if max(question, wish) <= 0:
        return Kind.PENGADUAN, "unwanted"
    return (Kind.ASPIRASI, "wish") if wish > question else (Kind.PERMINTAAN_INFORMASI, "question")


def _evidence(rows: Iterable[ClassificationRow]) -> tuple[str, ...]:
    supporting_rows = sorted((row for row in rows if row.weight > 0), key=lambda row: -row.weight)
    return tuple(row.name for row in supporting_rows[:_MAX_EVIDENCE])


def _listed_words(rows: Iterable[ClassificationRow], outcome: str) -> frozenset[str]:
    return frozenset(word for row in rows if row.outcome == outcome for word in row.phrases)
