"""Learning of the weights in `duplicate_weights.csv` from labelled pairs.

Logistic regression: each weight is drawn to zero in proportion to the variance of its feature. Features of likeness
never count against one matter, features of difference never in favour. The weights of near copies are learned from all
pairs, those of other words from pairs in other words only.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import inf
from pathlib import Path

from app.explanation.reading import ExplainedMessage
from bench.duplicate_streams import StreamReport, pair_stream
from bench.evaluation.explained_messages import read_comparable
from bench.evaluation.labelled_messages import LabelledPair
from bench.logistic import Example, WeightPrior, fit_weights, probability
from config.reference.duplicate_weights import DuplicateWeights, MatterWeights
from config.reference.regions import load_regions
from normalize.duplicates.comparison.certainty import may_be_certain
from normalize.duplicates.comparison.exclusions import find_exclusion
from normalize.duplicates.comparison.features import FEATURES, Feature
from normalize.duplicates.comparison.object_features import OBJECT_FEATURES
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.factory import DuplicateDetection

PAIRS = Path(__file__).parent.parent / "tests" / "data" / "pairs"
STREAMS = PAIRS.parent / "streams"
# Features of difference: their weights are never positive.
_DIFFERENCES = frozenset(
    (
        *("exchanged-near", "exchanged-numbers-near", "other-title", "other-title-near", "other-numbers"),
        *("other-names-near", "other-narrow-names", "other-part", "no-grounds"),
        *("other-object", "other-fault", "other-fault-near", "other-fault-here", "other-topic"),
        *("other-date", "other-amount", "other-landmark", "other-region-in-fields", "other-person", "other-address"),
        *("other-address-near", "other-beside", "other-sender", "same-sender-other-text"),
        *("later-incident", "small-object-without-spot", "other-object-of-sender", "came-again"),
        *("other-wish", "other-house", "other-firm", "other-school", "other-side", "mended", "other-objects"),
        *("other-persons-matter", "weeks-later", "days-later"),
        *("other-numeral", "other-span"),
    )
)
# Features of either sign: a long common text in one form with exchanged words is no proof of one matter. Rare words in
# common are counted apart, and many reports within hours are of one event or of one angry sender.
_UNSIGNED_FEATURES = frozenset({"near-text", "usual-words", "much-in-order", "within-hours"})
_INTERCEPT = ""
# Least weights. A trouble that came back after a repair is suggested, so its copies must not become new.
_LEAST_WEIGHTS = {"mended": -2.0}
# Pairs that were written to mislead.
_MISLEADING_FILE = "train"
# Pairs as they come to be compared, of six authors, the first of them mostly of neighbours; and the real reports'
# patterns.
_CANDIDATE_FILES = (
    *("neighbours-train", "candidates-train", "others-train", "fresh-train", "later-train", "last-train"),
    "patterns-train",
)
# Streams to learn from. The third author's is for measuring only.
_STREAM_FILES = "author-[ab]-*.jsonl"
# Made repeats: the length of an SMS, the change that cuts to it, and the distance of the words that are left out.
_SMS_LENGTH, _CUT_TO_SMS, _OMITTED_WORD_DISTANCE = 160, 3, 9
# Strength of a weight's prior for a feature of variance 1.
_PRIOR_STRENGTH = 10.0
_MAX_SWEEPS = 120
# Importance of a pair that was written to mislead, of a made pair, of a pair as it comes to be compared, and
# of one in a stream of reports.
_MISLEADING_IMPORTANCE, _MADE_IMPORTANCE, _CANDIDATE_IMPORTANCE, _STREAM_IMPORTANCE = 0.6, 0.3, 1.0, 2.0
# Least scores of merges and of suggestions: near copies, and other words. Chosen on the streams of all authors: of
# merges of near copies 99 of 100 are right, of those in other words 94, and of suggestions two in three.
_CERTAIN_COPY, _LIKELY_COPY = 0.75, 0.2
_CERTAIN, _LIKELY = 0.75, 0.62


@dataclass(frozen=True, slots=True)
class LearningPair:
    """A pair with its features, which are empty if a rule excludes one matter.

    `author` wrote it. `is_doubtful` is set if a rule makes it likely at most. Held-out precision is measured on pairs
    that are `is_judged`.
    """

    features: Mapping[str, float]
    is_near: bool
    is_doubtful: bool
    is_same_matter: bool
    author: str
    importance: float
    is_judged: bool


def train(detection: DuplicateDetection) -> DuplicateWeights:
    """Return the weights of near copies and of other words, with the thresholds."""
    pairs = load_learning_pairs(detection)
    return DuplicateWeights(
        MatterWeights(*_learn([pair for pair in pairs if pair.is_near]), _CERTAIN_COPY, _LIKELY_COPY),
        MatterWeights(*_learn([pair for pair in pairs if not pair.is_near]), _CERTAIN, _LIKELY),
    )


def load_learning_pairs(detection: DuplicateDetection) -> list[LearningPair]:
    """Return all pairs to learn from."""
    misleading_pairs = load_pairs(_MISLEADING_FILE)
    pairs = [*_measure_pairs(detection, misleading_pairs, _MISLEADING_FILE, _MISLEADING_IMPORTANCE, are_judged=False)]
    for name in _CANDIDATE_FILES:
        pairs += _measure_pairs(detection, load_pairs(name), name, _CANDIDATE_IMPORTANCE, are_judged=True)
    for path in sorted(STREAMS.glob(_STREAM_FILES)):
        stream_pairs = pair_stream(detection, StreamReport.load_file(path), load_regions())
        pairs += _measure_pairs(detection, stream_pairs, path.stem, _STREAM_IMPORTANCE, are_judged=True)
    sources = [*misleading_pairs, *(pair for name in _CANDIDATE_FILES for pair in load_pairs(name))]
    for made_pairs in (_make_repeats(sources), _make_strangers(sources)):
        pairs += _measure_pairs(detection, made_pairs, "made", _MADE_IMPORTANCE, are_judged=False)
    return pairs


def load_pairs(name: str) -> list[LabelledPair]:
    """Return the pairs of a file in `tests/data/pairs`."""
    return LabelledPair.load_file(PAIRS / f"{name}.jsonl")


def compute_features(pair: ComplaintPair, features: Iterable[Feature]) -> dict[str, float]:
    """Return the value of each feature by its name."""
    return {feature.name: feature.function(pair) for feature in features}


def _measure_pairs(
    detection: DuplicateDetection, pairs: Iterable[LabelledPair], author: str, importance: float, *, are_judged: bool
) -> Iterator[LearningPair]:
    """Yield the pairs with their features. Excluded pairs are yielded only if they are judged."""
    for labelled_pair in pairs:
        first, second = (read_comparable(detection, message) for message in (labelled_pair.a, labelled_pair.b))
        pair = ComplaintPair(first, second, detection.language.word_frequencies)
        is_excluded = bool(find_exclusion(pair))
        if not is_excluded or are_judged:
            yield LearningPair(
                {} if is_excluded else compute_features(pair, (*FEATURES, *OBJECT_FEATURES)),
                pair.is_near,
                not may_be_certain(pair),
                labelled_pair.label != "different",
                author,
                importance,
                are_judged,
            )


def score_held_out(pairs: Sequence[LearningPair]) -> Iterator[tuple[LearningPair, float]]:
    """Yield the judged pairs with their scores by weights that were learned from the other authors."""
    for author in sorted({pair.author for pair in pairs if pair.is_judged}):
        weights, prior = _learn([pair for pair in pairs if pair.author != author])
        for pair in pairs:
            if pair.is_judged and pair.author == author:
                yield pair, _score(weights, prior, pair.features) if pair.features else 0.0


def _make_repeats(pairs: Iterable[LabelledPair]) -> Iterator[LabelledPair]:
    """Yield each message with a repeat: in capitals, with a greeting, with more words, cut to an SMS, or with gaps."""
    for number, (message, group) in enumerate(_messages_with_groups(pairs)):
        changes = _repeat_changes(message)
        change_number = number % len(changes)
        arrival = {
            "channel": "sms" if change_number == _CUT_TO_SMS else message.channel,
            "sender": message.sender if number % 2 else "",
            "received_at": message.received_at and message.received_at + timedelta(hours=number % 200),
        }
        repeat = message.model_copy(update=changes[change_number] | arrival)
        yield LabelledPair(group=group, label="repeat", a=message, b=repeat)


def _repeat_changes(message: ExplainedMessage) -> tuple[dict[str, str], ...]:
    text = message.text
    remaining_words = (
        word
        for position, word in enumerate(text.split(), start=1)
        if position % _OMITTED_WORD_DISTANCE or word[0].isupper()
    )
    sms_text = text[:_SMS_LENGTH] if len(text) > _SMS_LENGTH else f"LAPOR {text}"
    return (
        {"text": text.upper()},
        {"text": f"Assalamualaikum. {text} Mohon ditindaklanjuti, terima kasih"},
        {"text": f"{text} Kami sudah lama menunggu, jangan dibiarkan saja."},
        {"text": sms_text, "title": "", "location": "", "address": ""},
        {"text": " ".join(remaining_words)},
    )


def _make_strangers(pairs: Iterable[LabelledPair]) -> Iterator[LabelledPair]:
    """Yield messages of two groups at the same time, which no search would compare: they have nothing in common."""
    messages = sorted(
        _messages_with_groups(pairs),
        key=lambda entry: random.Random(entry[0].id).random(),  # noqa: S311 - an order
    )
    for (first, group), (second, other_group) in pairwise(messages):
        if group != other_group:
            stranger = second.model_copy(update={"received_at": first.received_at})
            yield LabelledPair(group=group, label="different", a=first, b=stranger)


def _messages_with_groups(pairs: Iterable[LabelledPair]) -> list[tuple[ExplainedMessage, str]]:
    """Return each message once, with the group of the last pair that has it."""
    messages = {message.id: (message, pair.group) for pair in pairs for message in (pair.a, pair.b)}
    return list(messages.values())


def _learn(pairs: Sequence[LearningPair]) -> tuple[dict[str, float], float]:
    """Return the weights by feature, and the log-odds of a pair without features."""
    learned_pairs = [pair for pair in pairs if pair.features]
    priors = {
        name: _weight_prior(name, [pair.features[name] for pair in learned_pairs])
        for name in sorted(feature.name for feature in (*FEATURES, *OBJECT_FEATURES))
    }
    examples = [
        Example({**pair.features, _INTERCEPT: 1.0}, pair.is_same_matter, pair.importance) for pair in learned_pairs
    ]
    weights = fit_weights(examples, {**priors, _INTERCEPT: WeightPrior(0.0, 0.0)}, max_sweeps=_MAX_SWEEPS, max_step=inf)
    intercept = weights.pop(_INTERCEPT)
    return {name: round(weight, 3) for name, weight in weights.items()}, round(intercept, 3)


def _weight_prior(name: str, values: Sequence[float]) -> WeightPrior:
    """Return the prior: stronger for a feature of more variance, so rare and small features are not held back more."""
    variance = sum(value * value for value in values) / len(values) - (sum(values) / len(values)) ** 2
    lower = -inf if name in _DIFFERENCES | _UNSIGNED_FEATURES else 0.0
    upper = 0.0 if name in _DIFFERENCES else inf
    return WeightPrior(0.0, _PRIOR_STRENGTH * variance, max(lower, _LEAST_WEIGHTS.get(name, -inf)), upper)


def _score(weights: Mapping[str, float], prior: float, features: Mapping[str, float]) -> float:
    return probability(prior + sum(weight * features[name] for name, weight in weights.items()))
