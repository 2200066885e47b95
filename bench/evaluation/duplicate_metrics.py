"""Accuracy of the duplicate search on pairs that a person labelled; shares with their intervals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.evaluation.confidence_interval import share_with_interval
from bench.evaluation.explained_messages import read_comparable
from bench.evaluation.labelled_messages import LabelledPair
from normalize.duplicates.comparison.certainty import Certainty
from normalize.duplicates.factory import DuplicateDetection


def measure_duplicates(detection: DuplicateDetection, pairs: Iterable[LabelledPair]) -> dict[str, Any]:
    """Return the metrics of pairs as the duplicate search judges them, see `summarize_judgements`.

    Only certain pairs count as judged one matter. `likely` tells how many pairs are only suggested, how many of these
    are one matter, and the recall of certain and likely pairs together.
    """

    def judge(pair: LabelledPair) -> Certainty:
        first, second = (read_comparable(detection, message) for message in (pair.a, pair.b))
        return detection.comparator.compare(first, second).certainty

    judged_pairs = [(pair, judge(pair)) for pair in pairs]
    metrics = summarize_judgements([(pair, certainty == "certain") for pair, certainty in judged_pairs])
    likely = [_Judgement(pair, judged_same=True) for pair, certainty in judged_pairs if certainty == "likely"]
    with_likely = [_Judgement(pair, certainty != "new") for pair, certainty in judged_pairs]
    return {
        **metrics,
        "likely": {
            "pairs": len(likely),
            "right": _metrics(likely)["precision"],
            "recall_with_certain": _recall(_group(with_likely)),
        },
    }


def summarize_judgements(judged_pairs: Sequence[tuple[LabelledPair, bool]]) -> dict[str, Any]:
    """Return precision, recall and F1 over all pairs, the recall of each label, and the same by source.

    `judged_pairs` holds each pair with its judgement: True for one matter. The pairs of one group come from the same
    few complaints and are right or wrong together. So the 95 % intervals count a group as less than its number of
    pairs. A pair without a group is a group of its own.
    """
    judgements = [_Judgement(pair, judgement) for pair, judgement in judged_pairs]
    by_source = defaultdict(list)
    for judgement in judgements:
        by_source[judgement.pair.source].append(judgement)
    right_groups = [
        all(judgement.judged_same == judgement.is_same for judgement in group) for group in _group(judgements)
    ]
    return {
        "pairs": len(judgements),
        **_metrics(judgements),
        "groups": {"all": len(right_groups), "wholly_right": _share([(is_right, 1) for is_right in right_groups])},
        "by_source": {source: _metrics(by_source[source]) for source in sorted(by_source) if source},
    }


@dataclass(frozen=True, slots=True)
class _Judgement:
    """A pair and its judgement: one matter or not."""

    pair: LabelledPair
    judged_same: bool

    @property
    def is_same(self) -> bool:
        """True if the label says one matter."""
        return self.pair.label != "different"

    @property
    def is_true_positive(self) -> bool:
        """True if label and judgement say one matter."""
        return self.judged_same and self.is_same


def _group(judgements: Iterable[_Judgement]) -> list[list[_Judgement]]:
    groups: dict[str, list[_Judgement]] = defaultdict(list)
    for number, judgement in enumerate(judgements):
        groups[judgement.pair.group or f"#{number}"].append(judgement)
    return list(groups.values())


def _metrics(judgements: Sequence[_Judgement]) -> dict[str, Any]:
    groups = _group(judgements)
    true_positives = sum(judgement.is_true_positive for judgement in judgements)
    positives = sum(judgement.judged_same for judgement in judgements) + sum(
        judgement.is_same for judgement in judgements
    )
    return {
        "precision": _share([(_count_true_positives(group), _count_judged_same(group)) for group in groups]),
        "recall": _recall(groups),
        "f1": round(2 * true_positives / positives, 3) if positives else 0.0,
        "recall_by_label": {
            label: _recall([[judgement for judgement in group if judgement.pair.label == label] for group in groups])
            for label in ("repeat", "joins")
        },
    }


def _recall(groups: Iterable[Sequence[_Judgement]]) -> dict[str, float]:
    return _share([(_count_true_positives(group), sum(judgement.is_same for judgement in group)) for group in groups])


def _count_true_positives(group: Iterable[_Judgement]) -> int:
    return sum(judgement.is_true_positive for judgement in group)


def _count_judged_same(group: Iterable[_Judgement]) -> int:
    return sum(judgement.judged_same for judgement in group)


def _share(counts_by_group: Sequence[tuple[int, int]]) -> dict[str, float]:
    """Return a share over groups, each given as part and total, with an interval for the effective number of pairs.

    That is the number of independent pairs with the same variance: Kish's design effect, from the linearized variance
    of a ratio.
    """
    part, total = (sum(counts) for counts in zip(*counts_by_group, strict=True)) if counts_by_group else (0, 0)
    if not total:
        return share_with_interval(0, 0)
    share = part / total
    variance = sum((group_part - share * group_total) ** 2 for group_part, group_total in counts_by_group) / total
    return share_with_interval(part, total, min(1.0, share * (1 - share) / variance) if variance else 1.0)
