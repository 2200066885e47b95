"""How often the detector of duplicates is right, on pairs that a person labelled; shares with their intervals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from app.evaluation.confidence_interval import share_with_interval
from app.evaluation.duplicates import LabelledPair, read_comparable
from normalize.duplicates.factory import DuplicateDetection


def measure_duplicates(detection: DuplicateDetection, pairs: Iterable[LabelledPair]) -> dict[str, Any]:
    """Return the metrics of pairs as the duplicate search judges them, see `summarize_judgements`."""

    def is_same_matter(pair: LabelledPair) -> bool:
        comparables = (read_comparable(detection, message) for message in (pair.a, pair.b))
        return detection.comparator.compare(*comparables).score >= detection.weights.threshold

    return summarize_judgements([(pair, is_same_matter(pair)) for pair in pairs])


def summarize_judgements(judged: Sequence[tuple[LabelledPair, bool]]) -> dict[str, Any]:
    """Precision, recall and F1 over all pairs, the recall of each label, and the same by source.

    `judged` says of each pair whether it was taken for one matter. The pairs of one group, a tangle of complaints, are
    right or wrong together: the 95 % intervals count for as many pairs as the groups are worth. Pairs without a group
    are groups of their own.
    """
    by_source = defaultdict(list)
    for pair, told in judged:
        by_source[pair.source].append((pair, told))
    wholly = [all(told == same for _, told, same in group) for group in _groups(judged)]
    return {
        "pairs": len(judged),
        **_figures(judged),
        "groups": {"all": len(wholly), "wholly_right": _share([(right, 1) for right in wholly])},
        "by_source": {source: _figures(by_source[source]) for source in sorted(by_source) if source},
    }


_Judged = tuple[LabelledPair, bool, bool]


def _groups(judged: Sequence[tuple[LabelledPair, bool]]) -> list[list[_Judged]]:
    """The pairs by group, each with what it was taken for and what it is."""
    groups: dict[str, list[_Judged]] = defaultdict(list)
    for number, (pair, told) in enumerate(judged):
        groups[pair.group or f"#{number}"].append((pair, told, pair.label != "different"))
    return list(groups.values())


def _figures(judged: Sequence[tuple[LabelledPair, bool]]) -> dict[str, Any]:
    groups = _groups(judged)
    right = sum(told and pair.label != "different" for pair, told in judged)
    told = sum(told for _, told in judged)
    same = sum(pair.label != "different" for pair, _ in judged)
    by_label = {
        label: _share(
            [(sum(told for pair, told, _ in one if pair.label == label), _count(one, label)) for one in groups]
        )
        for label in ("repeat", "joins")
    }
    return {
        "precision": _share([(sum(t and s for _, t, s in one), sum(t for _, t, _ in one)) for one in groups]),
        "recall": _share([(sum(t and s for _, t, s in one), sum(s for _, _, s in one)) for one in groups]),
        "f1": round(2 * right / (told + same), 3) if told + same else 0.0,
        "recall_by_label": by_label,
    }


def _count(group: Iterable[_Judged], label: str) -> int:
    return sum(pair.label == label for pair, _, _ in group)


def _share(groups: Sequence[tuple[int, int]]) -> dict[str, float]:
    """A share over groups (how many of how many in each), with the interval of as many as the groups are worth.

    That is the number of pairs that would vary as much if each were by itself: Kish's design effect, from the
    linearized variance of a ratio.
    """
    part, whole = (sum(numbers) for numbers in zip(*groups, strict=True)) if groups else (0, 0)
    if not whole:
        return share_with_interval(0, 0)
    value = part / whole
    varies = sum((some - value * of) ** 2 for some, of in groups) / whole
    return share_with_interval(part, whole, min(1.0, value * (1 - value) / varies) if varies else 1.0)
