"""Reads the written list of the places with data of persons from the documentation."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product

from tests.end_to_end.canary.persons import IDENTITY, ITEMS, MODES, WORDS, Finding, Item
from tests.end_to_end.canary.places import Findings
from tests.support.paths import ROOT

PATH = ROOT / "docs" / "personal-data.md"
_GROUPS: dict[str, tuple[Item, ...]] = {"identity": IDENTITY, "words": WORDS}
_ROW = re.compile(r"^\| `(?P<place>[^`]+)` \| (?P<modes>[^|]+) \| (?P<items>[^|]+) \| (?P<after>[^|]+) \|")


@dataclass(frozen=True, slots=True)
class ListedPlace:
    """A row of the list: a place, what it has of whom, and whether it has it after the person is forgotten."""

    place: str
    findings: frozenset[Finding]
    stays: bool

    def is_about(self, place: str) -> bool:
        """Return whether the row names the place. `*` stands for any letters."""
        return fnmatchcase(place, self.place.replace("[", "[[]"))


def read_list() -> tuple[ListedPlace, ...]:
    """Return the rows of the list."""
    matches = filter(None, map(_ROW.match, PATH.read_text().splitlines()))
    return tuple(_listed(match) for match in matches)


def _listed(row: re.Match[str]) -> ListedPlace:
    modes = MODES if row["modes"].strip() == "all" else tuple(name for name in MODES if name in _names(row["modes"]))
    items = {item for name in _names(row["items"]) for item in _GROUPS.get(name, (name,))}
    assert modes, row[0]
    assert items <= set(ITEMS), row[0]
    findings = frozenset(Finding(mode, item) for mode, item in product(modes, ITEMS) if item in items)
    return ListedPlace(row["place"], findings, row["after"].strip() != "nothing")


def _names(cell: str) -> list[str]:
    return [name.strip() for name in cell.split(",")]


def unlisted(found: Findings, rows: Iterable[ListedPlace]) -> list[str]:
    """Return the findings that no row allows, each as a line."""
    rows = tuple(rows)
    lines = []
    for place, findings in sorted(found.items()):
        allowed = {finding for row in rows if row.is_about(place) for finding in row.findings}
        lines += [f"{place}: {finding.item} ({finding.mode})" for finding in sorted(findings - allowed)]
    return lines


def without_findings(found: Findings, rows: Iterable[ListedPlace]) -> list[str]:
    """Return the persons and the kinds of data that a row names and the place does not have, each as a line."""
    lines = []
    for row in rows:
        has = {finding for place, findings in found.items() if row.is_about(place) for finding in findings}
        missing = {finding.mode for finding in row.findings} - {finding.mode for finding in has}
        missing |= {finding.item for finding in row.findings} - {finding.item for finding in has}  # type: ignore[arg-type]
        lines += [f"{row.place}: {name}" for name in sorted(missing)]
    return lines
