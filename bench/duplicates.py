"""Training and measurement of the duplicate search on labelled pairs.

`python -m bench.duplicates train` learns the weights and writes `config/data/likeness.csv`. It learns from
`train.jsonl` (written to mislead), `neighbours-train.jsonl` (mostly of neighbours) and five authors' pairs as they come
to be compared, all in `tests/data/pairs`.
`python -m bench.duplicates cross` measures on groups, and on sources, that no weight was learned from.
`python -m bench.duplicates` measures on the test files beside them; no weight was learned from these. The pairs of
`patterns-test.jsonl` have the pattern of real reports that they show as their source.
`python -m bench.duplicates real FILE` measures on the real pairs of `real.csv`. Their texts (`tracking_id`, `title`,
`text`) are not part of the project.

Logistic regression: each weight is drawn to zero in proportion to the variance of its feature. Features of likeness
never count against one matter, features of difference never in favour.
"""

import csv
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import inf
from pathlib import Path

from app.evaluation.duplicate_metrics import measure_duplicates, summarize_judgements
from app.evaluation.duplicates import ExplainedMessage, LabelledPair, read_comparable
from bench.logistic import Example, WeightPrior, fit_weights, probability
from config.reference.duplicate_weights import DuplicateWeights, load_duplicate_weights
from language.model import load_language_model
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.exclusions import find_exclusion
from normalize.duplicates.comparison.features import compute_features
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.comparison.text_alignment import align_texts
from normalize.duplicates.factory import DuplicateDetection

_PAIRS = Path(__file__).parent.parent / "tests" / "data" / "pairs"
_WEIGHTS_FILE = Path(__file__).parent.parent / "config" / "data" / "likeness.csv"
# Features of difference: their weights are never positive.
_DIFFERENCES = frozenset(
    (
        *("exchanged-near", "exchanged-numbers-near", "other-title", "other-title-near", "other-numbers"),
        *("other-names-near", "other-narrow-names", "other-narrow-names-in-district", "other-part", "no-grounds"),
        *("other-thing", "other-thing-near", "other-fault", "other-fault-near", "other-fault-here", "other-topic"),
        *("other-date", "other-amount", "other-landmark", "other-region-in-fields", "other-person", "other-address"),
        *("other-address-near", "other-beside", "other-sender", "same-sender-other-text", "more-topics", "nowhere"),
        "later-incident",
    )
)
# Features of either sign: a long common text in one form with exchanged words is no proof of one matter.
_UNSIGNED_FEATURES = frozenset({"near-text", "usual-words"})
_INTERCEPT = ""
# Pairs as they come to be compared, of five authors.
_CANDIDATE_FILES = ("candidates-train", "others-train", "fresh-train", "later-train", "last-train")
# Made repeats: the length of an SMS, the change that cuts to it, and the distance of the words that are left out.
_SMS_LENGTH, _CUT_TO_SMS, _OMITTED_WORD_DISTANCE = 160, 3, 9
# Strength of a weight's prior for a feature of variance 1.
_PRIOR_STRENGTH = 4.0
_MAX_SWEEPS = 120
_FOLDS = 5
# Importance of a pair that was written to mislead, of a made pair, and of a pair as it comes to be compared.
_MISLEADING_IMPORTANCE, _MADE_IMPORTANCE, _CANDIDATE_IMPORTANCE = 0.6, 0.3, 1.0
# Share of one matter among the pairs that come to be compared.
_SAME_MATTER_SHARE = 0.7
# Least precision of the pairs taken for one matter, on held-out groups and on held-out sources. Three of these authors
# made strangers' reports as alike as they could; on the held-out pairs of two authors who did not, the precision is
# 0.98 then.
_MIN_PRECISION = 0.96
_MAX_THRESHOLD = 0.99


@dataclass(frozen=True, slots=True)
class LearningPair:
    """A pair with its features, which are empty if a rule excludes one matter.

    `judged_pair` is set for pairs on which held-out precision is measured.
    """

    features: Mapping[str, float]
    is_same_matter: bool
    group: str
    importance: float
    judged_pair: LabelledPair | None = None


PartitionKey = Callable[[LearningPair], str]


def train(detection: DuplicateDetection) -> DuplicateWeights:
    """Return the weights, and the threshold that keeps `_MIN_PRECISION` over held-out groups and held-out sources."""
    pairs = _load_learning_pairs(detection)
    weights, prior = learn(pairs)
    thresholds = [_choose_threshold(_score_held_out(pairs, partition)) for partition in (_fold_of, _source_of)]
    return DuplicateWeights(weights, prior, max(thresholds))


def cross_validate(detection: DuplicateDetection) -> dict[str, object]:
    """Return the metrics at the threshold in force, on held-out groups and on held-out sources."""
    pairs = _load_learning_pairs(detection)
    threshold = detection.weights.threshold
    metrics: dict[str, object] = {}
    for name, partition in (("groups", _fold_of), ("sources", _source_of)):
        metrics[name] = summarize_judgements(
            [
                (pair.judged_pair, score >= threshold)
                for pair, score in _score_held_out(pairs, partition)
                if pair.judged_pair is not None
            ]
        )
    return metrics


def _load_learning_pairs(detection: DuplicateDetection) -> list[LearningPair]:
    misleading_pairs, neighbour_pairs = (_load_pairs(name) for name in ("train", "neighbours-train"))
    candidate_pairs = [pair for name in _CANDIDATE_FILES for pair in _load_pairs(name)]
    source_pairs = (*misleading_pairs, *candidate_pairs)
    return [
        *_measure_pairs(detection, misleading_pairs, _MISLEADING_IMPORTANCE, are_judged=False),
        *_measure_pairs(detection, neighbour_pairs, _CANDIDATE_IMPORTANCE, are_judged=False),
        *_measure_pairs(detection, _make_repeats(source_pairs), _MADE_IMPORTANCE, are_judged=False),
        *_measure_pairs(detection, _make_strangers(source_pairs), _MADE_IMPORTANCE, are_judged=False),
        *_measure_pairs(detection, candidate_pairs, _CANDIDATE_IMPORTANCE, are_judged=True),
    ]


def _load_pairs(name: str) -> list[LabelledPair]:
    return LabelledPair.load_file(_PAIRS / f"{name}.jsonl")


def _measure_pairs(
    detection: DuplicateDetection, pairs: Iterable[LabelledPair], importance: float, *, are_judged: bool
) -> Iterator[LearningPair]:
    """Yield the pairs with their features. Excluded pairs are yielded only if they are judged."""
    for pair in pairs:
        first, second = read_comparable(detection, pair.a), read_comparable(detection, pair.b)
        features = _measure_features(detection, first, second)
        if features or are_judged:
            judged_pair = pair if are_judged else None
            yield LearningPair(features, pair.label != "different", pair.group, importance, judged_pair)


def _measure_features(detection: DuplicateDetection, first: Comparable, second: Comparable) -> Mapping[str, float]:
    word_frequencies = detection.language.word_frequencies
    if find_exclusion(ComplaintPair(first, second, word_frequencies)):
        return {}
    pair = ComplaintPair(first, second, word_frequencies)
    # The learned weights rest on this alignment: in the order of arrival, and without titles in the place of texts.
    pair.alignment = align_texts(first.text_words, second.text_words, word_frequencies)
    return compute_features(pair)


def _fold_of(pair: LearningPair) -> str:
    return str(random.Random(pair.group).randrange(_FOLDS))  # noqa: S311 - a fold is no secret


def _source_of(pair: LearningPair) -> str:
    return pair.judged_pair.source if pair.judged_pair else ""


def _score_held_out(pairs: Sequence[LearningPair], partition: PartitionKey) -> Iterator[tuple[LearningPair, float]]:
    """Yield the judged pairs with their scores by weights that were learned from the other parts."""
    for held_out in sorted({partition(pair) for pair in pairs if pair.judged_pair}):
        weights, prior = learn([pair for pair in pairs if partition(pair) != held_out])
        for pair in pairs:
            if pair.judged_pair and partition(pair) == held_out:
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


def learn(pairs: Sequence[LearningPair]) -> tuple[dict[str, float], float]:
    """Return the weights by feature, and the log-odds of a pair without features."""
    learned_pairs = [pair for pair in pairs if pair.features]
    names = sorted(learned_pairs[0].features)
    priors = {name: _weight_prior(name, [pair.features[name] for pair in learned_pairs]) for name in names}
    examples = [
        Example({**pair.features, _INTERCEPT: 1.0}, pair.is_same_matter, importance)
        for pair, importance in zip(learned_pairs, _balanced_importances(learned_pairs), strict=True)
    ]
    weights = fit_weights(examples, {**priors, _INTERCEPT: WeightPrior(0.0, 0.0)}, max_sweeps=_MAX_SWEEPS, max_step=inf)
    intercept = weights.pop(_INTERCEPT)
    return {name: round(weight, 3) for name, weight in weights.items()}, round(intercept, 3)


def _weight_prior(name: str, values: Sequence[float]) -> WeightPrior:
    """Return the prior: stronger for a feature of more variance, so rare and small features are not held back more."""
    variance = sum(value * value for value in values) / len(values) - (sum(values) / len(values)) ** 2
    lower = -inf if name in _DIFFERENCES | _UNSIGNED_FEATURES else 0.0
    upper = 0.0 if name in _DIFFERENCES else inf
    return WeightPrior(0.0, _PRIOR_STRENGTH * variance, lower, upper)


def _balanced_importances(pairs: Sequence[LearningPair]) -> list[float]:
    """Return the importances, scaled so that `_SAME_MATTER_SHARE` of the total is of pairs about one matter."""
    total = sum(pair.importance for pair in pairs)
    total_same = sum(pair.importance for pair in pairs if pair.is_same_matter)
    same_factor = _SAME_MATTER_SHARE * total / total_same
    different_factor = (1 - _SAME_MATTER_SHARE) * total / (total - total_same)
    return [pair.importance * (same_factor if pair.is_same_matter else different_factor) for pair in pairs]


def _score(weights: Mapping[str, float], prior: float, features: Mapping[str, float]) -> float:
    return probability(prior + sum(weights[name] * value for name, value in features.items()))


def _choose_threshold(scored_pairs: Iterable[tuple[LearningPair, float]]) -> float:
    """Return the lowest score from which on at least `_MIN_PRECISION` of the pairs are about one matter."""
    same_matter_count, threshold = 0, 1.0
    for count, (pair, score) in enumerate(sorted(scored_pairs, key=lambda entry: -entry[1]), start=1):
        same_matter_count += pair.is_same_matter
        if score and same_matter_count / count >= _MIN_PRECISION:
            threshold = score
    return round(min(threshold, _MAX_THRESHOLD), 3)


def _write_weights(weights: DuplicateWeights) -> None:
    with _WEIGHTS_FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("feature", "weight"))
        writer.writerows((("start", weights.prior), ("enough", weights.threshold)))
        writer.writerows((name, weight) for name, weight in weights.weights.items() if weight)


def measure_real_pairs(detection: DuplicateDetection, texts_file: Path) -> dict[str, object]:
    """Return the metrics of the real pairs of which both texts are in the file. Their times are unknown."""
    messages = {
        row["tracking_id"]: ExplainedMessage(id=row["tracking_id"], title=row["title"], text=row["text"])
        for row in _read_rows(texts_file)
    }
    pairs = [
        LabelledPair.model_validate({"label": row["label"], "a": messages[row["id_a"]], "b": messages[row["id_b"]]})
        for row in _read_rows(_PAIRS / "real.csv")
        if row["id_a"] in messages and row["id_b"] in messages
    ]
    return measure_duplicates(detection, pairs)


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main(task: str, texts_file: str = "") -> dict[str, object]:
    """Run a task; return the output."""
    detection = DuplicateDetection(load_language_model(), load_duplicate_weights())
    if task == "real":
        return measure_real_pairs(detection, Path(texts_file))
    if task == "train":
        _write_weights(train(detection))
        return {"written": _WEIGHTS_FILE.name}
    if task == "cross":
        return cross_validate(detection)
    return {
        name: measure_duplicates(detection, _load_pairs(name))
        for name in ("test", "candidates-test", "closing-test", "patterns-test")
    }


if __name__ == "__main__":
    print(json.dumps(main("".join(sys.argv[1:2]), *sys.argv[2:3]), indent=2))  # noqa: T201
