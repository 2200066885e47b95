"""Local times by region."""

from datetime import UTC, datetime

import pytest

from config.reference.regions import load_regions
from config.time_zones import TimeZone, time_zone
from pages.local_times import local_date, local_time

_AT = datetime(2026, 8, 17, 16, 30, tzinfo=UTC)
# Provinces by their zone, by name: the code has the numbers.
_WITA = {
    "Bali",
    "Nusa Tenggara Barat",
    "Nusa Tenggara Timur",
    "Kalimantan Selatan",
    "Kalimantan Timur",
    "Kalimantan Utara",
    "Sulawesi Utara",
    "Sulawesi Tengah",
    "Sulawesi Selatan",
    "Sulawesi Tenggara",
    "Gorontalo",
    "Sulawesi Barat",
}
_WIT = {
    "Maluku",
    "Maluku Utara",
    "Papua",
    "Papua Barat",
    "Papua Selatan",
    "Papua Tengah",
    "Papua Pegunungan",
    "Papua Barat Daya",
}


def test_every_province_has_its_zone() -> None:
    """All 38 provinces have the zone of Keputusan Presiden No. 41/1987."""
    provinces = load_regions().children()
    names: dict[TimeZone, set[str]] = {zone: set() for zone in TimeZone}
    for province in provinces:
        names[time_zone(province.code)].add(province.name)
    assert len(provinces) == 38
    assert names[TimeZone.WITA] == _WITA
    assert names[TimeZone.WIT] == _WIT


@pytest.mark.parametrize(
    ("region", "language", "text"),
    [
        ("", "id", "17 Agu 2026 23.30 WIB"),
        ("31", "id", "17 Agu 2026 23.30 WIB"),
        ("51.71", "id", "18 Agu 2026 00.30 WITA"),
        ("91.71.01", "id", "18 Agu 2026 01.30 WIT"),
        ("91.71.01", "en", "18 Aug 2026 01:30 WIT"),
        ("region", "en", "17 Aug 2026 23:30 WIB"),
    ],
)
def test_local_times(region: str, language: str, text: str) -> None:
    """A moment is shown in the zone of the region, also when the day differs."""
    assert local_time(_AT, region, language) == text


def test_local_dates() -> None:
    """The day is that of the region."""
    assert local_date(_AT, "91") == "18 Agu 2026"
    assert local_date(_AT) == "17 Agu 2026"
