"""Learns from labelled pairs what makes two complaints one matter, and measures it on pairs of other groups.

`python -m bench.duplicates train` learns from `tests/data/pairs/train.jsonl` and writes `config/data/likeness.csv`;
`python -m bench.duplicates` measures on `tests/data/pairs/test.jsonl`, which nothing was learned from. Logistic
regression, drawn to zero; what is alike never counts against, what differs never in favour.
"""

import csv
import json
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from math import exp
from pathlib import Path

from app.explaining import PairFile, Readers, measure
from config.likeness import Likeness, load_likeness
from messages.shapes import Channel
from normalize.duplicates.aligned import align
from normalize.duplicates.compare import Comparer, features
from normalize.duplicates.matter import Matter
from normalize.duplicates.named import compare_named

_PAIRS = Path(__file__).parent.parent / "tests" / "data" / "pairs"
_FILE = Path(__file__).parent.parent / "config" / "data" / "likeness.csv"
_AGAINST = (
    *("exchanged", "exchanged-near", "exchanged-names", "exchanged-names-near", "exchanged-numbers"),
    *("exchanged-numbers-near", "told-apart", "filled-form", "other-names", "other-names-near", "no-names"),
    *("no-names-near", "other-date", "other-amount", "other-landmark", "other-area", "other-region-in-fields"),
    *("other-address", "other-address-near", "other-sender", "days", "days-near", "other-topic", "other-kind"),
)
# Either way: a long common text in one form with exchanged words is no proof.
_FREE = ("near-text", "like-text", "usual-words", "long-text", "part-of-text")
_SMS, _CUT, _LEFT_OUT = 160, 3, 9
_PULL = 3.0
_SWEEPS = 200
_FOLDS = 5
# Those taken for one matter are to be right this often, on groups that were not learned from. The pairs were written to
# mislead, and more of them are different than of what comes as a candidate: of real pairs more are right.
_RIGHT = 0.85

Example = tuple[Mapping[str, float], bool, str]


def train(readers: Readers) -> Likeness:
    """The weights, and the threshold at which cross-validation keeps its word."""
    pairs = PairFile.read(_PAIRS / "train.jsonl")
    labelled, examples = list(_examples(readers, pairs)), list(_examples(readers, (*pairs, *_resent(pairs))))
    names = sorted(examples[0][0])
    scored = []
    for fold in range(_FOLDS):
        weights, start = fit([one for one in examples if _fold(one[2]) != fold], names)
        held = [one for one in labelled if _fold(one[2]) == fold]
        scored += [(_probability(weights, start, found), same) for found, same, _ in held]
    weights, start = fit(examples, names)
    return Likeness(weights, start, _threshold(scored))


def _examples(readers: Readers, pairs: Iterable[PairFile]) -> Iterable[Example]:
    comparer = Comparer(readers.vocabulary, {}, 0.0)
    for pair in pairs:
        a, b = readers.matter(pair.a), readers.matter(pair.b)
        if not comparer.compare(a, b).never:
            yield _found(a, b, readers), pair.label != "different", pair.group


def _resent(pairs: Iterable[PairFile]) -> Iterator[PairFile]:
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
            "channel": Channel.SMS if change == _CUT else one.channel,
            "sender": one.sender if number % 2 else "",
            "received_at": one.received_at and one.received_at + timedelta(hours=number % 200),
        }
        yield PairFile(group=group, label="repeat", a=one, b=one.model_copy(update=again | later))


def _found(a: Matter, b: Matter, readers: Readers) -> Mapping[str, float]:
    aligned = align(a.words, b.words, readers.vocabulary)
    return features(a, b, compare_named(a, b), aligned, readers.vocabulary)


def _fold(group: str) -> int:
    return random.Random(group).randrange(_FOLDS)  # noqa: S311 - which fold is no secret


def fit(examples: Sequence[Example], names: Sequence[str]) -> tuple[dict[str, float], float]:
    """Coordinate-wise Newton steps; each weight is kept on its side of zero."""
    weights = dict.fromkeys(names, 0.0)
    start = 0.0
    odds = [0.0] * len(examples)
    for _ in range(_SWEEPS):
        moved = 0.0
        for name in ("", *names):
            values = [1.0 if not name else found[name] for found, _, _ in examples]
            weight = weights[name] if name else start
            slope, bend = (_PULL * weight, _PULL) if name else (0.0, 1e-9)
            for value, margin, (_, same, _) in zip(values, odds, examples, strict=True):
                if value:
                    likely = 1 / (1 + exp(-margin))
                    slope += value * (likely - same)
                    bend += value * value * likely * (1 - likely)
            new = _side(name, weight - slope / bend)
            if change := new - weight:
                odds = [margin + change * value for margin, value in zip(odds, values, strict=True)]
                moved = max(moved, abs(change))
            if name:
                weights[name] = new
            else:
                start = new
        if moved < 1e-3:  # noqa: PLR2004 - no step changes a decision any more
            break
    return {name: round(weight, 3) for name, weight in weights.items()}, round(start, 3)


def _side(name: str, weight: float) -> float:
    if not name or name in _FREE:
        return weight
    return min(0.0, weight) if name in _AGAINST else max(0.0, weight)


def _probability(weights: Mapping[str, float], start: float, found: Mapping[str, float]) -> float:
    return 1 / (1 + exp(-(start + sum(weights[name] * value for name, value in found.items()))))


def _threshold(scored: Sequence[tuple[float, bool]]) -> float:
    """The lowest from which on at least `_RIGHT` of all are right."""
    right, best = 0, 1.0
    for count, (score, same) in enumerate(sorted(scored, reverse=True), start=1):
        right += same
        if right / count >= _RIGHT:
            best = score
    return round(min(best, 0.99), 3)


def _write(likeness: Likeness) -> None:
    with _FILE.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("feature", "weight"))
        out.writerows((("start", likeness.start), ("enough", likeness.enough)))
        out.writerows((name, weight) for name, weight in likeness.weights.items() if weight)


if __name__ == "__main__":
    made = Readers.load()
    if sys.argv[1:] == ["train"]:
        _write(train(made))
    made = replace(made, likeness=load_likeness())
    print(json.dumps(measure(made, PairFile.read(_PAIRS / "test.jsonl")), indent=2))  # noqa: T201
