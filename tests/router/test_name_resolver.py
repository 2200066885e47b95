"""Spellings of institutions lead to the institution that people mean; ambiguous ones are not guessed."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.registry.name_resolver import NameResolver
from router.registry.registry import Registry
from router.registry.resolution import Resolution
from router.registry.typo_correction import TypoCorrector
from tests.support.paths import DATA, SHARED
from tests.support.rules import SHIPPED, registry_of, resolver_of


@pytest.fixture(scope="module")
def country() -> Registry:
    """The shipped registry."""
    return registry_of(SHIPPED)


@pytest.fixture(scope="module")
def resolver() -> NameResolver:
    """The resolver of the shipped names."""
    return resolver_of(SHIPPED)


def wrong_resolutions(resolver: NameResolver, file: str) -> dict[str, tuple[str, ...]]:
    """Return the spellings that lead elsewhere than the table says, with their institutions."""
    with (DATA / file).open(encoding="utf-8", newline="") as table:
        rows = [(row["spelling"], row["code"]) for row in csv.DictReader(table)]
    resolved = {spelling: resolver.resolve(spelling).institutions for spelling, _ in rows}
    return {spelling: resolved[spelling] for spelling, code in rows if "|".join(resolved[spelling]) != code}


@pytest.mark.parametrize("file", ["spellings.csv", "spellings_invented.csv"])
def test_spellings_lead_to_their_institution(resolver: NameResolver, file: str) -> None:
    """Spellings from the service and similar ones. A spelling without institution and place leads nowhere."""
    assert wrong_resolutions(resolver, file) == {}


def test_every_directorate_general_leads_to_a_ministry(resolver: NameResolver) -> None:
    """Directorates of present and of former ministries."""
    path = SHARED / "agencies" / "echelon_one_units_treasury.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with path.open(encoding="utf-8", newline="") as table:
        names = [row["nmunit"] for row in csv.DictReader(table)]
    directorates = [name for name in names if name.lower().startswith(("ditjen", "direktorat jenderal"))]
    assert len(directorates) > 100
    assert [name for name in directorates if not resolver.resolve(name).institutions] == []


@pytest.mark.parametrize(
    ("spelling", "region_codes", "resolution"),
    [
        ("Dinas Kesehatan", (), Resolution((), "", "dinas kesehatan", "unplaced")),
        ("Dinas Kesehatan", ("33.74.01",), Resolution(("kota-3374",), "33.74.01", "dinas kesehatan", "unit")),
        ("Dinas Kesehatan", ("33",), Resolution(("provinsi-33",), "33", "dinas kesehatan", "unit")),
        ("Dinas Kesehatan", ("31.74",), Resolution(("provinsi-31",), "31.74", "dinas kesehatan", "unit")),
        ("Puskesmas", ("33",), Resolution((), "33", "puskesmas", "unplaced")),
        ("SMA Negeri 3", ("33.74",), Resolution(("provinsi-33",), "33.74", "sekolah menengah atas", "unit")),
        ("Dishub Semarang", ("33.22.05",), Resolution(("kabupaten-3322",), "33.22", "dinas perhubungan", "unit")),
        ("Dishub Semarang", ("32.73",), Resolution(("kota-3374", "kabupaten-3322"), "", "dinas perhubungan", "unit")),
        ("Polsek Candisari", (), Resolution(("lembaga-polri",), "33.74.08", "polsek", "unit")),
        ("Kota Semarang", (), Resolution(("kota-3374",), "33.74", "", "name")),
        ("Kab. Semarang", (), Resolution(("kabupaten-3322",), "33.22", "", "name")),
        ("semarang", (), Resolution(("kota-3374", "kabupaten-3322"), "", "", "place")),
        ("Bapak Bambang", (), Resolution()),
        ("", (), Resolution()),
    ],
)
def test_fields_of_a_resolution(
    resolver: NameResolver, spelling: str, region_codes: tuple[str, ...], resolution: Resolution
) -> None:
    """Institutions, region, unit and the kind of match; a known region decides between equal names."""
    assert resolver.resolve(spelling, region_codes) == resolution


@given(st.text(max_size=400), st.lists(st.sampled_from(["33", "33.74", "31.74.01", "99", "x"]), max_size=2))
def test_any_spelling_is_resolved(
    country: Registry, resolver: NameResolver, spelling: str, region_codes: list[str]
) -> None:
    """For any spelling the institutions are agencies with a queue."""
    assert set(resolver.resolve(spelling, region_codes).institutions) <= set(country.agencies)


@pytest.mark.parametrize(
    ("written", "readings"),
    [
        ("Perhubugan", ["Perhubungan"]),
        ("perhubunngan", ["perhubungan"]),
        ("prehubungan", ["perhubungan"]),
        ("perhubangan, Kota", ["perhubungan, Kota"]),
        ("hulut", ["hulu"]),
        ("kotaa", ["kota", "kotak"]),
        ("perhubungan", []),
        ("derhubungan", []),
        ("hul", []),
        ("", []),
    ],
)
def test_typing_errors(written: str, readings: list[str]) -> None:
    """One wrong letter, not the first, in a word of no name."""
    assert TypoCorrector(["dinas perhubungan", "kota", "kotak", "hulu"]).readings(written) == readings


def test_readings_are_bounded() -> None:
    """A text of many ambiguous words has few readings."""
    assert len(TypoCorrector(["kota", "kotak"]).readings("kotaa " * 20)) == 8
