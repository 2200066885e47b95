"""The invented reports: each is whole, its doors are in the registry and open, and the mix is the one we judge by."""

import csv
from collections import Counter
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tests.support.paths import DATA, SHIPPED_TABLES

REPORTS = DATA / "routing"
AGENCIES = SHIPPED_TABLES / "agencies.csv"
FILES = sorted(path.name for path in REPORTS.glob("invented-*.jsonl"))
REGIONAL = ("provinsi-", "kota-", "kabupaten-")


class Report(BaseModel):
    """One report as a citizen sends it, the institution that is competent for it, and others that are no wrong door."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str = Field(pattern=r"^[a-z]\d{3}$")
    title: str
    text: str = Field(min_length=1, pattern=r"^\S")
    channel: Literal["web", "sms", "twitter", "mobile"]
    location: str = ""
    agency: str = ""
    institution: str
    acceptable: tuple[str, ...] = Field(default=(), strict=False)
    kind: Literal["programme", "name", "city", "district", "landmark", "jakarta", "nickname", "none"]

    @property
    def doors(self) -> tuple[str, ...]:
        """Codes of the institution and of the others that are not wrong."""
        return (self.institution, *self.acceptable)


def load(name: str) -> list[Report]:
    """The reports of a file of `tests/data/routing/`, in its order. Raises ValidationError."""
    return [Report.model_validate_json(line) for line in (REPORTS / name).read_text(encoding="utf-8").splitlines()]


def read_open_doors() -> set[str]:
    """Codes of the institutions that are still there."""
    with AGENCIES.open(encoding="utf-8", newline="") as lines:
        return {row["code"] for row in csv.DictReader(lines) if not row["successors"]}


def test_a_line_of_another_shape_is_refused() -> None:
    """A misspelt field or kind doesn't pass for a label."""
    whole = load("invented-national.jsonl")[0].model_dump(mode="json")
    assert Report.model_validate(whole).id == "n001"
    for wrong in ({"kinds": "name"}, {"kind": "village"}, {"channel": "fax"}, {"id": "1"}, {"text": ""}):
        with pytest.raises(ValidationError):
            Report.model_validate(whole | wrong)


@pytest.mark.parametrize("name", FILES)
def test_doors_are_open_and_named_once(name: str) -> None:
    """Each code is in the registry, of an institution that is no former one, and once in its line."""
    known = read_open_doors()
    reports = load(name)
    assert [report.id for report in reports if not known.issuperset(report.doors)] == []
    assert [report.id for report in reports if len(set(report.doors)) < len(report.doors)] == []


@pytest.mark.parametrize("name", FILES)
def test_only_what_nobody_can_place_goes_to_triage(name: str) -> None:
    """Triage is the only door of its report, and is the answer just where nothing decides."""
    reports = load(name)
    assert [report.id for report in reports if (report.institution == "triage") != (report.kind == "none")] == []
    assert [report.id for report in reports if "triage" in report.acceptable] == []
    assert [report.id for report in reports if report.institution == "triage" and report.acceptable] == []


def test_ids_and_texts_are_unique() -> None:
    """No report is there twice, in one file or in two."""
    reports = [report for name in FILES for report in load(name)]
    for values in ([report.id for report in reports], [report.text for report in reports]):
        assert [value for value, times in Counter(values).items() if times > 1] == []


def test_mix_of_the_national_reports() -> None:
    """240 matters of 70 or more national institutions, 30 sent to the wrong one, 30 that nobody can place."""
    reports = load("invented-national.jsonl")
    national, misaddressed, unplaced = reports[:240], reports[240:270], reports[270:]
    institutions = Counter(report.institution for report in national)
    assert not any(code.startswith(REGIONAL) for code in institutions)
    assert len(institutions) >= 70
    assert max(institutions.values()) <= 10
    assert all(report.agency for report in misaddressed)
    assert any(report.institution.startswith(REGIONAL) for report in misaddressed)
    assert [report.institution for report in unplaced] == ["triage"] * 30
    assert {report.channel for report in reports} == {"web", "sms", "twitter", "mobile"}
