"""Reports whose competent institution a person judged, and the figures of the router's decisions on them.

Invented reports come with the service (`reports/*.jsonl`). Their authors had not seen the rules. One half is for
learning, and nothing was tuned on the other half. The tables were mended with the files `*-tuned.jsonl`, and no weight
is learned from them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from app.evaluation.routing import ReportLine
from app.evaluation.routing_figures import routing_figures
from messages.topics import TRIAGE
from router.decide import decide
from router.rules import Rules

REPORTS = Path(__file__).parent / "reports"


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


def shipped_reports(*, for_learning: bool) -> list[JudgedReport]:
    """Return the half for learning, or the other one. Raises `OSError`."""
    return [*invented_reports(for_learning=for_learning), *pattern_reports("learn" if for_learning else "test")]


def invented_reports(*, for_learning: bool) -> list[JudgedReport]:
    """Return the reports of two authors: those with odd numbers for learning, or the others."""
    reports = [report for path in sorted(REPORTS.glob("invented-*.jsonl")) for report in JudgedReport.read(path)]
    return [report for report in reports if int(report.id[1:]) % 2 == for_learning]


def pattern_reports(half: str) -> list[JudgedReport]:
    """Return the reports by pattern: those for `learn`, or for `test`."""
    return [report for path in sorted(REPORTS.glob(f"*-{half}.jsonl")) for report in JudgedReport.read(path)]
