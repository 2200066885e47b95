"""Publicity about the service, thanks and chain messages are set aside; complaints with the same words are not."""

import csv
from collections.abc import Sequence

import pytest

from config.reference.classification_phrases import load_classification_rows
from normalize.classification.classifier import MAX_CHARACTERS, Classifier
from tests.support.paths import DATA
from tests.support.stages import make_classifier

PUBLICITY = "Yuk laporkan jalan rusak lewat SP4N LAPOR! Unduh aplikasinya, identitas Anda dirahasiakan"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """Return the classifier by the shipped table."""
    return make_classifier(load_classification_rows())


def load_invented(expected: str) -> list[str]:
    """Return the messages in `tests/data/service.csv` with this result. Nobody sent them."""
    with (DATA / "service.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file) if row["expected"] == expected]


def share_set_aside(classifier: Classifier, texts: Sequence[str], reason: str) -> float:
    """Return the share of posts on X that are set aside for this reason."""
    return sum(classifier.classify(text, "", "twitter").reason == reason for text in texts) / len(texts)


@pytest.mark.parametrize(("reason", "least"), [("publicity", 0.93), ("thanks", 1.0), ("chain", 1.0)])
def test_messages_that_ask_nothing_are_set_aside(classifier: Classifier, reason: str, least: float) -> None:
    """Each kind has its own reason. Publicity also without capitals, signs, handles and links."""
    texts = load_invented(reason)
    assert share_set_aside(classifier, texts, reason) >= least
    plain_texts = ["".join(sign for sign in text.lower() if sign.isalnum() or sign == " ") for text in texts]
    assert share_set_aside(classifier, plain_texts, reason) >= least - 0.05


def test_complaints_with_the_same_words_are_kept(classifier: Classifier) -> None:
    """Of complaints about the service or that name it, and thanks that complain, at most 2 % are set aside."""
    texts = load_invented("complaint")
    reasons = [classifier.classify(text, "", "twitter").reason for text in texts]
    assert len(texts) > 150
    assert sum(reason is not None for reason in reasons) / len(texts) <= 0.02


@pytest.mark.parametrize("addition", ["laporan saya tidak ditanggapi", "padahal sudah lapor", "mohon diperbaiki"])
def test_a_complaint_in_publicity_keeps_it(classifier: Classifier, addition: str) -> None:
    """One phrase by which people complain outweighs everything else; the service's name protects nothing."""
    assert classifier.classify(PUBLICITY, "", "twitter").reason == "publicity"
    assert classifier.classify(f"{PUBLICITY} {addition}", "", "twitter").reason is None


@pytest.mark.parametrize(
    "text",
    [
        # The number of an own report, of SP4N-LAPOR! and of this service.
        "LAPOR! tracking ID #9012345 status dalam proses",
        "Aduan SP4N-LAPOR no 37Z4-ZSWE-6B0C selesai dalam proses",
        "Menindaklanjuti laporan 6123456 di SP4N LAPOR, jawaban dinas: silakan menghubungi kantor kecamatan",
        # Nothing has happened since.
        "aduan di sp4n lapor blm selesai 2 bulan",
        "SP4N LAPOR belum merespons laporan warga sejak Maret",
        "Laporan melalui aplikasi lapor belum tuntas berminggu-minggu",
        # A fault at a place.
        "Warga melaporkan jembatan gantung putus di kampung baru melalui sp4n lapor",
        "Lapor! Terdapat kabel menjuntai di depan pasar induk, dinas terkait",
    ],
)
def test_who_tells_of_an_own_report_or_of_a_fault_at_a_place_is_kept(classifier: Classifier, text: str) -> None:
    """The words of publicity in it change nothing, in however few words it is written."""
    assert classifier.classify(text, "", "twitter").reason is None
    assert classifier.classify(text, "", "sms").reason is None


@pytest.mark.parametrize(
    "text",
    [
        "Halo kak, laporan dengan nomor tracking 7788990 sudah diteruskan ke dinas terkait, silakan cek SP4N LAPOR",
        "Laporan 6123456 belum selesai 3 hari kerja telah kami teruskan ke dinas melalui SP4N LAPOR",
        "Yuk laporkan jalan rusak di depan rumahmu lewat SP4N LAPOR",
        "Rekap aduan SP4N LAPOR Triwulan 3: 45 laporan, 5 belum selesai",
    ],
)
def test_answers_and_invitations_with_numbers_and_places_are_publicity(classifier: Classifier, text: str) -> None:
    """An institution tells numbers and times to whoever reported, and invites others to report what is near them."""
    assert classifier.classify(text, "", "twitter").reason == "publicity"


def test_length_and_picture_keep_publicity(classifier: Classifier) -> None:
    """A message with a picture, or a very long one, is never set aside; on a form more evidence is needed."""
    assert classifier.classify(PUBLICITY, "", "twitter", keep=True).reason is None
    assert classifier.classify(PUBLICITY + " " * MAX_CHARACTERS, "", "twitter").reason is None
    assert classifier.classify("SP4N LAPOR satu pintu", "", "twitter").reason == "publicity"
    assert classifier.classify("SP4N LAPOR satu pintu", "", "web").reason is None
