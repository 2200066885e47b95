"""The labelled real reports: every id once, every institution known, and nothing in them but ids and codes."""

import csv
import re
from pathlib import Path

import pytest

from config.reference.regions import load_regions
from tests.support.paths import DATA, SHIPPED_TABLES

LABELS = DATA / "routing"
AGENCIES = SHIPPED_TABLES / "agencies.csv"
FILES = {"sample.csv": 400, "heldout.csv": 333}
KINDS = ("programme", "name", "city", "district", "landmark", "jakarta", "nickname", "none")
_CODE = r"(?:(?:kementerian|lembaga|bumn|provinsi|kota|kabupaten)-[a-z0-9]+(?:-[a-z0-9]+)*|triage)"
# What a cell may hold. No name or sentence of a report fits.
COLUMNS = {
    "tracking_id": re.compile(r"\d{6,7}"),
    "institution": re.compile(_CODE),
    "acceptable": re.compile(rf"(?:{_CODE}(?:\|{_CODE})*)?"),
    "region": re.compile(r"(?:\d\d(?:\.\d\d)?)?"),
    "kind": re.compile("|".join(KINDS)),
}

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """The rows of a file by the names of its columns; a row that is too short or too long fails."""
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def doors(row: Row) -> list[str]:
    """The institution and the others that are no wrong door."""
    return [row["institution"], *filter(None, row["acceptable"].split("|"))]


@pytest.mark.parametrize("name", FILES)
def test_nothing_but_ids_and_codes(name: str) -> None:
    """All rows have these columns, and no cell can hold words of a report or a person's name."""
    rows = read(LABELS / name)
    assert len(rows) == FILES[name]
    assert {tuple(row) for row in rows} == {tuple(COLUMNS)}
    cells = [(column, cell) for row in rows for column, cell in row.items()]
    assert [cell for column, cell in cells if not COLUMNS[column].fullmatch(cell)] == []


@pytest.mark.parametrize("name", FILES)
def test_institutions_and_regions_exist(name: str) -> None:
    """Each door is in the registry and named once in its row; each region is in the list of regions."""
    known = {row["code"] for row in read(AGENCIES)}
    regions = load_regions()
    rows = read(LABELS / name)
    assert [row["tracking_id"] for row in rows if not known.issuperset(doors(row))] == []
    assert [row["tracking_id"] for row in rows if len(set(doors(row))) < len(doors(row))] == []
    assert [row["region"] for row in rows if row["region"] and regions.get(row["region"]) is None] == []


@pytest.mark.parametrize("name", FILES)
def test_a_row_agrees_with_itself(name: str) -> None:
    """A government, or one that may have it too, is that of the region; what goes to triage was decided by nothing."""
    for row in read(LABELS / name):
        assert (row["institution"] == "triage") == (row["kind"] == "none"), row
        if row["institution"].startswith(("provinsi-", "kota-", "kabupaten-")):
            numbers = tuple(door.partition("-")[2] for door in doors(row))
            assert row["region"].replace(".", "").startswith(numbers), row


@pytest.mark.parametrize("name", FILES)
def test_every_report_once(name: str) -> None:
    """No report stands twice in a file."""
    assert len({row["tracking_id"] for row in read(LABELS / name)}) == FILES[name]


def test_what_judges_was_not_learned_from() -> None:
    """No report stands in both files."""
    learned, judges = ({row["tracking_id"] for row in read(LABELS / name)} for name in FILES)
    assert learned.isdisjoint(judges)
