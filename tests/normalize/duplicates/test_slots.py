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
    """Of 210 pairs that differ in one slot at most two are merged, of 220 that differ in words alone a third or more.

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
    assert (sum(apart.values()), sum(one.values())) == (210, 220)
    assert apart["certain"] <= 2
    assert apart["likely"] <= 30
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
