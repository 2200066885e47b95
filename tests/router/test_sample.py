"""The labelled real reports: unique ids, known institutions, and nothing but ids and codes."""

import csv
import re
from pathlib import Path

import pytest

from config.reference.regions import load_regions
from tests.support.paths import DATA, SHIPPED_TABLES

LABELS = DATA / "routing"
AGENCIES = SHIPPED_TABLES / "agencies.csv"
FILES = {"sample.csv": 400, "heldout.csv": 333}
LABEL_KINDS = ("programme", "name", "city", "district", "landmark", "jakarta", "nickname", "none")
_CODE = r"(?:(?:kementerian|lembaga|bumn|provinsi|kota|kabupaten)-[a-z0-9]+(?:-[a-z0-9]+)*|triage)"
# The allowed content of a cell. No name or sentence of a report fits.
COLUMNS = {
    "tracking_id": re.compile(r"\d{6,7}"),
    "institution": re.compile(_CODE),
    "acceptable": re.compile(rf"(?:{_CODE}(?:\|{_CODE})*)?"),
    "region": re.compile(r"(?:\d\d(?:\.\d\d)?)?"),
    "kind": re.compile("|".join(LABEL_KINDS)),
}

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file by column names; a row that is too short or too long fails."""
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def acceptable_codes(row: Row) -> list[str]:
    """Return the codes of the institution and of the other acceptable ones."""
    return [row["institution"], *filter(None, row["acceptable"].split("|"))]


@pytest.mark.parametrize("name", FILES)
def test_cells_hold_only_ids_and_codes(name: str) -> None:
    """All rows have these columns, and no cell can hold words of a report or a person's name."""
    rows = read_rows(LABELS / name)
    assert len(rows) == FILES[name]
    assert {tuple(row) for row in rows} == {tuple(COLUMNS)}
    cells = [(column, cell) for row in rows for column, cell in row.items()]
    assert [cell for column, cell in cells if not COLUMNS[column].fullmatch(cell)] == []


@pytest.mark.parametrize("name", FILES)
def test_institutions_and_regions_exist(name: str) -> None:
    """Each institution is in the registry and stands once in its row; each region is in the list of regions."""
    codes = {row["code"] for row in read_rows(AGENCIES)}
    regions = load_regions()
    rows = read_rows(LABELS / name)
    assert [row["tracking_id"] for row in rows if not codes.issuperset(acceptable_codes(row))] == []
    assert [row["tracking_id"] for row in rows if len(set(acceptable_codes(row))) < len(acceptable_codes(row))] == []
    assert [row["region"] for row in rows if row["region"] and regions.get(row["region"]) is None] == []


@pytest.mark.parametrize("name", FILES)
def test_a_row_is_consistent(name: str) -> None:
    """A government is that of the region, or acceptable. A row of triage was decided by nothing."""
    for row in read_rows(LABELS / name):
        assert (row["institution"] == "triage") == (row["kind"] == "none"), row
        if row["institution"].startswith(("provinsi-", "kota-", "kabupaten-")):
            numbers = tuple(code.partition("-")[2] for code in acceptable_codes(row))
            assert row["region"].replace(".", "").startswith(numbers), row


@pytest.mark.parametrize("name", FILES)
def test_reports_are_unique(name: str) -> None:
    """No report stands twice in a file."""
    assert len({row["tracking_id"] for row in read_rows(LABELS / name)}) == FILES[name]


def test_held_out_reports_are_not_in_the_sample() -> None:
    """No report stands in both files."""
    sample_ids, held_out_ids = ({row["tracking_id"] for row in read_rows(LABELS / name)} for name in FILES)
    assert sample_ids.isdisjoint(held_out_ids)
