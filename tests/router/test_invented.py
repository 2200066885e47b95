"""The invented reports: complete lines, current institutions, and the intended mix."""

import csv
from collections import Counter
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.reports import REPORTS
from tests.support.paths import SHIPPED_TABLES

AGENCIES = SHIPPED_TABLES / "agencies.csv"
FILES = sorted(path.name for path in REPORTS.glob("invented-*.jsonl"))
REGIONAL = ("provinsi-", "kota-", "kabupaten-")


class Report(BaseModel):
    """One report as a citizen sends it, the competent institution, and other acceptable ones."""

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
    def acceptable_codes(self) -> tuple[str, ...]:
        """Codes of the institution and of the other acceptable ones."""
        return (self.institution, *self.acceptable)


def load(name: str) -> list[Report]:
    """Return the reports of a file of `tests/data/reports/`, in its order. Raises `ValidationError`."""
    return [Report.model_validate_json(line) for line in (REPORTS / name).read_text(encoding="utf-8").splitlines()]


def read_current_codes() -> set[str]:
    """Return the codes of the institutions that still exist."""
    with AGENCIES.open(encoding="utf-8", newline="") as lines:
        return {row["code"] for row in csv.DictReader(lines) if not row["successors"]}


def test_a_misspelt_line_is_refused() -> None:
    """A misspelt field or kind does not pass for a label."""
    valid_line = load("invented-national.jsonl")[0].model_dump(mode="json")
    assert Report.model_validate(valid_line).id == "n001"
    for misspelt_fields in ({"kinds": "name"}, {"kind": "village"}, {"channel": "fax"}, {"id": "1"}, {"text": ""}):
        with pytest.raises(ValidationError):
            Report.model_validate(valid_line | misspelt_fields)


@pytest.mark.parametrize("name", FILES)
def test_institutions_exist_and_are_named_once(name: str) -> None:
    """Each code is a current institution of the registry, and stands once in its line."""
    current_codes = read_current_codes()
    reports = load(name)
    assert [report.id for report in reports if not current_codes.issuperset(report.acceptable_codes)] == []
    assert [report.id for report in reports if len(set(report.acceptable_codes)) < len(report.acceptable_codes)] == []


@pytest.mark.parametrize("name", FILES)
def test_triage_is_the_only_answer_of_undecidable_reports(name: str) -> None:
    """Triage has no alternative, and is the answer exactly if nothing decides."""
    reports = load(name)
    assert [report.id for report in reports if (report.institution == "triage") != (report.kind == "none")] == []
    assert [report.id for report in reports if "triage" in report.acceptable] == []
    assert [report.id for report in reports if report.institution == "triage" and report.acceptable] == []


def test_ids_and_texts_are_unique() -> None:
    """No report stands twice, in one file or in two."""
    reports = [report for name in FILES for report in load(name)]
    for values in ([report.id for report in reports], [report.text for report in reports]):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_mix_of_the_national_reports() -> None:
    """240 reports for 70 or more national institutions, 30 sent to a wrong one, 30 that nobody can decide."""
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
