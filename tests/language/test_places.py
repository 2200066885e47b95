"""Place names in texts: regions, villages, landmarks and misspelt names."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from config.reference.slang import load_slang
from config.reference.table_reader import TableError
from language.places.finder import PlaceFinder
from language.places.fuzzy import FuzzyNames
from language.places.landmarks import Landmark, Landmarks, load_landmarks
from language.places.villages import Villages, load_villages
from language.tokens import Tokens, normalize_name
from language.words import WordReader
from tests.support.landmarks import LandmarkFinder
from tests.support.paths import SHARED
from tests.support.rules import SHIPPED, language_of

_LANGUAGE = language_of()
_REGIONS = _LANGUAGE.regions
_PLACE_FINDER = _LANGUAGE.place_finder
# Roman numbers of parts, and marks that are no names.
_NO_NAME = re.compile(r"[ivx]+|x|db")
_VILLAGES = Villages(
    [("33.01.01", "pasar baru|sukamaju", ""), ("33.01.02", "", "suka maju|ngulon"), ("33.01.03", "", "")]
)


@pytest.fixture(scope="module")
def finder() -> PlaceFinder:
    """The place finder of the shipped tables."""
    return _PLACE_FINDER


@pytest.fixture
def find_places(finder: PlaceFinder) -> Callable[[str], list[str]]:
    """Returns the places in a text, each as `kind=words=codes`."""

    def find(text: str) -> list[str]:
        tokens = Tokens(text)
        return [
            f"{place.kind}={text[tokens.starts[place.first] : tokens.ends[place.end - 1]]}={'|'.join(place.codes)}"
            for place in finder.find_places(tokens)
        ]

    return find


def test_villages_in_one_word_or_two() -> None:
    """Names that differ in spaces are equal; several districts may have a name, as kelurahan or desa."""
    assert _VILLAGES.districts("pasarbaru") == ("33.01.01",)
    assert _VILLAGES.districts("sukamaju") == ("33.01.01", "33.01.02")
    assert _VILLAGES.districts_of_kind("sukamaju", desa=False) == ("33.01.01",)
    assert _VILLAGES.districts_of_kind("sukamaju", desa=True) == ("33.01.02",)
    assert _VILLAGES.districts_of_kind("pasarbaru", desa=True) == ()
    assert _VILLAGES.districts("antah") == _VILLAGES.districts("") == ()
    assert set(_VILLAGES.joined_names) == {"pasarbaru", "sukamaju", "ngulon"}


def test_villages_equal_the_official_list() -> None:
    """No village was lost or moved to another district or kind."""
    path = SHARED / "regions" / "regions.csv"
    if not path.exists():
        pytest.skip("the official list is not on this machine")
    official: dict[tuple[str, bool], set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for code, name in ((row["code"], row["name"]) for row in csv.DictReader(file) if row["code"].count(".") == 3):
            parts = [part for part in map(normalize_name, re.split(r"[/()]", name)) if part]
            names = [part for part in parts if len(parts) == 1 or not _NO_NAME.fullmatch(part)]
            # The last part of a code counts kelurahan from 1001 on.
            official[code[:8], code.split(".")[3][0] != "1"].update(names)
    with (SHIPPED / "villages.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    shipped = {
        (row["district"], desa): set(row[kind].split("|"))
        for row in rows
        for kind, desa in (("kelurahan", False), ("desa", True))
        if row[kind]
    }
    assert shipped == dict(official)


VILLAGES = {
    "33.99.99,a,": "33.99.99 is no district",
    "33.74,a,": "33.74 is no district",
    "33.74.11,a,\n33.74.11,b,": "33.74.11 stands twice",
    "33.74.11,A,": "lower case",
    "33.74.11,a||b,": "lower case",
    "33.74.11,,": "lower case",
    "33.74.11": "villages.csv",
}


@pytest.mark.parametrize("rows", VILLAGES)
def test_faults_in_villages(rows: str, tmp_path: Path) -> None:
    """A faulty row stops the start, and the error names it."""
    path = tmp_path / "villages.csv"
    path.write_text(f"district,kelurahan,desa\n{rows}\n")
    with pytest.raises(TableError, match=VILLAGES[rows]):
        load_villages(_REGIONS, path)


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("semrang", ("semarang",)),
        ("semarrang", ("semarang",)),
        ("semarqng", ("semarang",)),
        ("semraang", ("semarang",)),
        ("smrng", ("semarang",)),
        ("smarng", ("semarang",)),
        ("semarang", ()),
        ("temarang", ()),
        ("semg", ()),
        ("smg", ()),
        ("grngmas", ()),
        ("bantl", ("bantul",)),
        ("", ()),
    ],
)
def test_misspelt_names(word: str, names: tuple[str, ...]) -> None:
    """One letter is missing, doubled, wrong or swapped, or all vowels are missing; the first letter is right."""
    assert FuzzyNames(["semarang", "bantul", "bandung", "batu"]).find_similar(word) == names


def test_several_names_may_be_similar() -> None:
    """Both of two equally similar names are returned."""
    assert FuzzyNames(["banjar", "banjir"]).find_similar("banjr") == ("banjar", "banjir")


def test_what_was_found_for_a_word_is_kept_for_a_limited_number_of_words() -> None:
    """Any text may have new words: only the last ones are remembered."""
    names = FuzzyNames(["banjar"])
    for number in range(5_000):
        names.find_similar(f"kata{number}")
    kept = names.find_similar.cache_info().currsize
    assert 0 < kept < 5_000
    assert names.find_similar("banjr") == names.find_similar("banjr") == ("banjar",)


_LANDMARKS = Landmarks(
    [
        Landmark(("pasar senen", "pasar senen jaya"), "market", ("31.71",), ""),
        Landmark(("jabodetabek",), "area", ("31", "32.71"), ""),
    ]
)


def test_landmarks() -> None:
    """The longest name at each word is returned with its position; words are in normal form."""
    text = "di psr Senen Jaya, se-Jabodetabek pasar"
    matches = LandmarkFinder(_LANDMARKS).find(WordReader({"psr": "pasar"}).read_words(text))
    assert [(text[match.start : match.end], match.landmark.kind) for match in matches] == [
        ("psr Senen Jaya", "market"),
        ("Jabodetabek", "area"),
    ]
    assert LandmarkFinder(Landmarks()).find(WordReader({}).read_words(text)) == ()


def test_landmarks_in_a_file(tmp_path: Path) -> None:
    """Names and codes are separated by |; the operator may be empty."""
    path = tmp_path / "landmarks.csv"
    path.write_text(
        "name,kind,codes,operator\nstasiun tawang|tawang,station,33.74,bumn-kai\njabodetabek,area,31|32.71,\n"
    )
    words = WordReader({}).read_words("stasiun Tawang jabodetabek")
    assert [match.landmark for match in LandmarkFinder(load_landmarks(_REGIONS, path)).find(words)] == [
        Landmark(("stasiun tawang", "tawang"), "station", ("33.74",), "bumn-kai"),
        Landmark(("jabodetabek",), "area", ("31", "32.71"), ""),
    ]


LANDMARKS = {
    ",station,33.74,": "no name",
    "Tawang,station,33.74,": "lower case",
    "tawang,station,33.74,\nponcol|tawang,station,33.74,": "tawang stands twice",
    "tawang,station,99.99,": "99.99 is no region",
    "tawang": "landmarks.csv",
}


@pytest.mark.parametrize("rows", LANDMARKS)
def test_faults_in_landmarks(rows: str, tmp_path: Path) -> None:
    """A faulty row stops the start, and the error names it."""
    path = tmp_path / "landmarks.csv"
    path.write_text(f"name,kind,codes,operator\n{rows}\n")
    with pytest.raises(TableError, match=LANDMARKS[rows]):
        load_landmarks(_REGIONS, path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kel. Bongsari, Semarang", ["village=Kel. Bongsari=33.74.13", "named=Semarang=33.22|33.74"]),
        ("Bongsari, Semarang", ["quarter=Bongsari=33.74.13", "named=Semarang=33.22|33.74"]),
        ("kec. Banymanik", ["misspelt=kec. Banymanik=33.74.11"]),
        ("@pemkotsmg", ["glued=pemkotsmg=33.74"]),
        ("kec. Cibeunying", ["said=kec. Cibeunying=32.73.18|32.73.14"]),
        ("di bdl", ["misspelt=bdl=18.71"]),
        ("bdl", []),
        ("desa kami", []),
        ("Serang, Blitar", ["quarter=Serang=35.05.13", "named=Blitar=35.05|35.72"]),
    ],
)
def test_all_places_of_a_text(text: str, expected: list[str], find_places: Callable[[str], list[str]]) -> None:
    """Each name is returned once, in order, with its kind and the codes that its neighbours leave."""
    assert find_places(text) == expected


def test_a_name_of_many_villages(finder: PlaceFinder) -> None:
    """A village's correct name is no misspelt city; a district's name may be that of any village with it."""
    assert {place.codes for place in finder.find_places(Tokens("Jagakarsa dan Ciganjur"))} == {("31.74.09",)}
    (ambiguous,) = finder.find_places(Tokens("di Sidomulyo"))
    assert len(ambiguous.codes) > 12
    (known,) = finder.find_places(Tokens("di Sidomulyo"), known_codes=["18.01"])
    assert known.codes == ("18.01.07",)


def test_a_long_name_in_small_letters(finder: PlaceFinder) -> None:
    """A long name in one regency only needs no capital and no "di"; a short one does."""
    assert [place.codes for place in finder.find_places(Tokens("pembakaran sampah perum permai gegerkalong"))] == [
        ("32.73.01",)
    ]
    assert finder.find_places(Tokens("tukang parkir jamika")) == ()


def test_a_village_by_its_kind(finder: PlaceFinder) -> None:
    """Of several villages of a name a kelurahan is likelier after kel., a desa after desa."""
    (kelurahan,), (desa,) = (finder.find_places(Tokens(text)) for text in ("kel. Karangrejo", "desa Karangrejo"))
    assert set(kelurahan.codes) == set(desa.codes)
    assert 0 < len(kelurahan.likely) < len(desa.likely)


def test_known_regions(finder: PlaceFinder) -> None:
    """A known region decides which village a bare name means, also if a district or city has the name."""
    assert finder.find_places(Tokens("lampu di rejosari mati")) == ()
    (place,) = finder.find_places(Tokens("lampu di rejosari mati"), ("33.74",))
    assert {code[:5] for code in place.codes} == {"33.74"}
    (place,) = finder.find_places(Tokens("lampu di karangrejo mati"), ("33.74",))
    assert {code[:5] for code in place.codes} == {"33.74"}
    (place,) = finder.find_places(Tokens("lampu di Manggarai mati"), ("31.74",))
    assert place.codes == ("53.10", "31.74.01")


def test_the_region_of_a_code(finder: PlaceFinder) -> None:
    """The narrowest known region of the code is returned."""
    codes = ("33.74.11", "33.74.99", "33", "99", "", "🚧")
    assert [finder.known_region(code) for code in codes] == ["33.74.11", "33.74", "33", "", "", ""]


def test_long_texts(finder: PlaceFinder) -> None:
    """A text of the same words is read to its end."""
    for piece in ("desa ", "Semrang ", "kec. Xyzzy ", "#x ", "Wetan ", "Sukamaju, "):
        text = piece * (20_000 // len(piece))
        assert all(place.first < place.end for place in finder.find_places(Tokens(text)))


def test_namesakes(finder: PlaceFinder) -> None:
    """City and regency of one name are namesakes, also by a district's code; most have none."""
    assert finder.namesakes(("32.71",)) == ("32.01",)
    assert finder.namesakes(("32.01.05", "52.72")) == ("32.71", "52.06")
    assert finder.namesakes(("33.16", "33", "")) == ()


def test_names_side_by_side(find_places: Callable[[str], list[str]]) -> None:
    """Two districts of one regency side by side are a pair, also if one name alone means another regency.

    The order does not matter. A village beside its district is a pair too. A word between the names prevents a pair.
    """
    assert find_places("gombong karanganyar") == ["paired=gombong=33.05.19", "paired=karanganyar=33.05.20"]
    assert find_places("karanganyar, gombong") == ["paired=karanganyar=33.05.20", "paired=gombong=33.05.19"]
    assert find_places("gombong lalu karanganyar") == ["bare=gombong=33.05.19", "named=karanganyar=33.13"]
    assert find_places("ngestiharjo kasihan") == ["paired=ngestiharjo=34.02.16"]


def test_a_region_confusable_with_a_known_one(finder: PlaceFinder) -> None:
    """A district's name that is an ordinary word counts after `pasar` or `di`, in a confusable region too."""
    tokens = Tokens("sampah di pasar sape")
    assert finder.find_places(tokens) == ()
    assert [place.codes for place in finder.find_places(tokens, ["52.72"], ["52.06"])] == [("52.06.06",)]
    assert finder.find_places(Tokens("sape yang buang sampah"), ["52.72"], ["52.06"]) == ()


def test_accounts_in_one_word() -> None:
    """The name of a head of government is found as an account; names of other landmarks are not joined."""
    landmarks = Landmarks(
        [Landmark(("lucky hakim",), "akun", ("32.12",), ""), Landmark(("pasar senen",), "pasar", ("31.71",), "")]
    )
    words = WordReader(load_slang()).read_words("pak @luckyhakim dan pasarsenen")
    assert [match.landmark.codes for match in LandmarkFinder(landmarks).find(words)] == [("32.12",)]


def test_heads_by_their_title() -> None:
    """Heads of governments are found by their title and short name."""
    landmarks, words = _LANGUAGE.landmarks, _LANGUAGE.words
    codes = {
        "om wali rahmad": "64.71",
        "bupati lucky tolong": "32.12",
        "pak gub luthfi": "33",
        "walikota farhan": "32.73",
    }
    assert {text: LandmarkFinder(landmarks).find(words.read_words(text))[0].landmark.codes for text in codes} == {
        text: (code,) for text, code in codes.items()
    }
