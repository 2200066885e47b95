"""Learns from labelled pairs what makes two complaints one matter, and measures it on pairs of other groups.

`python -m bench.duplicates train` learns from `train.jsonl` (written to mislead), `neighbours-train.jsonl` (mostly of
neighbours) and five authors' pairs as they come to be compared, all in `tests/data/pairs`, and writes
`config/data/likeness.csv`; `python -m bench.duplicates cross` shows what that is worth on groups, and on sources, that
were not learned from; `python -m bench.duplicates` measures on the test files beside them, which nothing was learned
from; `python -m bench.duplicates real FILE` on the real pairs of `real.csv`, whose texts (`tracking_id`, `title`,
`text`) are no part of the project.

Logistic regression, each weight drawn to zero by how much its number varies; what is alike never counts against, what
differs never in favour.
"""

import csv
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import exp
from pathlib import Path

from app.evaluation.duplicate_metrics import measure_duplicates, summarize_judgements
from app.evaluation.duplicates import ExplainedMessage, LabelledPair, read_comparable
from config.reference.duplicate_weights import DuplicateWeights, load_duplicate_weights
from config.reference.folder import SHIPPED_FOLDER
from language.model import load_language_model
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.comparator import Comparator
from normalize.duplicates.comparison.features import compute_features
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.comparison.text_alignment import align_texts
from normalize.duplicates.factory import DuplicateDetection

_PAIRS = Path(__file__).parent.parent / "tests" / "data" / "pairs"
_FILE = SHIPPED_FOLDER / "likeness.csv"
_AGAINST = (
    *("exchanged-near", "exchanged-numbers-near", "other-title", "other-title-near", "other-numbers"),
    *("other-names-near", "other-narrow-names", "other-narrow-names-in-district", "other-part", "no-grounds"),
    *("other-thing", "other-thing-near", "other-fault", "other-fault-near", "other-fault-here", "other-topic"),
    *("other-date", "other-amount", "other-landmark", "other-region-in-fields", "other-person", "other-address"),
    *("other-address-near", "other-beside", "other-sender", "same-sender-other-text", "more-topics", "nowhere"),
    "later-incident",
)
# Either way: a long common text in one form with exchanged words is no proof.
_FREE = ("near-text", "usual-words")
# Pairs as they come to be compared, of five authors.
_COMPARED = ("candidates-train", "others-train", "fresh-train", "later-train", "last-train")
_SMS, _CUT, _LEFT_OUT = 160, 3, 9
_PULL = 4.0
_SWEEPS = 120
_FOLDS = 5
# How much a pair counts of those written to mislead, of those that are made here, of those as they come.
_MISLEADING, _MADE, _LIKELY = 0.6, 0.3, 1.0
# Of the pairs that come to be compared so many are about one matter.
_SAME = 0.7
# Those taken for one matter are to be right this often, on groups and on sources that were not learned from. Three of
# these authors made strangers' reports as like as they could; of those of two authors who did not, who are held out,
# 98 in 100 are right then.
_RIGHT = 0.96


@dataclass(frozen=True, slots=True)
class Example:
    """A pair and what was found in it; nothing where it can't be one matter. `counts` is its weight in learning."""

    found: Mapping[str, float]
    same: bool
    group: str
    counts: float
    pair: LabelledPair | None = None


def train(detection: DuplicateDetection) -> DuplicateWeights:
    """The weights, and the threshold at which cross-validation keeps its word: over groups, and over whole sources."""
    examples = _all(detection)
    weights, start = fit(examples)
    parts = (_fold_of, _source_of)
    return DuplicateWeights(weights, start, max(_threshold(list(_crossed(examples, part))) for part in parts))


def cross(detection: DuplicateDetection) -> dict[str, object]:
    """Precision and recall at the threshold of `train`, on held-out groups and on held-out sources."""
    examples = _all(detection)
    enough = detection.weights.threshold
    measured: dict[str, object] = {}
    for name, apart in (("groups", _fold_of), ("sources", _source_of)):
        judged = [(one.pair, score >= enough) for one, score in _crossed(examples, apart) if one.pair is not None]
        measured[name] = summarize_judgements(judged)
    return measured


def _all(detection: DuplicateDetection) -> list[Example]:
    hard, neighbours = (LabelledPair.load_file(_PAIRS / f"{name}.jsonl") for name in ("train", "neighbours-train"))
    likely = [pair for name in _COMPARED for pair in LabelledPair.load_file(_PAIRS / f"{name}.jsonl")]
    made = _resent((*hard, *likely))
    return [
        *_examples(detection, hard, _MISLEADING, judged=False),
        *_examples(detection, neighbours, _LIKELY, judged=False),
        *_examples(detection, made, _MADE, judged=False),
        *_examples(detection, _strangers((*hard, *likely)), _MADE, judged=False),
        *_examples(detection, likely, _LIKELY, judged=True),
    ]


def _examples(
    detection: DuplicateDetection, pairs: Iterable[LabelledPair], counts: float, *, judged: bool
) -> Iterator[Example]:
    comparer = Comparator(detection.language.word_frequencies, {}, 0.0)
    for pair in pairs:
        a, b = read_comparable(detection, pair.a), read_comparable(detection, pair.b)
        found = {} if comparer.compare(a, b).exclusion else _found(a, b, detection)
        if found or judged:
            yield Example(found, pair.label != "different", pair.group, counts, pair if judged else None)


def _fold_of(example: Example) -> str:
    return str(_fold(example.group))


def _source_of(example: Example) -> str:
    return example.pair.source if example.pair else ""


def _crossed(examples: Sequence[Example], part: Callable[[Example], str]) -> Iterator[tuple[Example, float]]:
    """The likely pairs with the score that they get where none of their part was learned from."""
    for held in sorted({part(one) for one in examples if one.pair}):
        weights, start = fit([one for one in examples if part(one) != held])
        for one in examples:
            if one.pair and part(one) == held:
                yield one, _probability(weights, start, one.found) if one.found else 0.0


def _resent(pairs: Iterable[LabelledPair]) -> Iterator[LabelledPair]:
    """Each message once more, as one person sends it again: copied, cut off, with a greeting or a word more."""
    said = {one.id: (one, pair.group) for pair in pairs for one in (pair.a, pair.b)}
    for number, (one, group) in enumerate(said.values()):
        text, change = one.text, number % 5
        fewer = (word for place, word in enumerate(text.split(), start=1) if place % _LEFT_OUT or word[0].isupper())
        again = (
            {"text": text.upper()},
            {"text": f"Assalamualaikum. {text} Mohon ditindaklanjuti, terima kasih"},
            {"text": f"{text} Kami sudah lama menunggu, jangan dibiarkan saja."},
            {"text": text[:_SMS] if len(text) > _SMS else f"LAPOR {text}", "title": "", "location": "", "address": ""},
            {"text": " ".join(fewer)},
        )[change]
        later = {
            "channel": "sms" if change == _CUT else one.channel,
            "sender": one.sender if number % 2 else "",
            "received_at": one.received_at and one.received_at + timedelta(hours=number % 200),
        }
        yield LabelledPair(group=group, label="repeat", a=one, b=one.model_copy(update=again | later))


def _strangers(pairs: Sequence[LabelledPair]) -> Iterator[LabelledPair]:
    """Each message beside one of another group, which no search would bring: nothing in common is two matters."""
    said = {one.id: (one, pair.group) for pair in pairs for one in (pair.a, pair.b)}
    ones = sorted(said.values(), key=lambda found: random.Random(found[0].id).random())  # noqa: S311 - an order
    for (one, group), (other, theirs) in pairwise(ones):
        if group != theirs:
            yield LabelledPair(
                group=group, label="different", a=one, b=other.model_copy(update={"received_at": one.received_at})
            )


def _found(a: Comparable, b: Comparable, detection: DuplicateDetection) -> Mapping[str, float]:
    pair = ComplaintPair(a, b, detection.language.word_frequencies)
    # The learned weights rest on this alignment: in the order of arrival, and without titles in the place of texts.
    pair.alignment = align_texts(a.text_words, b.text_words, detection.language.word_frequencies)
    return compute_features(pair)


def _fold(group: str) -> int:
    return random.Random(group).randrange(_FOLDS)  # noqa: S311 - which fold is no secret


def fit(examples: Sequence[Example]) -> tuple[dict[str, float], float]:
    """Coordinate-wise Newton steps; each weight is kept on its side of zero."""
    learned = [one for one in examples if one.found]
    names = sorted(learned[0].found)
    columns = {
        name: [(number, one.found[name]) for number, one in enumerate(learned) if one.found[name]] for name in names
    }
    columns[""] = [(number, 1.0) for number in range(len(learned))]
    pulls = {name: _PULL * _variance(columns[name], len(learned)) for name in names}
    counts = _balanced(learned)
    weights = dict.fromkeys(columns, 0.0)
    odds = [0.0] * len(learned)
    for _ in range(_SWEEPS):
        moved = 0.0
        for name, column in columns.items():
            pull = pulls.get(name, 0.0)
            slope, bend = pull * weights[name], pull + 1e-9
            for number, value in column:
                likely = 1 / (1 + exp(-odds[number]))
                slope += counts[number] * value * (likely - learned[number].same)
                bend += counts[number] * value * value * likely * (1 - likely)
            change = _side(name, weights[name] - slope / bend) - weights[name]
            if change:
                weights[name] += change
                moved = max(moved, abs(change))
                for number, value in column:
                    odds[number] += change * value
        if moved < 1e-3:  # noqa: PLR2004 - no step changes a decision any more
            break
    start = weights.pop("")
    return {name: round(weight, 3) for name, weight in weights.items()}, round(start, 3)


def _variance(column: Sequence[tuple[int, float]], count: int) -> float:
    """Of the numbers in a column that has zeros else: what is seldom or small is drawn to zero no more than others."""
    mean = sum(value for _, value in column) / count
    return sum(value * value for _, value in column) / count - mean * mean


def _balanced(examples: Sequence[Example]) -> list[float]:
    """What each counts, so that of all `_SAME` are about one matter."""
    whole = sum(one.counts for one in examples)
    same = sum(one.counts for one in examples if one.same)
    return [
        one.counts * (_SAME * whole / same if one.same else (1 - _SAME) * whole / (whole - same)) for one in examples
    ]


def _side(name: str, weight: float) -> float:
    if not name or name in _FREE:
        return weight
    return min(0.0, weight) if name in _AGAINST else max(0.0, weight)


def _probability(weights: Mapping[str, float], start: float, found: Mapping[str, float]) -> float:
    return 1 / (1 + exp(-(start + sum(weights[name] * value for name, value in found.items()))))


def _threshold(scored: Iterable[tuple[Example, float]]) -> float:
    """The lowest from which on at least `_RIGHT` of all are right."""
    right, best = 0, 1.0
    for count, (one, score) in enumerate(sorted(scored, key=lambda found: -found[1]), start=1):
        right += one.same
        if score and right / count >= _RIGHT:
            best = score
    return round(min(best, 0.99), 3)


def _write(likeness: DuplicateWeights) -> None:
    with _FILE.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("feature", "weight"))
        out.writerows((("start", likeness.prior), ("enough", likeness.threshold)))
        out.writerows((name, weight) for name, weight in likeness.weights.items() if weight)


def real(detection: DuplicateDetection, texts: Path) -> dict[str, object]:
    """The measure of the real pairs of which both texts are in a file; when they were sent is not known."""
    said = {
        row["tracking_id"]: ExplainedMessage(id=row["tracking_id"], title=row["title"], text=row["text"])
        for row in _rows(texts)
    }
    return measure_duplicates(
        detection,
        [
            LabelledPair.model_validate({"label": row["label"], "a": said[row["id_a"]], "b": said[row["id_b"]]})
            for row in _rows(_PAIRS / "real.csv")
            if row["id_a"] in said and row["id_b"] in said
        ],
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main(task: str, texts: str = "") -> dict[str, object]:
    """Do it; returns what is printed."""
    detection = DuplicateDetection(load_language_model(), load_duplicate_weights())
    if task == "real":
        return real(detection, Path(texts))
    if task == "train":
        _write(train(detection))
        return {"written": _FILE.name}
    if task == "cross":
        return cross(detection)
    return {
        name: measure_duplicates(detection, LabelledPair.load_file(_PAIRS / f"{name}.jsonl"))
        for name in ("test", "candidates-test", "closing-test")
    }


if __name__ == "__main__":
    print(json.dumps(main("".join(sys.argv[1:2]), *sys.argv[2:3]), indent=2))  # noqa: T201
