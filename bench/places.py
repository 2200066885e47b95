"""Measures how often a report's place is that of the addressed government: `python -m bench.places REPORTS.csv`.

The file has the columns `tracking_id`, `title`, `text` and `addressed_agency`; nothing of it is kept. Of the reports
whose addressee bears the name of one city or regency (or of Jakarta) it prints one JSON object: in how many the best
place lies in the addressee's (`right`), another does (`later`), none does (`wrong`) or none was found (`none`); the
same where the gazetteer's first sure mention is taken as the place (`first-…`); how certain these were on average;
where reports went whose bare name city and regency share (`alike`); processor time for 400 characters, in
microseconds; seconds and MB to load. With a second argument those that went wrong are printed before, by their ids.
"""

import csv
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

from language.model import load_language_model
from language.places.finder import PlaceFinder
from language.places.gazetteer import Gazetteer, RegionLevel, region_level
from language.tokens import Tokens
from messages.shapes import Report
from router.location.locator import ReportLocator
from router.location.place_evidence import ReportLocation
from router.location.searched_text import location_text
from tests.support.landmarks import LandmarkFinder

_CHARACTERS = 400
_ROUNDS = 20
_PAGE = 4096 / 1024**2
_JAKARTA = "31"


# The admin's words above and below a report would reveal the addressee.
_ADMINS = re.compile(
    r"^\s*(?:Kpd|Kepada)[.,]?\s*Yth[.,]*\s*(?:Pemprov|Pemerintah Provinsi) DKI Jakarta[.,]*"
    r"|\s*Mohon (?:ditindaklanjuti|informasinya|dipertimbangkan), terima kasih\s*$"
)


class MeasuredLocator:
    """Locates reports with the shipped language model."""

    def __init__(self) -> None:
        self._language = load_language_model()
        self.gazetteer: Gazetteer = self._language.gazetteer
        began, size = time.process_time(), _size()
        self.place_finder: PlaceFinder = self._language.place_finder
        self._landmarks = LandmarkFinder(self._language.landmarks)
        self._locator = ReportLocator(self.place_finder, self._language.points, self._language.regions)
        self.seconds, self.megabytes = time.process_time() - began, _size() - size

    def locate(self, report: Report) -> ReportLocation:
        """Return the location of a report."""
        text = location_text(report)
        words = self._language.words.read_words(text)
        return self._locator.locate(report, text, words, self._landmarks.find(words))


def main(path: Path, *, names: bool) -> dict[str, object]:
    """Return the figures that are printed last."""
    locator = MeasuredLocator()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    reports = [Report(title=row["title"][:200], text=_ADMINS.sub("", row["text"])[:10_000] or "-") for row in rows]
    counts: Counter[str] = Counter()
    alike: Counter[str] = Counter()
    certain: dict[str, list[float]] = {"right": [], "later": [], "wrong": []}
    for row, report in zip(rows, reports, strict=True):
        if not (region := _addressed(row["addressed_agency"], locator.gazetteer)):
            continue
        where = locator.locate(report)
        verdict = _verdict(where, region)
        counts.update(("addressed", verdict, f"first-{_first(report, region, locator.gazetteer)}"))
        alike.update(_alike(report, region, locator.gazetteer))
        if where.best:
            certain[verdict].append(where.best.certainty)
        if names and verdict in {"wrong", "later"}:
            print(row["tracking_id"], region, where.best and where.best.code)  # noqa: T201 - asked for
    return {
        **dict(sorted(counts.items())),
        "certainty": {verdict: round(sum(all_) / len(all_), 2) if all_ else None for verdict, all_ in certain.items()},
        "alike": dict(alike),
        "us_per_400": _cost(reports, locator),
        "load_seconds": round(locator.seconds, 3),
        "load_mb": round(locator.megabytes, 1),
    }


def _addressed(agency: str, gazetteer: Gazetteer) -> str:
    """Return the only city or regency in an agency's name, in Jakarta the province; otherwise an empty text."""
    if "bpjs" in agency.lower():
        return ""
    regions = {_governed(code) for mention in gazetteer.find_regions(Tokens(agency)) for code in mention.codes}
    return regions.pop() if len(regions) == 1 and (regions <= {_JAKARTA} or "." in min(regions)) else ""


def _governed(code: str) -> str:
    return _JAKARTA if code.startswith(_JAKARTA) else code[:5]


def _verdict(where: ReportLocation, region: str) -> str:
    if where.best is None:
        return "none"
    places = [_governed(candidate.code) for candidate in where.candidates]
    return "right" if places[0] == region else "later" if region in places else "wrong"


def _first(report: Report, region: str, gazetteer: Gazetteer) -> str:
    """Return the same for the first certain mention."""
    mentions = [mention for mention in gazetteer.find_regions(Tokens(location_text(report))) if mention.certain]
    places = [_governed(code) for mention in mentions for code in mention.codes if "." in code or code == _JAKARTA]
    return "none" if not places else "right" if places[0] == region else "later" if region in places else "wrong"


def _alike(report: Report, region: str, gazetteer: Gazetteer) -> list[str]:
    """Return the level and the code of the addressee of bare names that a city and a regency share."""
    levels: set[str] = set()
    for mention in gazetteer.find_regions(Tokens(location_text(report))):
        kinds = {region_level(code) for code in mention.codes}
        if not mention.typed and {RegionLevel.CITY, RegionLevel.REGENCY} <= kinds and region in mention.codes:
            levels.add(f"{region_level(region).name} {region}")
    return sorted(levels)


def _cost(reports: list[Report], locator: MeasuredLocator) -> float:
    characters = sum(len(location_text(report)) for report in reports)
    least = float("inf")
    for _ in range(_ROUNDS):
        began = time.process_time_ns()
        for report in reports:
            locator.locate(report)
        least = min(least, time.process_time_ns() - began)
    return round(least / 1_000 * _CHARACTERS / characters, 1)


def _size() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), names=len(sys.argv) > 2), indent=2))  # noqa: T201,PLR2004 - a benchmark's output
