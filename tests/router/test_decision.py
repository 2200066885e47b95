"""Which door: every kind of evidence, what it weighs against another, and why nobody could tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.shapes import Place, Report
from router.decision import decide, decide_again
from router.registry.registry import TRIAGE
from tests.support.rules import SMALL, cached_rules

RULES = cached_rules(SMALL)


@pytest.mark.parametrize(
    ("report", "agency", "rule"),
    [
        (Report(text="x", agency="Kemenkes"), "kementerian-kemenkes", "addressed"),
        (Report(text="x", agency="Dinas Kesehatan Kota Semarang"), "kota-3374", "addressed"),
        (Report(text="x", agency="ＫＥＭＥＮＫＥＳ"), "kementerian-kemenkes", "addressed"),  # noqa: RUF001 - a phone's letters
        (Report(text="Mohon PLN datang"), "bumn-pln", "named"),
        (Report(text="MENTERI KESEHATAN tolong"), "kementerian-kemenkes", "named"),
        (Report(text="antrean paspor lama di Kab. Sleman"), "kementerian-kemenimipas", "paspor"),
        (Report(text="Yth. Menteri Kesehatan, jalan rusak di Kab. Sleman"), "kabupaten-3404", "jalan"),
        (Report(text="jalan rusak di kab. Sleman"), "kabupaten-3404", "jalan"),
        (Report(text="JLN RUSAK DI KAB SLEMAN"), "kabupaten-3404", "jalan"),
        (Report(text="jalan rusak", place=Place(region="Kota Semarang")), "kota-3374", "jalan"),
        (Report(text="Kota Semarang, Jawa Tengah: banjir"), "kota-3374", "banjir"),
        (Report(text="banjir di sleman"), "kabupaten-3404", "banjir"),
        (Report(text="puskesmas tutup di Sleman"), "kabupaten-3404", "puskesmas"),
        (Report(text="#laporhendi jalan rusak"), "kota-3374", "jalan"),
        (Report(text="gelap sekali di Kabupaten Sleman"), "kabupaten-3404", "place"),
        (Report(text="gelap di depan kantor imigrasi, Kabupaten Sleman"), "kabupaten-3404", "place"),
        (Report(text="Kami kecewa pada Kemenkes, di Kabupaten Sleman juga"), "kementerian-kemenkes", "named"),
        (Report(text="Selamat siang Kemenkes Kab. Sleman, kapan?"), "kementerian-kemenkes", "named"),
        (Report(text="jalan rusak"), TRIAGE, "jalan"),
        (Report(text="Jl. Sleman rusak"), TRIAGE, "no-evidence"),
        (Report(text="halo"), TRIAGE, "no-evidence"),
        (Report(text="planet"), TRIAGE, "no-evidence"),
        (Report(text="bukan soal paspor"), TRIAGE, "no-evidence"),
    ],
)
def test_which_door(report: Report, agency: str, rule: str) -> None:
    """Each kind of evidence leads to its door, and says so by the row that spoke."""
    decision = decide(report, RULES)
    assert (decision.agency, rule in {reason.rule for reason in decision.reasons}) == (agency, True), decision
    assert agency not in decision.alternatives


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Kami kecewa pada Pemkot Semarang", {"government", "place"}),
        ("gelap di Kota Semarang", {"place"}),
        ("saya pindah dari Pemkot Semarang", {"place"}),
        ("Kemenkumham, Kemenkumham", {"greeted", "named"}),
        ("Kemenkumham lambat", {"named"}),
        ("listrik", {"hint"}),
        ("listrik padam", {"matter"}),
    ],
)
def test_kinds_of_sign(text: str, kinds: set[str]) -> None:
    """A region is no government, whom somebody comes from is not addressed, and a word that hints settles nothing."""
    signs = RULES.evidence_collector.collect(Report(text=text)).evidence
    assert {sign.kind for sign in signs if sign.institution != TRIAGE} == kinds


def test_a_name_that_overlaps_itself_counts_once() -> None:
    """“Kantor imigrasi” is one name, not that and “imigrasi” as well; nor is a bupati a unit beside the government."""
    for text in ("pelayanan kantor imigrasi", "kinerja bupati Sleman"):
        signs = RULES.evidence_collector.collect(Report(text=text)).evidence
        assert [sign.kind for sign in signs if sign.kind in {"named", "government", "unit"}] in (
            ["named"],
            ["government"],
        )


def test_who_was_named_and_is_not_competent_is_said() -> None:
    """What a citizen names is evidence, not an order; the officer reads that it was seen."""
    decision = decide(Report(text="Yth. Menteri Kesehatan, jalan rusak di Kabupaten Sleman"), RULES)
    assert decision.agency == "kabupaten-3404"
    assert decision.reasons[-1].rule == "addressee-overruled"
    assert "Kementerian Kesehatan" in decision.reasons[-1].says


def test_an_institution_that_was_split() -> None:
    """Its old name leads to the part whose matter it is; where no matter is said, to its core, and then the others."""
    assert decide(Report(text="Kemenkumham, paspor saya lama"), RULES).agency == "kementerian-kemenimipas"
    unsaid = decide(Report(text="Kemenkumham lambat"), RULES)
    assert (unsaid.agency, unsaid.alternatives) == ("kementerian-kemenkum", ("kementerian-kemenimipas",))


def test_next_doors() -> None:
    """A refusal by the institution leads to who comes next for the matter, then to the government of the place."""
    decision = decide(Report(text="Kemenkes, puskesmas tutup di Kab. Sleman"), RULES)
    assert {decision.agency, *decision.alternatives} == {"kementerian-kemenkes", "kabupaten-3404", "provinsi-34"}


def test_topic_region_and_confidence_are_said() -> None:
    """What it is about and where, by the tables' own names."""
    decision = decide(Report(text="jalan rusak di Kabupaten Sleman"), RULES)
    assert (decision.topic, decision.region, decision.triage) == ("jalan", "34.04", False)
    assert 0.5 < decision.confidence <= 1


@pytest.mark.parametrize(
    "report",
    [
        Report(text="jalan depan rumah Budi 08123456789 berlubang, Kab. Sleman"),
        Report(text="x", agency="Kemenkes, dari Budi 08123456789"),
        Report(text="x", place=Place(code="34.04.Bu", address="rumah Budi 08123456789, Sleman")),
        Report(text="antrean e" + " Budi: 08123456789 ".join("..") + "paspor"),
        Report(text="antrean e" + "-" * 5_000 + "paspor"),
    ],
)
def test_reasons_quote_what_was_matched_and_no_more(report: Report) -> None:
    """They are read by many: neither a name, nor a number, nor what fills pages comes into them."""
    decision = decide(report, RULES)
    says = " ".join(reason.says for reason in decision.reasons)
    assert decision.agency != TRIAGE
    assert "Budi" not in says
    assert "081" not in says
    assert len(says) < 500


def test_an_addressee_that_is_nobody_says_nothing() -> None:
    """It is not taken for the government of the place that the text names."""
    decision = decide(Report(text="gelap di Kab. Sleman", agency="kepada yang terhormat"), RULES)
    assert "addressed" not in {reason.rule for reason in decision.reasons}


def test_more_said_later() -> None:
    """What nobody could place is looked at again with what its sender says more."""
    earlier = Report(text="jalan rusak")
    assert decide_again(earlier, Report(text="di Kabupaten Sleman"), RULES).agency == "kabupaten-3404"
    assert decide_again(earlier, Report(text="terima kasih"), RULES).agency == TRIAGE


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60))
def test_any_report_gets_a_door(text: str, agency: str, region: str) -> None:
    """Whatever is written, the answer is an agency of the registry, with reasons; and the same again."""
    place = Place.model_construct(region=region, address="")
    report = Report.model_construct(title="", text=text, agency=agency, place=place)
    decision = decide(report, RULES)
    assert decision.agency in RULES.registry.agencies
    assert decision.reasons
    assert decision == decide(report, RULES)
