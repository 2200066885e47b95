"""How often the router is right, on reports whose institution a person judged."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from app.evaluation.confidence_interval import share_with_interval
from app.evaluation.routing import ReportLine
from messages.topics import TRIAGE
from router.decide import decide
from router.decision import Decision
from router.rules import Rules

_DOORS = 3


class JudgedReport(ReportLine):
    """A report with the institution that is competent (`triage` where nobody could tell), and others not wrong."""

    institution: str
    acceptable: tuple[str, ...] = ()
    kind: str = Field("", description="What a reader decided by.")

    @property
    def right(self) -> frozenset[str]:
        """Every door that is not wrong."""
        return frozenset((self.institution, *self.acceptable))

    @classmethod
    def read(cls, path: Path) -> list["JudgedReport"]:
        """The reports in a file of JSON lines. Raises `OSError`, and `ValueError` naming the field at fault."""
        return [cls.model_validate_json(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def measure_rules(rules: Rules, reports: Sequence[JudgedReport]) -> dict[str, Any]:
    """Shares with 95 % intervals: of those that can be placed, of those that can't, by what decides, and calibration.

    `strict` counts the best institution alone.
    """
    return routing_figures([(one, decide(one.report(), rules)) for one in reports])


def routing_figures(made: Sequence[tuple[JudgedReport, Decision]]) -> dict[str, Any]:
    """The same, of decisions that were made."""
    placeable = [(one, decision) for one, decision in made if one.institution != TRIAGE]
    by_kind: dict[str, list[bool]] = defaultdict(list)
    for one, decision in placeable:
        by_kind[one.kind].append(decision.agency in one.right)
    return {
        "reports": len(made),
        "right": _share(decision.agency in one.right for one, decision in placeable),
        "strict": _share(decision.agency == one.institution for one, decision in placeable),
        "within_three": _share(_within(one, decision) for one, decision in placeable),
        "wrong": _share(decision.agency not in {*one.right, TRIAGE} for one, decision in placeable),
        "triage": _share(decision.is_triage for _, decision in placeable),
        "nobody_to_triage": _share(decision.is_triage for one, decision in made if one.institution == TRIAGE),
        "by_kind": {kind: _share(right) for kind, right in sorted(by_kind.items())},
        "calibration": _calibration(made),
    }


def _within(one: JudgedReport, decision: Decision) -> bool:
    doors = [code for code in (decision.agency, *decision.alternatives) if code != TRIAGE]
    return bool(one.right & set(doors[:_DOORS]))


def _calibration(made: Iterable[tuple[JudgedReport, Decision]]) -> dict[str, dict[str, float]]:
    """For each tenth of confidence: what was said on average, how many were right, of how many."""
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for one, decision in made:
        if not decision.is_triage:
            tenths[min(9, int(decision.confidence * 10))].append((decision.confidence, decision.agency in one.right))
    return {
        f"{tenth / 10:.1f}": {
            "said": round(sum(said for said, _ in some) / len(some), 3),
            "right": round(sum(right for _, right in some) / len(some), 3),
            "of": len(some),
        }
        for tenth, some in sorted(tenths.items())
    }


def _share(some: Iterable[bool]) -> dict[str, float]:
    found = list(some)
    return {**share_with_interval(sum(found), len(found)), "of": len(found)}
