"""Spellings of institutions: whose name each is, as people write it, and what is not guessed."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.registry.name_resolver import NameResolver, Resolution
from router.registry.registry import Registry
from router.registry.typo_correction import TypoCorrector
from tests.support.paths import DATA, SHARED
from tests.support.rules import SHIPPED, registry_of, resolver_of


@pytest.fixture(scope="module")
def country() -> Registry:
    """The registry that is shipped."""
    return registry_of(SHIPPED)


@pytest.fixture(scope="module")
def resolver() -> NameResolver:
    """The resolver of the shipped names."""
    return resolver_of(SHIPPED)


def wrong(resolver: NameResolver, file: str) -> dict[str, tuple[str, ...]]:
    """Spellings that lead elsewhere than the table says, and where."""
    with (DATA / file).open(encoding="utf-8", newline="") as table:
        rows = [(row["spelling"], row["code"]) for row in csv.DictReader(table)]
    found = {spelling: resolver.resolve(spelling).institutions for spelling, _ in rows}
    return {spelling: found[spelling] for spelling, code in rows if "|".join(found[spelling]) != code}


@pytest.mark.parametrize("file", ["spellings.csv", "spellings_invented.csv"])
def test_spellings_lead_to_their_institution(resolver: NameResolver, file: str) -> None:
    """Those that were seen in the service, and others alike; what names neither place nor body leads nowhere."""
    assert wrong(resolver, file) == {}


def test_every_directorate_general_leads_to_a_ministry(resolver: NameResolver) -> None:
    """Those of today and those of ministries that are no more."""
    path = SHARED / "agencies" / "echelon_one_units_treasury.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with path.open(encoding="utf-8", newline="") as table:
        names = [row["nmunit"] for row in csv.DictReader(table)]
    directorates = [name for name in names if name.lower().startswith(("ditjen", "direktorat jenderal"))]
    assert len(directorates) > 100
    assert [name for name in directorates if not resolver.resolve(name).institutions] == []


@pytest.mark.parametrize(
    ("spelling", "place", "resolution"),
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
def test_what_a_resolution_says(
    resolver: NameResolver, spelling: str, place: tuple[str, ...], resolution: Resolution
) -> None:
    """The institutions, the place, the unit and how they were found; a known place decides between namesakes."""
    assert resolver.resolve(spelling, place) == resolution


@given(st.text(max_size=400), st.lists(st.sampled_from(["33", "33.74", "31.74.01", "99", "x"]), max_size=2))
def test_any_spelling_has_an_answer(country: Registry, resolver: NameResolver, spelling: str, place: list[str]) -> None:
    """Whatever is written, only institutions that have a queue come out."""
    assert set(resolver.resolve(spelling, place).institutions) <= set(country.agencies)


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
def test_slips_of_the_pen(written: str, readings: list[str]) -> None:
    """One letter, not the first, in a word that is no word of a name."""
    assert TypoCorrector(["dinas perhubungan", "kota", "kotak", "hulu"]).readings(written) == readings


def test_readings_are_bounded() -> None:
    """However many words may mean two things, few readings are tried."""
    assert len(TypoCorrector(["kota", "kotak"]).readings("kotaa " * 20)) == 8
