"""Patterns of real reports: glued lines, addresses typed anew, a sender's own name, and one form from many regions."""

import pytest

from bench.evaluation.duplicate_metrics import measure_duplicates
from bench.evaluation.labelled_messages import LabelledPair
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.reading.glued_words import separate_glued_words
from tests.normalize.duplicates.conftest import CompareMessages, ReadMessage, message
from tests.support.paths import DATA

COMPLAINT = (
    "Truk tanah proyek lewat di kampung kami dari subuh sampai tengah malam, jalan beton retak dan debu masuk rumah. "
    "Mandor proyek sudah ditegur ketua lingkungan tetapi tidak peduli. Mohon jam operasi truk ditertibkan segera."
)
BRIDGE = "Saya {}, warga Dusun Krajan Lor. Jembatan bambu di Desa Wonosekar hanyut, mohon dibangun jembatan darurat."
CARD = "Saya {}, peserta BPJS kelas 1. Kartu saya nonaktif sejak Senin, mohon diaktifkan karena harus cuci darah."
ROAD = (
    "Jalan di depan balai desa rusak parah dan berdebu sejak tiga tahun lalu, anak sekolah sering jatuh, mohon diaspal"
)


def test_patterns_of_real_reports(detection: DuplicateDetection) -> None:
    """On the held-out pairs of eleven patterns nothing is merged wrongly; most of one matter is merged."""
    metrics = measure_duplicates(detection, LabelledPair.load_file(DATA / "pairs" / "patterns-test.jsonl"))
    assert len(metrics["by_source"]) == 11
    assert metrics["precision"]["value"] == 1.0
    assert metrics["recall"]["value"] >= 0.8
    assert metrics["likely"]["recall_with_certain"]["value"] >= 0.9


@pytest.mark.parametrize(
    ("text", "separated"),
    [
        ("di jalanRT 03 RW 07", "di jalan RT 03 RW 07"),
        ("Kelurahan SukamajuSaluran tersumbat", "Kelurahan Sukamaju Saluran tersumbat"),
        ("lewat WhatsApp dan @TransJogja #LaporJalan", "lewat WhatsApp dan @TransJogja #LaporJalan"),
        ("tanpa huruf besar", "tanpa huruf besar"),
    ],
)
def test_glued_words_are_separated(detection: DuplicateDetection, text: str, separated: str) -> None:
    """A dictionary word with a capital letter begins anew; accounts, hashtags and usual words stay."""
    assert separate_glued_words(text, detection.language.word_frequencies.is_known) == separated


def test_address_typed_anew(compare: CompareMessages) -> None:
    """A long copy within hours is one matter whatever its address field says; weeks later the address counts."""
    first = message(COMPLAINT, address="Jl. Kebon Nanas Raya No. 3, Wonosekar")
    assert compare(first, message(COMPLAINT, hours=2, address="Jl. Raya Serang Km 15")).certainty == "certain"
    assert compare(first, message(COMPLAINT, hours=400, address="Jl. Raya Serang Km 15")).exclusion == "other-street"
    short = "Sampah menumpuk, mohon diangkut"
    copies = [message(short, hours=n, address=a) for n, a in enumerate(("Jl. Mawar Indah", "Jl. Anggrek Baru"))]
    assert compare(*copies).exclusion == "other-street"


def test_own_name_in_a_public_matter(compare: CompareMessages, read_message: ReadMessage) -> None:
    """Two neighbours who introduce themselves report one bridge; two patients have two cards."""
    names = ("Sukirno", "Mulyati")
    assert ("author", "sukirno") in read_message(message(BRIDGE.format("Sukirno"))).entities
    assert compare(*(message(BRIDGE.format(name)) for name in names)).certainty == "certain"
    assert compare(*(message(CARD.format(name)) for name in names)).exclusion == "other-person"
    about = "Tiang listrik di depan rumah atas nama {} Dusun Krajan Lor miring dan hampir roboh, mohon segera diganti"
    assert compare(*(message(about.format(name)) for name in names)).certainty != "certain"


def test_one_form_from_two_regions(compare: CompareMessages) -> None:
    """A campaign against one object is one matter from everywhere; each region has its own road."""
    cities = ("Kabupaten Ngawi", "Kabupaten Banyuasin")
    campaign = (
        "Mohon menteri menghentikan pabrik semen di pegunungan karst Gombong Selatan. Kawasan itu sumber air ribuan "
        "petani, ada puluhan mata air yang hilang bila bukit kapurnya ditambang. Kajian harus diulang secara terbuka."
    )
    assert compare(*(message(campaign, location=city) for city in cities)).certainty == "certain"
    assert compare(*(message(ROAD, location=city) for city in cities)).certainty != "certain"


def test_same_words_on_another_channel(compare: CompareMessages) -> None:
    """Few words in one region are suggested, many are merged; on one channel, or weeks later, few words say nothing."""
    few, many = "Pasar becek dan bau di Kota Palu", f"{COMPLAINT} Kota Palu"
    assert compare(message(few), message(few, 2, "sms")).certainty == "likely"
    assert compare(message(many), message(many, 2, "sms")).certainty == "certain"
    assert compare(message(few), message(few, 2)).exclusion == "nothing-says-so"
    assert compare(message(few), message(few, 500, "sms")).exclusion == "nothing-says-so"
    assert compare(message("Pasar becek dan bau"), message("Pasar becek dan bau", 2, "sms")).certainty == "new"
