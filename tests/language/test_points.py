"""Districts of points: towns and coasts, the sea, the neighbours of Indonesia, and faults of the table."""

import csv
from math import inf, nan
from pathlib import Path

import pytest

from config.reference.regions import load_regions
from config.reference.table_reader import TableError
from language.places.points import MAX_KILOMETRES, VillagePoints, load_points
from tests.support.rules import SHIPPED, language_of

_LANGUAGE = language_of()
_REGIONS, _POINTS = _LANGUAGE.regions, _LANGUAGE.points

# Latitude, longitude and the district's code, as far as the point tells it for certain.
PLACES = {
    "Tugu Muda, Semarang": (-6.9841, 110.4092, "33.74"),
    "Monas, Jakarta": (-6.1754, 106.8272, "31.71.01"),
    "Tugu, Yogyakarta": (-7.7829, 110.3671, "34.71"),
    "Malioboro, Yogyakarta": (-7.7926, 110.3658, "34.71"),
    "Ambarawa": (-7.2617, 110.3975, "33.22"),
    "Lapangan Merdeka, Medan": (3.5906, 98.6780, "12.71"),
    "Titik Nol, Sabang": (5.9065, 95.2166, "11.72"),
    "Sebatik, at the border of Malaysia": (4.14, 117.78, "65.03"),
    "Entikong, at the border of Malaysia": (0.97, 110.35, "61.03"),
    "Atambua, at the border of Timor-Leste": (-9.107, 124.892, "53.04"),
    "Skouw, at the border of Papua New Guinea": (-2.6, 140.99, "91.71"),
    "Kepulauan Seribu": (-5.7452, 106.6133, "31.01"),
    # The provinces of Papua since 2022.
    "Jayapura": (-2.533, 140.717, "91.71"),
    "Manokwari": (-0.8615, 134.0620, "92.02"),
    "Merauke": (-8.4932, 140.4018, "93.01"),
    "Nabire": (-3.3667, 135.4833, "94.01"),
    "Wamena": (-4.0953, 138.9461, "95.01"),
    "Sorong": (-0.8762, 131.2558, "96.71"),
    # North of the coast of Semarang, in the harbour of Tanjung Emas and 4 km out at sea.
    "a ship in the harbour": (-6.94, 110.42, "33.74.02"),
    "a boat near the coast": (-6.91, 110.42, "33.74"),
}
ELSEWHERE = {
    "the Java Sea": (-5.0, 110.5),
    "the Indian Ocean": (-12.0, 105.0),
    "Singapore": (1.29, 103.85),
    "Johor Bahru": (1.4927, 103.7414),
    "Kuching": (1.55, 110.35),
    "Tawau": (4.245, 117.89),
    "Dili": (-8.556, 125.56),
    "Vanimo": (-2.68, 141.30),
    "Darwin": (-12.46, 130.84),
    "no fix": (0.0, 0.0),
    "the pole": (90.0, 180.0),
    "no latitude": (nan, 110.4),
    "no longitude": (-6.99, nan),
    "infinite": (-inf, inf),
    "latitude and longitude exchanged": (110.42, -6.99),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_point_is_in_a_district(place: str) -> None:
    """The code is that of the official list."""
    latitude, longitude, code = PLACES[place]
    district = _POINTS.district_at(latitude, longitude)
    assert district.startswith(code), [region.name for region in _REGIONS.lineage(district)]
    assert _REGIONS.get(district)


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_point_elsewhere_is_in_no_district(place: str) -> None:
    """Far out at sea, nearer to a town abroad, or no point at all."""
    assert _POINTS.district_at(*ELSEWHERE[place]) == ""


@pytest.mark.slow
def test_every_district_has_a_point() -> None:
    """And so has every city and regency. Each point of the table is found in its district."""
    districts = {
        district.code
        for province in _REGIONS.children()
        for city in _REGIONS.children(province.code)
        for district in _REGIONS.children(city.code)
    }
    with (SHIPPED / "points.csv").open(encoding="utf-8") as file:
        points = {
            row["district"]: [map(int, point.split()) for point in row["points"].split("|")]
            for row in csv.DictReader(file)
        }
    assert points.keys() - {""} == districts
    found = {
        code: {_POINTS.district_at(north / 1e4, east / 1e4) for north, east in rows} for code, rows in points.items()
    }
    assert found == {code: {code} for code in points}


def test_the_nearest_village_is_found_in_all_directions() -> None:
    """A village of a far cell does not win, and one behind the edge of a cell does not lose."""
    near, far = (-70_001, 1_104_999), (-70_900, 1_104_100)
    points = VillagePoints([("33.74.01", far), ("33.74.02", near), ("", (-72_000, 1_104_000))])
    assert points.district_at(-7.0, 110.5) == "33.74.02"
    assert points.district_at(-7.09, 110.41) == "33.74.01"
    assert points.district_at(-7.19, 110.40) == ""
    assert points.nearest(-7.0001, 110.4999)[1] == pytest.approx(0)
    edge = MAX_KILOMETRES / 111.2
    assert VillagePoints([("33.74.02", (-70_000, 1_105_000))]).district_at(-7 + edge - 0.001, 110.5) == "33.74.02"
    assert VillagePoints([("33.74.02", (-70_000, 1_105_000))]).district_at(-7 + edge + 0.001, 110.5) == ""


def test_the_shipped_points_fit_an_operators_regions(tmp_path: Path) -> None:
    """Districts that an own list of regions lacks have no points. Those of the others remain, and none is a fault."""
    rows = ["code,name", "33,Jawa Tengah", "33.74,Kota Semarang", "33.74.07,Semarang Selatan"]
    (tmp_path / "regions.csv").write_text("\n".join(rows))
    regions = load_regions(tmp_path / "regions.csv")
    points = load_points(regions, is_shipped_beside=True)
    assert points.district_at(-6.9932, 110.4203) == points.district_at(-6.9841, 110.4092) == "33.74.07"
    assert points.district_at(-7.7829, 110.3671) == ""
    with pytest.raises(TableError, match="is no district"):
        load_points(regions)


FAULTS = {
    "33.99.99,1 2": "33.99.99 is no district",
    "33.74,1 2": "33.74 is no district",
    "33.74.11,1 2\n33.74.11,1 2": "33.74.11 stands twice",
    ",1 2\n,1 2": "abroad stands twice",
    "33.74.11,": "33.74.11: write latitude and longitude",
    "33.74.11,1": "write latitude",
    "33.74.11,1 2 3 4": "write latitude",
    "33.74.11,1|2 3 4": "write latitude",
    "33.74.11,-6.99 110.42": "write latitude",
    "33.74.11,900001 2": "write latitude",
    "33.74.11,1 -1800001": "write latitude",
    "33.74.11,99999999999 2": "write latitude",
    "33.74.11": "not as many cells",
}


@pytest.mark.parametrize("rows", FAULTS)
def test_faults_in_points(rows: str, tmp_path: Path) -> None:
    """A faulty row stops the start, and the error names it."""
    path = tmp_path / "points.csv"
    path.write_text(f"district,points\n{rows}\n")
    with pytest.raises(TableError, match=FAULTS[rows]):
        load_points(_REGIONS, path)
