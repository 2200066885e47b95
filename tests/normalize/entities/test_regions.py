"""Extraction of provinces, cities, regencies and districts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.reference.regions import load_regions
from config.reference.table_reader import TableError
from language.places.aliases import PlaceAlias, load_place_aliases
from language.places.gazetteer import Gazetteer
from language.tokens import Tokens
from tests.normalize.entities.conftest import Extract
from tests.support.rules import language_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kota Semarang", ["city=33.74"]),
        ("kota smg", ["city=33.74"]),
        ("Kab. Semarang", ["city=33.22"]),
        ("di semarang", ["city=33.22|33.74"]),
        ("kab bdg", ["city=32.04"]),
        ("Pemkot Bandung", ["city=32.73"]),
        ("walikota Tasikmalaya", ["city=32.78"]),
        ("Bupati Badung", ["city=51.03"]),
        ("kab. lima puluh kota", ["city=13.07"]),
        ("kota Kendal", ["city=33.24"]),
        ("Jaksel", ["city=31.74"]),
        ("Kota Administrasi Jakarta Selatan", ["city=31.74"]),
        ("Kabupaten Maluku Tenggara Barat", ["city=81.03"]),
        ("Solo", ["city=33.72"]),
        ("Jabar", ["province=32"]),
        ("prop.NTT", ["province=53"]),
        ("di DIY", ["province=34"]),
        ("Jogja", ["province=34|34.71"]),
        ("kec. Pasar Minggu", ["district=31.74.04"]),
        ("Kecamatan : Rumbai", ["district=14.71.12"]),
        ("camat kuta utara", ["district=51.03.06"]),
        ("kec. semarang utr", ["district=33.74.02"]),
        ("kec buah batu", ["district=32.73.22"]),
        ("kec kebonjeruk", ["district=31.73.05"]),
        ("kecamatan Antah Kecil", ["district=antah kecil"]),
    ],
)
def test_names_of_regions(text: str, expected: list[str], extract: Extract) -> None:
    """Official names, short forms and former names are recognised."""
    assert extract(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "baru saja bahagia",
        "air di tengah kota",
        "jaya selalu",
        "batu besar",
        "malang nasib kami",
        "Tanah Merah Putih",
        "mohon tambang ditutup",
    ],
)
def test_everyday_words(text: str, extract: Extract) -> None:
    """A district's name that is an ordinary word names no district by itself."""
    assert extract(text) == []


@pytest.mark.parametrize("name", ["Baru", "Air Putih", "Tengah Tani", "Batu", "Tambang"])
def test_everyday_words_after_a_prefix(name: str, gazetteer: Gazetteer) -> None:
    """After kecamatan or kota such a name counts if a region has it."""
    mentions = [gazetteer.find_regions(Tokens(f"{word} {name}")) for word in ("kecamatan", "kota")]
    is_recognised = any(regions and regions[0].typed for regions in mentions)
    assert is_recognised == (name != "Baru")


def test_other_regions_decide_an_ambiguous_name(extract: Extract) -> None:
    """An ambiguous name means the region inside another region of the text, and makes that one certain."""
    assert extract("Kec. Mijen, Kota Semarang") == ["district=33.74.14", "city=33.74"]
    assert extract("Mijen Demak") == ["district=33.21.10", "city=33.21"]
    assert extract("kel. Sukabungah Kec. Sukajadi Bandung") == [
        "village=sukabungah",
        "district=32.73.07",
        "city=32.73",
    ]


def test_bare_district_name(extract: Extract) -> None:
    """A bare district name is an area; with its city it is the district; with another city it has only words."""
    assert extract("banjir di Tebet") == ["area=31.74.01"]
    assert extract("banjir di Tebet, Jakarta Selatan") == ["district=31.74.01", "city=31.74"]
    assert extract("banjir di Tlogosari, Kota Semarang") == ["area=tlogosari", "city=33.74"]
    assert extract("SDN 3 Tapos di pelosok Kabupaten Bogor, Jawa Barat")[1] == "area=tapos"


def test_not_within_other_names(extract: Extract) -> None:
    """A street, an estate or a longer name is not the region with the same word."""
    assert extract("Jl. Semarang macet") == ["street=semarang"]
    assert extract("dekat Pulo Gebang") == ["landmark=pulo gebang"]
    assert extract("macet di daerah Pulo Gebang") == []


def test_public_places_name_their_region(extract: Extract) -> None:
    """A health centre's name has its region: both are entities."""
    assert extract("Puskesmas Tebet, Jakarta Selatan") == [
        "landmark=puskesmas tebet",
        "district=31.74.01",
        "city=31.74",
    ]


def test_a_province_decides_only_an_adjacent_name(extract: Extract) -> None:
    """A province makes only an adjacent bare name a district; Jakarta, also a city, does it anywhere in the text."""
    assert extract("Tapos, Jawa Barat") == ["district=32.76.10", "province=32"]
    assert extract("macet di Tapos setiap pagi, salam dari Jawa Barat")[0] == "area=32.76.10"
    assert extract("Yth. Pemprov DKI Jakarta, mohon perhatian untuk warga kami di Tebet")[1] == "district=31.74.01"


def test_an_officer_before_a_city(extract: Extract) -> None:
    """A word for a district before a word for a city does not apply to the city's name."""
    assert extract("forum camat Kota Bandung") == ["city=32.73"]
    assert extract("kec. Kota") == ["area=35.71.02"]


def test_a_list_of_names_is_read(gazetteer: Gazetteer) -> None:
    """A text of two thousand names is read to its end."""
    assert len(gazetteer.find_regions(Tokens("Semarang, Mijen; " * 2_000))) == 4_000


def test_every_official_name_is_found(gazetteer: Gazetteer) -> None:
    """Each region is a candidate for its own name after the word for its level."""
    regions = load_regions()
    provinces = regions.children()
    cities = [city for province in provinces for city in regions.children(province.code)]
    districts = [
        (f"Kecamatan {district.name}", district.code) for city in cities for district in regions.children(city.code)
    ]
    names = [(f"Provinsi {province.name}", province.code) for province in provinces]
    names += [(city.name, city.code) for city in cities]
    missed = [name for name, code in (*names, *districts) if code not in _codes(gazetteer, name)]
    assert missed == []


def _codes(gazetteer: Gazetteer, name: str) -> tuple[str, ...]:
    mentions = gazetteer.find_regions(Tokens(name))
    return mentions[0].codes if mentions else ()


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Solo,33.72,yes", "lower case"),
        ("solo,99.99,yes", "99.99 is no region"),
        ("solo,33.72,perhaps", "yes, capital or no"),
        ("antah,,no", "no region's name"),
        ("solo,33.72,yes\nsolo,33.72,yes", "twice"),
        ("solo", "places.csv"),
    ],
)
def test_faults_in_the_file(row: str, fault: str, tmp_path: Path) -> None:
    """A wrong row stops the start, and the error names it."""
    file = tmp_path / "places.csv"
    file.write_text(f"name,codes,alone\n{row}\n")
    with pytest.raises(TableError, match=fault):
        load_place_aliases(load_regions(), file)


def test_a_name_added_by_an_operator() -> None:
    """A name in the operator's file is recognised, and its codes are added to the official ones."""
    regions = load_regions()
    added = Gazetteer(regions, [PlaceAlias("kota pelajar", ("34.71",), "yes"), PlaceAlias("tebet", ("31.74",), "yes")])
    assert [mention.codes for mention in added.find_regions(Tokens("di Kota Pelajar"))] == [("34.71",)]
    assert [mention.codes for mention in added.find_regions(Tokens("kec tebet"))] == [("31.74.01",)]
    assert language_of().gazetteer.find_regions(Tokens("di Kota Pelajar")) == ()


def test_mentions_have_spans(gazetteer: Gazetteer, find_original_words: Callable[[str], list[str]]) -> None:
    """The span of a mention leads to the original words."""
    assert find_original_words("Yth. Kec. Pasar Minggu, JAKSEL!") == ["Kec. Pasar Minggu", "JAKSEL"]


@pytest.fixture
def find_original_words(gazetteer: Gazetteer) -> Callable[[str], list[str]]:
    """Return a function that gives the original words of the regions in a text."""

    def original_words(text: str) -> list[str]:
        tokens = Tokens(text)
        return [text[tokens.starts[m.first] : tokens.ends[m.end - 1]] for m in gazetteer.find_regions(tokens)]

    return original_words
