"""Figures of the router's decisions on reports whose competent institution a person judged."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from bench.evaluation.confidence_interval import share_with_interval
from messages.topics import TRIAGE
from router.decision import Decision

# An officer sees the chosen agency and the first alternatives: so many agencies count as found.
_MAX_AGENCIES = 3
_TENTHS = 10


class Judgement(Protocol):
    """The competent institution of a report (`triage` if nobody could tell), by a person's judgement."""

    @property
    def institution(self) -> str:
        """The competent institution."""

    @property
    def kind(self) -> str:
        """The group of reports whose share is shown."""

    @property
    def acceptable_agencies(self) -> frozenset[str]:
        """The competent institution and the other acceptable ones."""

    @property
    def is_decidable(self) -> bool:
        """True if a person could tell the competent institution."""


DecidedReport: TypeAlias = tuple[Judgement, Decision]


def routing_figures(decided: Sequence[DecidedReport]) -> dict[str, Any]:
    """Return shares with 95 % intervals: of decidable and undecidable reports, by kind, and the calibration.

    `strict` counts the competent institution alone.
    """
    decidable = [(report, decision) for report, decision in decided if report.is_decidable]
    return {
        "reports": len(decided),
        "right": _share_of(decidable, _is_acceptable),
        "strict": _share_of(decidable, lambda report, decision: decision.agency == report.institution),
        "within_three": _share_of(decidable, _is_within_alternatives),
        "wrong": _share_of(decidable, _is_wrong_agency),
        "triage": _share_of(decidable, lambda _, decision: decision.is_triage),
        "nobody_to_triage": _share(decision.is_triage for report, decision in decided if not report.is_decidable),
        "by_kind": _shares_by_kind(decidable),
        "calibration": _calibration(decided),
        "calibration_error": _calibration_error(decided),
    }


def _shares_by_kind(decidable: Iterable[DecidedReport]) -> dict[str, dict[str, float]]:
    by_kind: dict[str, list[bool]] = defaultdict(list)
    for report, decision in decidable:
        by_kind[report.kind].append(_is_acceptable(report, decision))
    return {kind: _share(outcomes) for kind, outcomes in sorted(by_kind.items())}


def _is_acceptable(report: Judgement, decision: Decision) -> bool:
    return decision.agency in report.acceptable_agencies


def _is_wrong_agency(report: Judgement, decision: Decision) -> bool:
    return not decision.is_triage and not _is_acceptable(report, decision)


def _is_within_alternatives(report: Judgement, decision: Decision) -> bool:
    agencies = [code for code in (decision.agency, *decision.alternatives) if code != TRIAGE]
    return not report.acceptable_agencies.isdisjoint(agencies[:_MAX_AGENCIES])


def _calibration(decided: Iterable[DecidedReport]) -> dict[str, dict[str, float]]:
    """Return for each tenth of confidence the average confidence, the share of right decisions and their number."""
    by_tenth: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for report, decision in decided:
        if not decision.is_triage:
            tenth = min(_TENTHS - 1, int(decision.confidence * _TENTHS))
            by_tenth[tenth].append((decision.confidence, _is_acceptable(report, decision)))
    return {
        f"{tenth / _TENTHS:.1f}": {
            "said": round(sum(confidence for confidence, _ in outcomes) / len(outcomes), 3),
            "right": round(sum(is_right for _, is_right in outcomes) / len(outcomes), 3),
            "of": len(outcomes),
        }
        for tenth, outcomes in sorted(by_tenth.items())
    }


def _calibration_error(decided: Iterable[DecidedReport]) -> float:
    """Return the expected calibration error: the average distance of confidence and right decisions in each tenth."""
    tenths = list(_calibration(decided).values())
    total = sum(tenth["of"] for tenth in tenths)
    return round(sum(tenth["of"] * abs(tenth["said"] - tenth["right"]) for tenth in tenths) / max(total, 1), 4)


def _share_of(decided: Iterable[DecidedReport], is_counted: Callable[[Judgement, Decision], bool]) -> dict[str, float]:
    return _share(is_counted(report, decision) for report, decision in decided)


def _share(outcomes: Iterable[bool]) -> dict[str, float]:
    counted = list(outcomes)
    return {**share_with_interval(sum(counted), len(counted)), "of": len(counted)}
