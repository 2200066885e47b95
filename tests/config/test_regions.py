"""The regions that citizens pick from: complete, well formed, and each leads to its own government."""

import csv
from pathlib import Path

import pytest

from config.reference.regions import Region, Regions, load_regions
from config.reference.table_reader import TableError
from messages.shapes import Place, Report
from normalize.arrival import with_region_names
from router.decide import decide
from tests.support.paths import SHARED, SHIPPED_TABLES
from tests.support.rules import cached_rules

REGISTRY = SHIPPED_TABLES
JAKARTA = "31"


@pytest.fixture(scope="module")
def regions() -> Regions:
    """The shipped regions."""
    return load_regions()


def regions_of_depth(regions: Regions, depth: int, code: str = "") -> list[Region]:
    """Return all regions of a depth: 1 for provinces, 2 for cities and regencies, 3 for districts."""
    children = list(regions.children(code))
    if depth == 1:
        return children
    return [region for child in children for region in regions_of_depth(regions, depth - 1, child.code)]


def all_regions(regions: Regions) -> list[Region]:
    """Return the regions of all depths."""
    return [region for depth in (1, 2, 3) for region in regions_of_depth(regions, depth)]


def test_all_of_indonesia(regions: Regions) -> None:
    """38 provinces, 514 cities and regencies, 7,285 districts (Kepmendagri 300.2.2-2138/2025)."""
    assert [len(regions_of_depth(regions, depth)) for depth in (1, 2, 3)] == [38, 514, 7285]


def test_as_the_official_list_has_them(regions: Regions) -> None:
    """No code and no name was lost or changed."""
    path = SHARED / "regions" / "regions.csv"
    if not path.exists():
        pytest.skip("the official list is not on this machine")
    with path.open(encoding="utf-8", newline="") as file:
        official = {row["code"]: row["name"].strip() for row in csv.DictReader(file) if row["code"].count(".") < 3}
    assert {region.code: region.name for region in all_regions(regions)} == official


@pytest.mark.slow
def test_every_place_leads_to_its_government(regions: Regions) -> None:
    """A report that names nothing but a picked province, city or district goes to the government of it, by name alone.

    Jakarta's cities and regency are part of their province's government.
    """
    rules = cached_rules(REGISTRY)
    wrong = []
    for region in all_regions(regions):
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
    """Names are added as far as they are known; the code itself stays."""
    place = with_region_names(Place(code=code, address="Depan pasar", latitude=-6.9, longitude=110.4), regions)

    assert (place.region, place.district, place.code) == (region, district, code)
    assert (place.address, place.latitude, place.longitude) == ("Depan pasar", -6.9, 110.4)


def test_a_typed_region_stays(regions: Regions) -> None:
    """A code beside the words of a citizen changes nothing."""
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
def test_a_faulty_row_is_named(tmp_path: Path, text: str) -> None:
    """A faulty list of regions stops the start."""
    path = tmp_path / "regions.csv"
    path.write_text(text)

    with pytest.raises(TableError, match=FAULTS[text]):
        load_regions(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """A missing table is not an empty table."""
    with pytest.raises(TableError, match=r"regions\.csv"):
        load_regions(tmp_path / "regions.csv")
