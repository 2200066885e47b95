"""The regions that citizens pick from: complete, well formed, and each leads to its own government."""

import csv
from pathlib import Path

import pytest

from config.reference.regions import Region, Regions, load_regions
from config.reference.table_reader import TableError
from messages.shapes import Place, Report
from normalize.picked_regions import with_region_names
from router.decide import decide
from tests.support.paths import SHARED, SHIPPED_TABLES
from tests.support.rules import cached_rules

REGISTRY = SHIPPED_TABLES
JAKARTA = "31"


@pytest.fixture(scope="module")
def regions() -> Regions:
    """The file that comes with the program."""
    return load_regions()


def every(regions: Regions, depth: int, code: str = "") -> list[Region]:
    """All regions of a depth: 1 for provinces, 2 for cities and regencies, 3 for districts."""
    inside = list(regions.children(code))
    return inside if depth == 1 else [found for one in inside for found in every(regions, depth - 1, one.code)]


def test_all_of_indonesia(regions: Regions) -> None:
    """38 provinces, 514 cities and regencies, 7,285 districts (Kepmendagri 300.2.2-2138/2025)."""
    assert [len(every(regions, depth)) for depth in (1, 2, 3)] == [38, 514, 7285]


def test_as_the_official_list_has_them(regions: Regions) -> None:
    """No code and no name was lost or changed."""
    path = SHARED / "regions" / "regions.csv"
    if not path.exists():
        pytest.skip("the official list is not on this machine")
    with path.open(encoding="utf-8", newline="") as file:
        official = {row["code"]: row["name"].strip() for row in csv.DictReader(file) if row["code"].count(".") < 3}
    assert {one.code: one.name for depth in (1, 2, 3) for one in every(regions, depth)} == official


def test_every_place_leads_to_its_government(regions: Regions) -> None:
    """A report that names nothing but a picked province, city or district goes to the government of it, by name alone.

    Jakarta's cities and regency are part of their province's government.
    """
    rules = cached_rules(REGISTRY)
    wrong = []
    for region in [one for depth in (1, 2, 3) for one in every(regions, depth)]:
        place = with_region_names(Place(code=region.code), regions)
        agency = rules.registry.agencies[decide(Report(text="Banjir besar.", place=place), rules).agency]
        governed = JAKARTA if region.code.startswith(JAKARTA) else region.code[:5]
        if agency.region != governed:
            wrong.append((region, agency.code))
    assert wrong == []


@pytest.mark.parametrize(
    ("code", "region", "district"),
    [
        ("15", "Provinsi Jambi", ""),
        ("15.71", "Kota Jambi", ""),
        ("33.74.11", "Kota Semarang", "Banyumanik"),
        ("", "", ""),
        ("99", "", ""),
        ("33.74.99", "Kota Semarang", ""),
        ("🚧", "", ""),
    ],
)
def test_names_of_a_code(regions: Regions, code: str, region: str, district: str) -> None:
    """As far as they are known; the code itself stays, for who knows it."""
    place = with_region_names(Place(code=code, address="Depan pasar", latitude=-6.9, longitude=110.4), regions)

    assert (place.region, place.district, place.code) == (region, district, code)
    assert (place.address, place.latitude, place.longitude) == ("Depan pasar", -6.9, 110.4)


def test_what_was_typed_stays(regions: Regions) -> None:
    """Words are the citizen's own; a code beside them changes nothing."""
    assert with_region_names(Place(code="33.74", region="Semarang"), regions).region == "Semarang"


FAULTS = {
    "code,nama\n11,Aceh\n": "its first row lacks the columns name",
    "code,name\nx1,Aceh\n": "'x1' is not the row of a region",
    "code,name\n11,\n": "'11' is not the row of a region",
    "code,name\n11,Aceh\n11,Aceh\n": "line 3: 11 has two rows",
    "code,name\n11.01,Kabupaten Aceh Selatan\n": "11.01: the row of 11 must stand before it",
    "code,name\n11\n": "'11' is not the row of a region",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_row_that_is_wrong_is_named(tmp_path: Path, text: str) -> None:
    """Nobody picks from a list that an editor broke."""
    path = tmp_path / "regions.csv"
    path.write_text(text)

    with pytest.raises(TableError, match=FAULTS[text]):
        load_regions(path)


def test_no_file_is_said(tmp_path: Path) -> None:
    """A list that is not there is an error, not an empty list."""
    with pytest.raises(TableError, match=r"regions\.csv"):
        load_regions(tmp_path / "regions.csv")
