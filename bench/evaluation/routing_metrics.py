"""Reports whose competent institution a person judged, and the figures of the router's decisions on them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from app.explanation.routing import ReportLine
from bench.evaluation.routing_figures import routing_figures
from messages.topics import TRIAGE
from router.decide import decide
from router.rules import Rules


class JudgedReport(ReportLine):
    """A report with the competent institution (`triage` if nobody could tell) and other acceptable ones."""

    institution: str
    acceptable: tuple[str, ...] = ()
    kind: str = Field("", description="What a reader decided by.")

    @property
    def acceptable_agencies(self) -> frozenset[str]:
        """The competent institution and the other acceptable ones."""
        return frozenset((self.institution, *self.acceptable))

    @property
    def is_decidable(self) -> bool:
        """True if a person could tell the competent institution."""
        return self.institution != TRIAGE

    @classmethod
    def read(cls, path: Path) -> list["JudgedReport"]:
        """Return the reports in a file of JSON lines. Raises `OSError`, and `ValueError` naming the field at fault."""
        return [cls.model_validate_json(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def measure_rules(rules: Rules, reports: Sequence[JudgedReport]) -> dict[str, Any]:
    """Return the figures of the router's decisions on these reports; see `routing_figures`."""
    return routing_figures([(report, decide(report.report(), rules)) for report in reports])
