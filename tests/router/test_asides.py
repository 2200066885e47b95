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


@pytest.mark.parametrize(
    "text",
    [
        "Tetangga saya anggota TNI menutup saluran air di Jambangan Surabaya, kampung jadi banjir",
        "Ibu kami penerima PKH, got di depan rumahnya di Rungkut Surabaya tersumbat",
        "Sejak pandemi covid tetangga di Rungkut Surabaya karaoke bising sampai malam",
        "Kami punya NPWP, tetapi jalan di Rungkut Surabaya rusak parah",
    ],
)
def test_who_somebody_is_and_what_was_before_is_not_the_matter(text: str) -> None:
    """The government of the place gets what its topic is: a role, an epidemic and a tax number are hints."""
    decision = decide(Report(text=text), RULES)
    assert decision.agency == "kota-3578"
    assert decision.confidence > 0.8


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("Saya driver Gojek, potongan aplikasi Gojek terlalu besar, Surabaya", "kementerian-kemenhub"),
        ("Ibu kami penerima PKH di Surabaya, uang PKH tidak cair", "kementerian-kemensos"),
        ("Kami punya NPWP, Surabaya", "kementerian-kemenkeu"),
    ],
)
def test_a_role_is_the_matter_if_nothing_else_is(text: str, agency: str) -> None:
    """It counts in full if further words tell of it, or if there is no matter of the place."""
    assert decide(Report(text=text), RULES).agency == agency


def test_an_institution_that_is_only_named_counts_half_beside_a_clear_local_matter() -> None:
    """Its further mentions add nothing. With a topic of its own, or without a clear local matter, all count in full."""
    text = "Sampah menumpuk di depan kantor kami di Kab. Sleman. Direksi BRI diam, kata BRI biarkan, jadi BRI sama saja"
    assert [piece.strength for piece in _evidence(text) if piece.kind == "named"] == [0.5]
    for text in (
        "Kartu ATM BRI tertelan dan sampah menumpuk di Kab. Sleman, BRI diam",
        "Kab. Sleman: kata BRI biarkan, BRI sama saja",
    ):
        assert [piece.strength for piece in _evidence(text) if piece.kind == "named"] == [1.0, 1.0]
    assert decide(Report(text="Sampah menumpuk di Kab. Sleman, kata BRI biarkan, BRI sama saja"), RULES).agency == (
        "kabupaten-3404"
    )


def test_small_bkn_is_short_for_bukan() -> None:
    """Without a word of staff matters it is no institution; in capitals or beside such a word it is."""
    texts = ("aku bingung bkn laporannya", "BKN lambat menjawab", "kapan bkn umumkan cpns")
    codes = [{piece.institution for piece in _evidence(text) if piece.kind in {"named", "greeted"}} for text in texts]
    assert [("lembaga-bkn" in institutions) for institutions in codes] == [False, True, True]
