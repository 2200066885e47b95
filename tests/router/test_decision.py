"""Decisions: every kind of evidence, its weight against others, and the reasons for triage."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.shapes import Place, Report
from messages.topics import TRIAGE
from router.decide import decide, decide_again, ranked_agencies
from router.decision import NO_CANDIDATE
from router.scoring import calibrated, calibrated_at_triage
from tests.support.rules import SHIPPED, SMALL, cached_rules

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
        (Report(text="jalan rusak"), TRIAGE, "place-missing"),
        (Report(text="Jl. Sleman rusak"), TRIAGE, "no-evidence"),
        (Report(text="halo"), TRIAGE, "no-evidence"),
        (Report(text="planet"), TRIAGE, "no-evidence"),
        (Report(text="bukan soal paspor"), TRIAGE, "no-evidence"),
    ],
)
def test_each_kind_of_evidence_decides(report: Report, agency: str, rule: str) -> None:
    """The decision names the row that decided, and the agency is no alternative to itself."""
    decision = decide(report, RULES)
    assert (decision.agency, rule in {reason.rule for reason in decision.reasons}) == (agency, True), decision
    assert agency not in decision.alternatives


@pytest.mark.parametrize(
    "text",
    [
        "Kami menunggu di depan kantor PLN, Kota Semarang: banjir",
        "banjir di samping gardu PLN, Kota Semarang",
        "Orang mengaku petugas PLN datang waktu banjir, Kota Semarang",
        "Ada yang ngaku dari Kemenkes. Kota Semarang banjir",
        "Kalau paspor bisa daring, kenapa banjir di Kota Semarang dibiarkan?",
        "Pemerintah sanggup mengurus paspor, tapi banjir di Kota Semarang dibiarkan",
    ],
)
def test_some_passages_are_no_evidence(text: str) -> None:
    """The description of a place, whom an impostor poses as, and a comparison speak for no institution."""
    decision = decide(Report(text=text), RULES)
    assert decision.agency == "kota-3374"
    assert {reason.rule for reason in decision.reasons} <= {"banjir", "place"}


@pytest.mark.parametrize(
    "text",
    ["Warga mengaku kecewa pada PLN", "Kalau listrik padam, mengapa tidak ada kabar?", "Kami menunggu. PLN diam"],
)
def test_similar_words_leave_the_evidence(text: str) -> None:
    """A statement is no impostor's, and a comparison with nothing is the matter itself."""
    assert decide(Report(text=text), RULES).agency == "bumn-pln"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Kemenkes lambat, bukan PLN. Petugas PLN ramah", set()),
        ("Bukan PLN saja yang lambat. Mohon PLN datang", {"named"}),
        ("Bukan PLN namanya kalau tidak lambat. Mohon PLN datang", {"named"}),
        ("Selain PLN ada Kemenkes. Mohon PLN datang", {"named"}),
        ("Selain PLN ada Kemenkes", set()),
    ],
)
def test_a_denied_institution_is_not_meant(text: str, kinds: set[str]) -> None:
    """“Bukan PLN” denies all its mentions, “bukan PLN saja” none. “Selain PLN” is no evidence, and denies no other."""
    evidence = RULES.collect_evidence(Report(text=text)).evidence
    assert {piece.kind for piece in evidence if piece.institution == "bumn-pln"} == kinds


def test_a_sole_addressee_of_the_form_gets_the_report() -> None:
    """It needs no other evidence, and gives way to what the text says."""
    rules = replace(RULES, weights=cached_rules(SHIPPED).weights)
    sole = decide(Report(text="Kapan dijawab?", agency="Kemenkes"), rules)
    assert sole.agency == "kementerian-kemenkes"
    assert rules.weights.threshold <= sole.confidence < 0.9
    assert decide(Report(text="paspor saya hilang", agency="Kemenkes"), rules).agency == "kementerian-kemenimipas"


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
def test_kinds_of_evidence(text: str, kinds: set[str]) -> None:
    """A region is no government, an institution of origin is not addressed, and a hint settles nothing."""
    evidence = RULES.collect_evidence(Report(text=text)).evidence
    assert {piece.kind for piece in evidence if piece.institution != TRIAGE} == kinds


def test_overlapping_names_count_once() -> None:
    """“Kantor imigrasi” is one name, without “imigrasi”. A bupati is no unit beside the government."""
    for text in ("pelayanan kantor imigrasi", "kinerja bupati Sleman"):
        evidence = RULES.collect_evidence(Report(text=text)).evidence
        assert [piece.kind for piece in evidence if piece.kind in {"named", "government", "unit"}] in (
            ["named"],
            ["government"],
        )


def test_an_overruled_addressee_is_a_reason() -> None:
    """A name is evidence and no order. The officer reads that the name was not overlooked."""
    decision = decide(Report(text="Yth. Menteri Kesehatan, jalan rusak di Kabupaten Sleman"), RULES)
    assert decision.agency == "kabupaten-3404"
    assert decision.reasons[-1].rule == "addressee-overruled"
    assert "Kementerian Kesehatan" in decision.reasons[-1].text


def test_a_split_institution() -> None:
    """Its old name leads to the part competent for the topic; without a topic to the core, then to the others."""
    assert decide(Report(text="Kemenkumham, paspor saya lama"), RULES).agency == "kementerian-kemenimipas"
    without_topic = decide(Report(text="Kemenkumham lambat"), RULES)
    assert (without_topic.agency, without_topic.alternatives) == ("kementerian-kemenkum", ("kementerian-kemenimipas",))


def test_alternatives() -> None:
    """After a refusal the next institution for the topic is asked, then the government of the place."""
    decision = decide(Report(text="Kemenkes, puskesmas tutup di Kab. Sleman"), RULES)
    assert {decision.agency, *decision.alternatives} == {"kementerian-kemenkes", "kabupaten-3404", "provinsi-34"}


def test_a_decision_has_topic_region_and_confidence() -> None:
    """Topic and region are ids of the tables."""
    decision = decide(Report(text="jalan rusak di Kabupaten Sleman"), RULES)
    assert (decision.topic, decision.region, decision.is_triage) == ("jalan", "34.04", False)
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
def test_reasons_quote_only_matches(report: Report) -> None:
    """Many people read them: they contain no name, no number and no long text."""
    decision = decide(report, RULES)
    quoted_text = " ".join(reason.text for reason in decision.reasons)
    assert decision.agency != TRIAGE
    assert "Budi" not in quoted_text
    assert "081" not in quoted_text
    assert len(quoted_text) < 500


def test_a_reason_is_given_once_however_its_word_is_written() -> None:
    """Capital letters make no other reason."""
    report = Report(text="Puskesmas Tembalang tutup, puskesmas itu tidak buka sejak pagi, Kab. Sleman")
    reasons = [reason.text.casefold() for reason in decide(report, cached_rules(SHIPPED)).reasons]
    assert len(reasons) == len(set(reasons)) > 0


def test_an_unknown_addressee_is_no_evidence() -> None:
    """It is not taken for the government of the place in the text."""
    decision = decide(Report(text="gelap di Kab. Sleman", agency="kepada yang terhormat"), RULES)
    assert "addressed" not in {reason.rule for reason in decision.reasons}


def test_decide_again_with_a_later_report() -> None:
    """An undecided report is decided together with what its sender writes later."""
    earlier = Report(text="jalan rusak")
    assert decide_again(earlier, Report(text="di Kabupaten Sleman"), RULES).agency == "kabupaten-3404"
    assert decide_again(earlier, Report(text="terima kasih"), RULES).agency == TRIAGE


def test_the_confidence_is_calibrated_and_never_certain() -> None:
    """It rises with the probability and is below 1."""
    confidences = [calibrated(tenth / 10) for tenth in range(11)]
    assert confidences == sorted(confidences)
    assert calibrated(1.0) == 0.99
    assert decide(Report(text="Mohon PLN datang", agency="PLN"), RULES).confidence == calibrated(1.0)


def test_the_confidence_at_triage_is_that_of_the_likeliest_agency() -> None:
    """It is calibrated like that of an agency, and 0 if no agency has any evidence."""
    assert decide(Report(text="halo"), RULES).confidence == NO_CANDIDATE
    report = Report(text="Kota Semarang atau Kabupaten Semarang, mohon dicek")
    likeliest = ranked_agencies(RULES.collect_evidence(report), RULES)[0]
    undecided = decide(report, RULES)
    assert undecided.agency == TRIAGE
    assert undecided.confidence == round(calibrated_at_triage(likeliest.likelihood), 3)
    assert likeliest.likelihood < undecided.confidence < calibrated(RULES.weights.threshold)


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60))
def test_any_report_is_decided(text: str, agency: str, region: str) -> None:
    """For any text the decision is an agency of the registry, with reasons, and equal when repeated."""
    reported_place = Place.model_construct(region=region, address="")
    report = Report.model_construct(title="", text=text, agency=agency, place=reported_place)
    decision = decide(report, RULES)
    assert decision.agency in RULES.registry.agencies
    assert decision.reasons
    assert decision == decide(report, RULES)


def test_a_name_that_several_regencies_bear_is_no_certain_place() -> None:
    """The agency is no likelier than the place. A second name that tells the place, or the agency itself, decides."""
    rules = cached_rules(SHIPPED)
    report = Report(text="Lampu jalan di jalan raya Lembang mati dan sampah menumpuk")
    ambiguous = ranked_agencies(rules.collect_evidence(report), rules)
    location = rules.collect_evidence(report).location
    assert location.best is not None
    assert ambiguous[0].institution == "kabupaten-3217"
    assert ambiguous[0].likelihood == location.best.certainty
    for text in (
        "Jalan raya Lembang, Bandung Barat rusak parah",
        "Pemkab Bandung Barat, jalan raya Lembang rusak parah",
    ):
        assert decide(Report(text=text), rules).agency == "kabupaten-3217"


def test_a_reason_does_not_call_the_next_institution_competent() -> None:
    """The law of the row names the province; ministry and city come after it, and their officers read that."""
    report = Report(text="Upah saya di bawah UMK", place=Place(region="Kota Semarang"))
    pieces = cached_rules(SHIPPED).collect_evidence(report).evidence
    explanations = {piece.institution: piece.explanation for piece in pieces if piece.rule == "pengawasan-upah"}
    law = "UU 23/2014 Lampiran huruf G: pengawasan ketenagakerjaan oleh provinsi"
    assert explanations["provinsi-33"] == f"“Upah … di bawah” adalah urusan Provinsi Jawa Tengah ({law})."
    for code, name in (("kota-3374", "Kota Semarang"), ("kementerian-kemnaker", "Kementerian Ketenagakerjaan")):
        assert (
            explanations[code]
            == f"“Upah … di bawah” pertama-tama urusan pemerintah provinsi ({law}), berikutnya {name}."
        )
