"""Reports that differ in one slot (matter, spot or beneficiary), and reports of which only the words differ.

`tests/data/pairs/slots.csv` has both, invented: no weight was learned from it.
"""

import csv
from collections import Counter

import pytest

from tests.normalize.duplicates.conftest import CompareMessages, message
from tests.support.paths import DATA

SLOTS = DATA / "pairs" / "slots.csv"


def test_one_other_slot_is_not_merged(compare: CompareMessages) -> None:
    """Of 228 pairs that differ in one slot at most two are merged, of 228 that differ in words alone a third or more.

    The first pairs are seldom suggested, most of the others are merged or suggested.
    """
    with SLOTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    certainties = Counter(
        (row["differs"] == "words", compare(message(row["first"]), message(row["second"], 30)).certainty)
        for row in rows
    )
    apart = {certainty: count for (is_one, certainty), count in certainties.items() if not is_one}
    one = {certainty: count for (is_one, certainty), count in certainties.items() if is_one}
    assert (sum(apart.values()), sum(one.values())) == (228, 228)
    assert apart["certain"] <= 2
    assert apart["likely"] <= 38
    assert one["certain"] >= 80
    assert one["new"] <= 30


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "Mohon perlintasan dekat Masjid Nurul Cahya Jalan Talang Beringin ditutup karena sering kecelakaan",
            "Mohon dibangun jalan layang di atas perlintasan dekat Masjid Nurul Cahya Jalan Talang Beringin",
        ),
        (
            "PJU mati di Jembatan Kali Sendang Desa Mojowangi, malam gelap sekali, tolong diperbaiki",
            "PJU mati di Jalan Kali Sendang Desa Mojowangi, malam gelap sekali, tolong diperbaiki",
        ),
        (
            "Pengumuman seleksi CPNS Kementerian Agama belum keluar, mohon kejelasan jadwalnya",
            "Pengumuman seleksi CPNS Kementerian Kesehatan belum keluar, mohon kejelasan jadwalnya",
        ),
        (
            "Pasien Mbah Karso ditolak IGD RSUD Lemahduwur karena kamar penuh, mohon ditangani",
            "igd rsud lemahduwur menolak Bapak Sarpin, katanya kamar penuh",
        ),
    ],
    ids=["another wish", "a bridge and its road", "two ministries", "two patients"],
)
def test_what_contradicts_in_a_slot_is_likely_at_most(compare: CompareMessages, first: str, second: str) -> None:
    """The other words are alike, and a person sees at once that there are two matters."""
    assert compare(message(first), message(second, 30)).certainty != "certain"
    assert compare(message(second), message(first, 30)).certainty != "certain"


def test_one_matter_at_one_exact_spot_is_merged(compare: CompareMessages) -> None:
    """Two neighbours tell of the ditch of one alley in other words, a day apart."""
    first = message("Saluran air tersumbat di Gang Seruni II Jalan Pandu Wirasa, mohon dikeruk")
    second = message("Got mampet gg seruni 2 jl pandu wirasa, airnya bau dan meluap", 30)
    assert compare(first, second).certainty == "certain"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "Pabrik karet di Jalan Talang Beringin Desa Mojowangi mengeluarkan asap pekat, udara bau sampai rumah",
            "Limbah cair pabrik karet Jalan Talang Beringin Desa Mojowangi membuat sungai hitam, mohon diperiksa",
        ),
        (
            "Truk batu lewat desa Wanasekar 3 siang malam, jalan hancur dan debu masuk rumah",
            "Sopir truk batu menabrak gapura di Wanasekar 8 dan jalan hancur, belum diganti",
        ),
        (
            "Got di Jl Ratna Kusuma depan SMP Nusa Bakti mampet, hujan sebentar air meluap",
            "Got Jl Ratna Kusuma Gang Seruni mampet karena ditutup beton warga, mohon dibongkar",
        ),
    ],
    ids=["air and water", "two numerals of one name", "an alley of the street"],
)
def test_one_place_has_several_troubles(compare: CompareMessages, first: str, second: str) -> None:
    """One factory, one village or one street, and another medium, section or alley."""
    assert compare(message(first), message(second, 3)).certainty != "certain"
    assert compare(message(second), message(first, 3)).certainty != "certain"


def test_the_same_section_and_medium_stay_one_matter(compare: CompareMessages) -> None:
    """The numeral, the alley and the air are told by both."""
    pairs = (
        (
            "Truk batu lewat desa Wanasekar 3 siang malam, jalan hancur dan debu masuk rumah",
            "Jalan di Desa Wanasekar 3 hancur karena dilewati truk batu, mohon ditertibkan, debunya masuk rumah warga",
        ),
        (
            "Got Jl Ratna Kusuma Gang Seruni mampet, hujan sebentar air meluap",
            "got jl ratna kusuma gg seruni mampet penuh lumpur, mohon dikeruk",
        ),
        (
            "Pabrik karet di Jalan Talang Beringin Desa Mojowangi mengeluarkan asap pekat, udara bau sampai ke rumah",
            "asap pabrik karet jl talang beringin mojowangi bau sekali, udara sesak",
        ),
    )
    assert [compare(message(first), message(second, 3)).certainty for first, second in pairs] == ["certain"] * 3
