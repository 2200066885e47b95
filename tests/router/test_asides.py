"""What a text says aside: descriptions of a place, purposes, denied questions, and places without a matter."""

import pytest

from messages.shapes import Place, Report
from messages.topics import TRIAGE
from router.decide import decide
from router.evidence.evidence import Evidence
from tests.support.rules import SHIPPED, cached_rules

RULES = cached_rules(SHIPPED)


def _evidence(text: str, region: str = "") -> tuple[Evidence, ...]:
    return RULES.collect_evidence(Report(text=text, place=Place(region=region))).evidence


def _topics(text: str) -> set[str]:
    return {topic.name for topic in RULES.collect_evidence(Report(text=text)).topics}


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("lampu merah samsat mati", "pajak-kendaraan"),
        ("kabel menjuntai di depan pom bensin", "bahan-bakar"),
        ("parit di gang wakaf tersumbat", "wakaf"),
        ("KK belum jadi padahal dibutuhkan untuk daftar kuliah SNBT", "pendidikan-tinggi"),
        ("Antre paspor? Bukan, ini antrean KTP", "paspor"),
    ],
)
def test_topics_said_aside_do_not_count(text: str, topic: str) -> None:
    """Another topic of the text is the matter."""
    assert _topics(text) > set()
    assert topic not in _topics(text)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("untuk membuat paspor harus bagaimana", "paspor"),
        ("mau bikin paspor", "paspor"),
        ("pom bensin curang", "bahan-bakar"),
        ("tanah wakaf dijual", "wakaf"),
        ("SKCK dibutuhkan untuk syarat melamar kerja", "kriminal"),
    ],
)
def test_the_only_topic_is_the_matter(text: str, topic: str) -> None:
    """It counts also where it looks like a description or a purpose."""
    assert topic in _topics(text)


def test_an_office_that_describes_a_place_is_no_evidence() -> None:
    """A unit is treated like a named institution."""
    kinds = {piece.kind for piece in _evidence("sampah menumpuk dekat kantor gubernur di Makassar")}
    assert kinds.isdisjoint({"unit", "government", "named"})
    assert "unit" in {piece.kind for piece in _evidence("kantor gubernur di Makassar tutup")}


def test_a_place_without_a_matter_leads_to_triage() -> None:
    """Whoever fills in a form, asks for something or names a trouble reports something."""
    assert decide(Report(text="semalam nonton konser di Makassar seru"), RULES).agency == TRIAGE
    assert decide(Report(text="tolong ditindak, di Makassar"), RULES).agency == "kota-7371"
    assert decide(Report(text="antre obat lama", place=Place(region="Kota Makassar")), RULES).agency == "kota-7371"


def test_a_missing_place_counts_less_beside_a_named_institution() -> None:
    """The institution may be competent wherever the sender is. One that is only called changes nothing."""
    named, called = _evidence("jalan rusak, kata BNPB sudah selesai"), _evidence("@BNPB jalan rusak")
    assert _unplaced_strength(named) < _unplaced_strength(called)


def _unplaced_strength(evidence: tuple[Evidence, ...]) -> float:
    return max(piece.strength for piece in evidence if piece.kind == "unplaced")


def test_small_bkn_is_short_for_bukan() -> None:
    """Without a word of staff matters it is no institution; in capitals or beside such a word it is."""
    texts = ("aku bingung bkn laporannya", "BKN lambat menjawab", "kapan bkn umumkan cpns")
    codes = [{piece.institution for piece in _evidence(text) if piece.kind in {"named", "greeted"}} for text in texts]
    assert [("lembaga-bkn" in institutions) for institutions in codes] == [False, True, True]
