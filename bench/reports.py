"""Real national reports with the institution that a careful reader judged competent. The texts stay in `../shared`."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from app.evaluation.routing_metrics import JudgedReport
from bench.shared_data import NATIONAL_REPORTS
from messages.shapes import Report

JUDGED = Path(__file__).parent.parent / "tests" / "data" / "routing"

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


def _report(row: dict[str, str]) -> Report:
    text = _OPENING.sub("", _CLOSING.sub("", row["text"])).strip()
    return Report(title=row["title"][:200], text=text[:10_000] or row["title"] or "-")


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
