"""Names of streets and quarters that are also names of places far away, and names that are ordinary words."""

import pytest

from language.places.landmarks import Landmark, Landmarks
from language.places.names import city_of
from messages.shapes import Place, Report
from router.decide import ranked_agencies
from router.location.locator import ReportLocator
from router.location.place_evidence import STREET, ReportLocation
from router.location.searched_text import location_text
from tests.support.landmarks import LandmarkFinder
from tests.support.rules import SHIPPED, cached_rules, language_of

_LANGUAGE = language_of()
_LOCATOR = ReportLocator(_LANGUAGE.place_finder, _LANGUAGE.points, _LANGUAGE.regions)
_LANDMARKS = Landmarks([Landmark(("danau toba",), "wisata", ("12.08", "12.12"), "")])


def _best_city(text: str, region: str = "", address: str = "") -> str:
    """Return the code of the likeliest city, regency or province; nothing without a place."""
    report = Report(text=text, place=Place(region=region, address=address))
    best = _locate(report).best
    return city_of(best.code) if best else ""


def _locate(report: Report, landmarks: Landmarks = _LANDMARKS) -> ReportLocation:
    text = location_text(report)
    words = _LANGUAGE.words.read_words(text)
    return _LOCATOR.locate(report, text, words, LandmarkFinder(landmarks).find(words))


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        # A district of the name lies in another province.
        ("kabel menjuntai di Jl Singosari raya", "Kota Semarang", "33.74"),
        ("jalan Sukabangun 2 banjir", "Kota Palembang", "16.71"),
        ("galian di Jl. Setia Budi belum ditutup", "Kota Medan", "12.71"),
        ("lampu jl parang kusumo tlogosari kulon mati", "Kota Semarang", "33.74"),
        # Within the province and with its city the name is a place.
        ("jalan di Singosari rusak", "Kota Malang", "35.07"),
        ("jalan Singosari Kabupaten Malang rusak", "Kota Semarang", "35.07"),
    ],
)
def test_a_distant_district_gives_way_to_the_form(text: str, region: str, code: str) -> None:
    """Of a bare name in a province that nothing else names, the form's region is the place."""
    assert _best_city(text, region) == code


def test_names_of_streets_are_no_places() -> None:
    """Neither in the text nor in the address field, of several words too."""
    assert _best_city("sampah di Jl. Urip Sumoharjo", "Kota Makassar") == "73.71"
    assert _best_city("lubang di jl danau toba", "Kota Malang", "Jl. Danau Toba 3, Sawojajar") == "35.73"
    assert _best_city("sampah di Jl. Danau Toba") == ""
    assert _best_city("sampah di Danau Toba").startswith("12.")


def test_a_street_between_two_places_of_one_regency_lies_there() -> None:
    """A street named after two places runs between them."""
    assert _best_city("jalan Kajen - Karanganyar rusak").startswith("33.26")


def test_ordinary_words_are_no_places() -> None:
    """Coal is no regency unless it is called one, and two ordinary words run together are no town."""
    assert _best_city("truk batubara melintas siang hari") == ""
    assert _best_city("jalan rusak di Kab. Batubara") == "12.19"
    assert _best_city("Jalan Mitrabatik berlubang") == ""


def test_a_village_beside_its_district() -> None:
    """Of villages of one name the one in the district that stands beside it."""
    assert _best_city("pabrik di ds wedoro waru buang limbah") == "35.15"


def test_a_city_behind_a_lost_break() -> None:
    """The capital inside the word shows it. The city of a bus service belongs to its name."""
    assert _best_city("got mampet di Perum Karaba IndahKarawang") == "32.15"
    assert _best_city("bus TransJakarta penuh") in {"", "31"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Di Surabaya sampah diangkut tiap hari, kenapa di Klaten seminggu sekali", "33.10"),
        ("Di Klaten banjir, kenapa tidak ada pompa", "33.10"),
        ("pindah KK dari Surabaya ke Gresik belum jadi", "35.25"),
        ("pindah keluar dari Surabaya ke Gresik belum jadi", "35.78"),
    ],
)
def test_of_two_places_one_is_meant(text: str, code: str) -> None:
    """A place at the beginning that another is held against is a comparison. Who moves out does so at the old place."""
    assert _best_city(text) == code


def test_derived_words_and_phrases_across_a_comma_are_no_places() -> None:
    """“Pandangan” is a village, too; “kota hujan” is Bogor's nickname."""
    landmarks = Landmarks([Landmark(("kota hujan",), "julukan", ("32.71",), "")])
    texts = ("truk menutup pandangan anak", "Yth Pak Walikota, hujan sore ini banjir", "banjir di kota hujan")
    reports = [Report(text=text) for text in texts]
    best = [_locate(report, landmarks).best for report in reports]
    assert [place.code if place else "" for place in best] == ["", "", "32.71"]


def test_well_known_quarters_are_no_districts_elsewhere() -> None:
    """Each name begins or is a district's or a city's elsewhere."""
    rules = cached_rules(SHIPPED)
    texts = ("banjir di Lenteng Agung", "sampah di Padang Bulan", "lampu mati di Tlogosari Kulon")
    best = [rules.collect_evidence(Report(text=text)).location.best for text in texts]
    assert [city_of(place.code) if place else "" for place in best] == ["31.74", "12.71", "33.74"]


def test_a_street_alone_bounds_the_probability() -> None:
    """An agency is no likelier than the place that only a street's name tells, however clear the matter is."""
    rules = cached_rules(SHIPPED)
    street, district = (
        Report(text=f"galian kabel fiber optik di {place}") for place in ("Jl. Setia Budi", "Setiabudi")
    )
    location = rules.collect_evidence(street).location
    assert location.best is not None
    assert {evidence.kind for evidence in location.best.evidence} == {STREET}
    assert ranked_agencies(rules.collect_evidence(street), rules)[0].likelihood == location.best.certainty
    assert ranked_agencies(rules.collect_evidence(district), rules)[0].likelihood > location.best.certainty
