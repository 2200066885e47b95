"""The class of an object decides who is competent for it, whatever is wrong with it; and subjects that had no words."""

import pytest

from messages.shapes import Place, Report
from router.decide import decide
from tests.support.rules import SHIPPED, cached_rules


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("Drainase jalan nasional di Kudus mampet sehingga banjir", "kementerian-kemenpu"),
        ("Trotoar jalan nasional di Kudus rusak", "kementerian-kemenpu"),
        ("Lampu jalan provinsi di Wonosobo mati", "provinsi-33"),
        ("Pohon di jalan provinsi di Wonosobo tumbang", "provinsi-33"),
        ("Lampu jalan kabupaten di Wonosobo mati", "kabupaten-3307"),
        ("Toilet SMA Negeri 2 Pati kotor", "provinsi-33"),
        ("Toilet SMP Negeri 2 Pati kotor", "kabupaten-3318"),
        ("Parkir RSUP Dr Kariadi Semarang mahal", "kementerian-kemenkes"),
        ("Parkir RSUD Wongsonegoro Semarang mahal", "kota-3374"),
        ("Obat BPJS di RSUD Cilacap kosong terus", "kabupaten-3301"),
        ("Obat BPJS tidak ditanggung", "lembaga-bpjs-kesehatan"),
    ],
)
def test_the_class_of_the_object_decides_the_level(text: str, agency: str) -> None:
    """A road, a school and a hospital belong to one government or ministry with their lamps, trees and car parks."""
    assert decide(Report(text=text), cached_rules(SHIPPED)).agency == agency


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("Perkelahian antar pemuda kampung di Sumenep sering terjadi, warga resah", "lembaga-polri"),
        ("Rumah saya dilempari batu dan saya diintimidasi preman di Medan", "lembaga-polri"),
        ("Kepala MAN 1 memungut uang wisuda", "kementerian-kemenag"),
        ("Saya diancam penagih pinjaman online", "lembaga-ojk"),
        ("Di jalan Kolonel Atmo ada bekas galian yang tidak ditutup", "kota-1671"),
        ("Jalan desa kami di Kec. Tembalang tidak pernah diaspal", "kota-3374"),
        ("Jalan rusak di Kecamatan Pesantren", "kota-3571"),
    ],
)
def test_fights_schools_and_roadworks_have_words(text: str, agency: str) -> None:
    """Nothing but the table tells them from other matters with the same words."""
    assert decide(Report(text=text), cached_rules(SHIPPED)).agency == agency


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("Trotoar Jl. Dago rusak", "kota-3273"),
        ("Selokan di Jln Simo Kwagean mampet", "kota-3578"),
        ("Parkir liar di jalan Kaliurang km 5", "kabupaten-3404"),
        ("Lampu jalan Bintaro Sektor 9 padam", "kota-3674"),
    ],
)
def test_well_known_streets_tell_the_city(text: str, agency: str) -> None:
    """People name them without the city."""
    assert decide(Report(text=text), cached_rules(SHIPPED)).agency == agency


@pytest.mark.parametrize(
    ("text", "region"),
    [("jalan Cipaganti Garut berlubang", ""), ("jalan Cipaganti berlubang", "Kabupaten Garut")],
)
def test_a_well_known_street_gives_way_to_another_region(text: str, region: str) -> None:
    """Other towns have a street of that name."""
    assert decide(Report(text=text, place=Place(region=region)), cached_rules(SHIPPED)).agency == "kabupaten-3205"
