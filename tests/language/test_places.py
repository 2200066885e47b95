"""Villages, landmarks, misspelt names, and everything in a text that names a place."""

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
from tests.support.paths import SHARED
from tests.support.rules import SHIPPED, language_of

_LANGUAGE = language_of()
_REGIONS = _LANGUAGE.regions
_PLACE_FINDER = _LANGUAGE.place_finder
# Numbers of parts in Roman letters, and marks that are no names: not kept.
_NO_NAME = re.compile(r"[ivx]+|x|db")
_VILLAGES = Villages(
    [("33.01.01", "pasar baru|sukamaju", ""), ("33.01.02", "", "suka maju|ngulon"), ("33.01.03", "", "")]
)


@pytest.fixture(scope="module")
def atlas() -> PlaceFinder:
    """As the service loads it."""
    return _PLACE_FINDER


@pytest.fixture
def found(atlas: PlaceFinder) -> Callable[[str], list[str]]:
    """What an atlas finds in a text, each as `manner=words=codes`."""

    def one(text: str) -> list[str]:
        tokens = Tokens(text)
        return [
            f"{named.kind}={text[tokens.starts[named.first] : tokens.ends[named.end - 1]]}={'|'.join(named.codes)}"
            for named in atlas.find_places(tokens)
        ]

    return one


def test_villages_in_one_word_or_two() -> None:
    """Spaces do not tell names apart; one name may lie in several districts, as kelurahan or desa."""
    assert _VILLAGES.districts("pasarbaru") == ("33.01.01",)
    assert _VILLAGES.districts("sukamaju") == ("33.01.01", "33.01.02")
    assert _VILLAGES.districts_of_kind("sukamaju", desa=False) == ("33.01.01",)
    assert _VILLAGES.districts_of_kind("sukamaju", desa=True) == ("33.01.02",)
    assert _VILLAGES.districts_of_kind("pasarbaru", desa=True) == ()
    assert _VILLAGES.districts("antah") == _VILLAGES.districts("") == ()
    assert set(_VILLAGES.joined_names) == {"pasarbaru", "sukamaju", "ngulon"}


def test_villages_as_the_official_list_has_them() -> None:
    """No village was lost or moved to another district or kind."""
    path = SHARED / "regions" / "regions.csv"
    if not path.exists():
        pytest.skip("the official list is not on this machine")
    official: dict[tuple[str, bool], set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for code, name in ((row["code"], row["name"]) for row in csv.DictReader(file) if row["code"].count(".") == 3):
            parts = [part for part in map(normalize_name, re.split(r"[/()]", name)) if part]
            kept = [one for one in parts if len(parts) == 1 or not _NO_NAME.fullmatch(one)]
            # The last part of a code counts kelurahan from 1001 on.
            official[code[:8], code.split(".")[3][0] != "1"].update(kept)
    with (SHIPPED / "villages.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ours = {
        (row["district"], desa): set(row[kind].split("|"))
        for row in rows
        for kind, desa in (("kelurahan", False), ("desa", True))
        if row[kind]
    }
    assert ours == dict(official)


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
    """A row that does not fit stops the start, and is named."""
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
def test_misspelt(word: str, names: tuple[str, ...]) -> None:
    """One letter missing, doubled, wrong or exchanged, or no vowels; never the first letter, never a right name."""
    assert FuzzyNames(["semarang", "bantul", "bandung", "batu"]).find_similar(word) == names


def test_misspelt_may_be_several() -> None:
    """Where two names are as near, both are kept."""
    assert FuzzyNames(["banjar", "banjir"]).find_similar("banjr") == ("banjar", "banjir")


_LANDMARKS = Landmarks(
    [
        Landmark(("pasar senen", "pasar senen jaya"), "market", ("31.71",), ""),
        Landmark(("jabodetabek",), "area", ("31", "32.71"), ""),
    ]
)


def test_landmarks() -> None:
    """The longest name at each place, in the normal form of words, with its place in the text."""
    text = "di psr Senen Jaya, se-Jabodetabek pasar"
    seen = _LANDMARKS.find_landmarks(WordReader({"psr": "pasar"}).read_words(text))
    assert [(text[one.start : one.end], one.landmark.kind) for one in seen] == [
        ("psr Senen Jaya", "market"),
        ("Jabodetabek", "area"),
    ]
    assert Landmarks().find_landmarks(WordReader({}).read_words(text)) == ()


def test_landmarks_in_a_file(tmp_path: Path) -> None:
    """Names and codes are separated by |; an operator is not needed."""
    path = tmp_path / "landmarks.csv"
    path.write_text(
        "name,kind,codes,operator\nstasiun tawang|tawang,station,33.74,bumn-kai\njabodetabek,area,31|32.71,\n"
    )
    words = WordReader({}).read_words("stasiun Tawang jabodetabek")
    assert [one.landmark for one in load_landmarks(_REGIONS, path).find_landmarks(words)] == [
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
    """A row that does not fit stops the start, and is named."""
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
def test_everything_named(text: str, expected: list[str], found: Callable[[str], list[str]]) -> None:
    """Each name once, in order, with how it is named and the codes left by those around it."""
    assert found(text) == expected


def test_a_name_that_many_bear(atlas: PlaceFinder) -> None:
    """A village's right name is no misspelt city, and a district's that villages everywhere bear may be any of them."""
    assert {one.codes for one in atlas.find_places(Tokens("Jagakarsa dan Ciganjur"))} == {("31.74.09",)}
    (one,) = atlas.find_places(Tokens("di Sidomulyo"))
    assert len(one.codes) > 12
    (near,) = atlas.find_places(Tokens("di Sidomulyo"), known_codes=["18.01"])
    assert near.codes == ("18.01.07",)


def test_a_long_name_in_small_letters(atlas: PlaceFinder) -> None:
    """A name of one regency only, no word like others, is a place without a capital or “di”; a short one is not."""
    assert [one.codes for one in atlas.find_places(Tokens("pembakaran sampah perum permai gegerkalong"))] == [
        ("32.73.01",)
    ]
    assert atlas.find_places(Tokens("tukang parkir jamika")) == ()


def test_a_village_by_its_kind(atlas: PlaceFinder) -> None:
    """Of several villages of a name a kelurahan is likelier behind kel., a desa behind desa."""
    (kelurahan,), (desa,) = (atlas.find_places(Tokens(text)) for text in ("kel. Karangrejo", "desa Karangrejo"))
    assert set(kelurahan.codes) == set(desa.codes)
    assert 0 < len(kelurahan.likely) < len(desa.likely)


def test_known_from_elsewhere(atlas: PlaceFinder) -> None:
    """What is known to be near settles a village's bare name, even one that a district or city bears, and it counts."""
    assert atlas.find_places(Tokens("lampu di rejosari mati")) == ()
    (named,) = atlas.find_places(Tokens("lampu di rejosari mati"), ("33.74",))
    assert {code[:5] for code in named.codes} == {"33.74"}
    (named,) = atlas.find_places(Tokens("lampu di karangrejo mati"), ("33.74",))
    assert {code[:5] for code in named.codes} == {"33.74"}
    (named,) = atlas.find_places(Tokens("lampu di Manggarai mati"), ("31.74",))
    assert named.codes == ("53.10", "31.74.01")


def test_the_region_of_a_code(atlas: PlaceFinder) -> None:
    """As far as it is known."""
    codes = ("33.74.11", "33.74.99", "33", "99", "", "🚧")
    assert [atlas.known_region(code) for code in codes] == ["33.74.11", "33.74", "33", "", "", ""]


def test_long_texts(atlas: PlaceFinder) -> None:
    """The same words over and over are read to their end."""
    for piece in ("desa ", "Semrang ", "kec. Xyzzy ", "#x ", "Wetan ", "Sukamaju, "):
        text = piece * (20_000 // len(piece))
        assert all(named.first < named.end for named in atlas.find_places(Tokens(text)))


def test_twins(atlas: PlaceFinder) -> None:
    """City and regency of one name are each other's twins, also by a district's code; most have none."""
    assert atlas.namesakes(("32.71",)) == ("32.01",)
    assert atlas.namesakes(("32.01.05", "52.72")) == ("32.71", "52.06")
    assert atlas.namesakes(("33.16", "33", "")) == ()


def test_names_side_by_side(found: Callable[[str], list[str]]) -> None:
    """Two names of districts of one regency are a pair, though one alone is another regency's; so are the other way
    round, and a village beside its district; not what another word stands between.
    """
    assert found("gombong karanganyar") == ["paired=gombong=33.05.19", "paired=karanganyar=33.05.20"]
    assert found("karanganyar, gombong") == ["paired=karanganyar=33.05.20", "paired=gombong=33.05.19"]
    assert found("gombong lalu karanganyar") == ["bare=gombong=33.05.19", "named=karanganyar=33.13"]
    assert found("ngestiharjo kasihan") == ["paired=ngestiharjo=34.02.16"]


def test_beside_what_is_known(atlas: PlaceFinder) -> None:
    """A district's name that is a word like others counts behind `pasar` or `di`, in a region beside a known one."""
    tokens = Tokens("sampah di pasar sape")
    assert atlas.find_places(tokens) == ()
    assert [named.codes for named in atlas.find_places(tokens, ["52.72"], ["52.06"])] == [("52.06.06",)]
    assert atlas.find_places(Tokens("sape yang buang sampah"), ["52.72"], ["52.06"]) == ()


def test_accounts_in_one_word() -> None:
    """A head's name is found as an account as well; other landmarks' names are not run together."""
    landmarks = Landmarks(
        [Landmark(("lucky hakim",), "akun", ("32.12",), ""), Landmark(("pasar senen",), "pasar", ("31.71",), "")]
    )
    words = WordReader(load_slang()).read_words("pak @luckyhakim dan pasarsenen")
    assert [seen.landmark.codes for seen in landmarks.find_landmarks(words)] == [("32.12",)]


def test_heads_by_their_title() -> None:
    """Whoever governs is known behind their title by the name that people call them."""
    landmarks, words = _LANGUAGE.landmarks, _LANGUAGE.words
    said = {
        "om wali rahmad": "64.71",
        "bupati lucky tolong": "32.12",
        "pak gub luthfi": "33",
        "walikota farhan": "32.73",
    }
    assert {text: landmarks.find_landmarks(words.read_words(text))[0].landmark.codes for text in said} == {
        text: (code,) for text, code in said.items()
    }
