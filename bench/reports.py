"""Reports with the institution that a careful reader judged competent.

The texts of real national reports stay in `../shared`. Invented reports are in `tests/data/reports/`. Their authors had
not seen the rules. One half is for learning, and nothing was tuned on the other half. The tables were mended with the
files `*-tuned.jsonl`, and no weight is learned from them.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from bench.evaluation.routing_metrics import JudgedReport
from bench.shared_data import NATIONAL_REPORTS
from messages.shapes import Report
from tests.support.paths import DATA

JUDGED = DATA / "routing"
REPORTS = DATA / "reports"

# The lines that the service's admin wrote above and below a report name the agency; the sender did not write them.
_OPENING = re.compile(
    r"^\s*(?:kpd|kepada)[.,\s]*yth[.,\s]*(?:pemprov|pemerintah provinsi)\s+dki\s+jakarta[.,:\s]*", re.IGNORECASE
)
_CLOSING = re.compile(r"\s*Mohon (?:ditindaklanjuti|informasinya|dipertimbangkan), terima kasih\s*$")


def judged_reports(name: str) -> list[JudgedReport]:
    """Return the reports of a list like `sample`. Raises `OSError` if the texts are not there."""
    texts = {row["tracking_id"]: _report(row) for row in _rows(NATIONAL_REPORTS)}
    return [
        JudgedReport(
            id=row["tracking_id"],
            title=texts[row["tracking_id"]].title,
            text=texts[row["tracking_id"]].text,
            institution=row["institution"],
            acceptable=tuple(filter(None, row["acceptable"].split("|"))),
            kind=row["kind"],
        )
        for row in _rows(JUDGED / f"{name}.csv")
    ]


def invented_reports(*, for_learning: bool) -> list[JudgedReport]:
    """Return the reports of two authors: those with odd numbers for learning, or the others."""
    reports = [report for path in sorted(REPORTS.glob("invented-*.jsonl")) for report in JudgedReport.read(path)]
    return [report for report in reports if int(report.id[1:]) % 2 == for_learning]


def pattern_reports(half: str) -> list[JudgedReport]:
    """Return the reports by pattern: those for `learn`, or for `test`."""
    return [report for path in sorted(REPORTS.glob(f"*-{half}.jsonl")) for report in JudgedReport.read(path)]


def all_invented_reports(*, for_learning: bool) -> list[JudgedReport]:
    """Return the half for learning of both kinds of invented reports, or the other one."""
    return [*invented_reports(for_learning=for_learning), *pattern_reports("learn" if for_learning else "test")]


def _report(row: dict[str, str]) -> Report:
    text = _OPENING.sub("", _CLOSING.sub("", row["text"])).strip()
    return Report(title=row["title"][:200], text=text[:10_000] or row["title"] or "-")


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
