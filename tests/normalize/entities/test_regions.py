"""Provinces, cities, regencies and districts in a text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.reference.regions import load_regions
from config.reference.table_reader import TableError
from language.places.aliases import PlaceAlias, load_place_aliases
from language.places.gazetteer import Gazetteer
from language.tokens import Tokens
from tests.normalize.entities.conftest import Read
from tests.support.rules import language_of


@pytest.mark.parametrize(
    ("text", "found"),
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
def test_names(text: str, found: list[str], read: Read) -> None:
    """Official names, what is said for short, and what was the name before."""
    assert read(text) == found


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
def test_everyday_words(text: str, read: Read) -> None:
    """A district's name that is a word like others names nothing by itself."""
    assert read(text) == []


@pytest.mark.parametrize("name", ["Baru", "Air Putih", "Tengah Tani", "Batu", "Tambang"])
def test_everyday_words_with_what_they_are(name: str, gazetteer: Gazetteer) -> None:
    """With kecamatan or kota before it, such a name counts if there is one."""
    said = [gazetteer.find(Tokens(f"{word} {name}")) for word in ("kecamatan", "kota")]
    known = any(mention and mention[0].said for mention in said)
    assert known == (name != "Baru")


def test_settled_by_what_stands_around(read: Read) -> None:
    """A name that several bear is the one in the region that is said besides, and makes that one certain."""
    assert read("Kec. Mijen, Kota Semarang") == ["district=33.74.14", "city=33.74"]
    assert read("Mijen Demak") == ["district=33.21.10", "city=33.21"]
    assert read("kel. Sukabungah Kec. Sukajadi Bandung") == ["village=sukabungah", "district=32.73.07", "city=32.73"]


def test_bare_district(read: Read) -> None:
    """A bare name of a district is an area; with its city beside, the district; beside another city, only words."""
    assert read("banjir di Tebet") == ["area=31.74.01"]
    assert read("banjir di Tebet, Jakarta Selatan") == ["district=31.74.01", "city=31.74"]
    assert read("banjir di Tlogosari, Kota Semarang") == ["area=tlogosari", "city=33.74"]
    assert read("SDN 3 Tapos di pelosok Kabupaten Bogor, Jawa Barat")[1] == "area=tapos"


def test_not_within_other_names(read: Read) -> None:
    """A street, an estate or a longer name is not the region that has a word in common with it."""
    assert read("Jl. Semarang macet") == ["street=semarang"]
    assert read("dekat Pulo Gebang") == ["landmark=pulo gebang"]
    assert read("macet di daerah Pulo Gebang") == []


def test_public_places_name_their_region(read: Read) -> None:
    """A health centre's name says where it lies: both are found."""
    assert read("Puskesmas Tebet, Jakarta Selatan") == ["landmark=puskesmas tebet", "district=31.74.01", "city=31.74"]


def test_a_province_is_wide(read: Read) -> None:
    """A province makes a bare name its district only right beside it; Jakarta, which is a city too, anywhere."""
    assert read("Tapos, Jawa Barat") == ["district=32.76.10", "province=32"]
    assert read("macet di Tapos setiap pagi, salam dari Jawa Barat")[0] == "area=32.76.10"
    assert read("Yth. Pemprov DKI Jakarta, mohon perhatian untuk warga kami di Tebet")[1] == "district=31.74.01"


def test_an_officer_and_a_city(read: Read) -> None:
    """A word for a district before one for a city says nothing of the city's name."""
    assert read("forum camat Kota Bandung") == ["city=32.73"]
    assert read("kec. Kota") == ["area=35.71.02"]


def test_many_names(gazetteer: Gazetteer) -> None:
    """A text that is a list of names is read all the same."""
    assert len(gazetteer.find(Tokens("Semarang, Mijen; " * 2_000))) == 4_000


def test_every_official_name_is_found(gazetteer: Gazetteer) -> None:
    """Each region is among the candidates of its own name, with the word for what it is before it."""
    regions = load_regions()
    provinces = regions.children()
    cities = [city for province in provinces for city in regions.children(province.code)]
    districts = [
        (f"Kecamatan {district.name}", district.code) for city in cities for district in regions.children(city.code)
    ]
    named = [(f"Provinsi {one.name}", one.code) for one in provinces] + [(one.name, one.code) for one in cities]
    missed = [name for name, code in (*named, *districts) if code not in _codes(gazetteer, name)]
    assert missed == []


def _codes(gazetteer: Gazetteer, name: str) -> tuple[str, ...]:
    found = gazetteer.find(Tokens(name))
    return found[0].codes if found else ()


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
    """A row that does not fit stops the start, and is named."""
    file = tmp_path / "places.csv"
    file.write_text(f"name,codes,alone\n{row}\n")
    with pytest.raises(TableError, match=fault):
        load_place_aliases(load_regions(), file)


def test_an_operators_name() -> None:
    """A name that an operator adds is found at once, and adds to the codes that it has."""
    regions = load_regions()
    added = Gazetteer(regions, [PlaceAlias("kota pelajar", ("34.71",), "yes"), PlaceAlias("tebet", ("31.74",), "yes")])
    assert [mention.codes for mention in added.find(Tokens("di Kota Pelajar"))] == [("34.71",)]
    assert [mention.codes for mention in added.find(Tokens("kec tebet"))] == [("31.74.01",)]
    assert language_of().gazetteer.find(Tokens("di Kota Pelajar")) == ()


def test_spans(gazetteer: Gazetteer, find_text: Callable[[str], list[str]]) -> None:
    """A finding's place leads to the words as they are written."""
    assert find_text("Yth. Kec. Pasar Minggu, JAKSEL!") == ["Kec. Pasar Minggu", "JAKSEL"]


@pytest.fixture
def find_text(gazetteer: Gazetteer) -> Callable[[str], list[str]]:
    """The words of the regions in a text."""

    def one(text: str) -> list[str]:
        tokens = Tokens(text)
        return [text[tokens.starts[m.first] : tokens.ends[m.end - 1]] for m in gazetteer.find(tokens)]

    return one
