"""The router finds the words of priority programmes and sends them as codes."""

import pytest

from config.reference.programmes import load_programmes, unknown_references
from messages.shapes import Report
from router.decide import decide
from router.rules import Rules
from tests.support.rules import SHIPPED, cached_rules


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The shipped rules."""
    return cached_rules(SHIPPED)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Menu MBG di SDN 3 Semarang basi, anak mual.", ("makan-bergizi:menu-mbg",)),
        ("Dapur SPPG buang limbah ke sungai di Semarang", ("makan-bergizi:dapur-sppg",)),
        ("Kopdes Merah Putih desa kami belum ada isinya", ("koperasi-merah-putih:kopdes-merah-putih",)),
        ("Anak STUNTING di posyandu tidak dapat apa apa", ("stunting:stunting",)),
        (
            "Program MBG dan cek kesehatan gratis tidak sampai ke desa kami",
            ("makan-bergizi:program-mbg", "cek-kesehatan:cek-kesehatan-gratis"),
        ),
        ("Bendera merah putih di kantor koperasi robek", ()),
        ("Sekolah rakyat jelata kami atapnya bocor", ()),
        ("Kesehatan gratis? Cek dulu antreannya", ()),
        ("Jalan di depan dapur warga rusak", ()),
    ],
)
def test_the_words_of_a_programme_are_found(rules: Rules, text: str, codes: tuple[str, ...]) -> None:
    """By phrases of the shipped table, written as people do; words that only resemble them mark nothing."""
    assert decide(Report(text=text), rules).programme_words == codes


def test_the_shipped_table_names_topics_and_institutions_that_exist(rules: Rules) -> None:
    """Each row leads to something, and to an institution that is responsible."""
    topics = {cue.topic for cue in rules.topics.cues}
    assert list(unknown_references(load_programmes(), topics, rules.registry.institutions)) == []
