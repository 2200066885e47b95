"""Values of the features in invented pairs, and the table of features."""

from collections.abc import Callable, Mapping

import pytest

from app.explanation.reading import ExplainedMessage
from bench.duplicate_training import compute_features
from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparison.feature_functions import INCIDENTS
from normalize.duplicates.comparison.features import FEATURES
from normalize.duplicates.comparison.object_features import OBJECT_FEATURES
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.factory import DuplicateDetection
from tests.normalize.duplicates.conftest import CompareMessages, ReadMessage, message

MeasureFeatures = Callable[[ExplainedMessage, ExplainedMessage], Mapping[str, float]]


@pytest.fixture(scope="module")
def measure_features(read_message: ReadMessage, word_frequencies: WordFrequencies) -> MeasureFeatures:
    """Returns the features of two messages, after a check that both orders give the same."""

    def measure(first: ExplainedMessage, second: ExplainedMessage) -> Mapping[str, float]:
        earlier, later = read_message(first), read_message(second)
        forward = compute_features(ComplaintPair(earlier, later, word_frequencies), (*FEATURES, *OBJECT_FEATURES))
        assert compute_features(
            ComplaintPair(later, earlier, word_frequencies), (*FEATURES, *OBJECT_FEATURES)
        ) == pytest.approx(forward)
        return forward

    return measure


def test_each_weight_belongs_to_a_feature(detection: DuplicateDetection) -> None:
    """Each row of `duplicate_weights.csv` names a feature, each feature has a row, and no name stands twice."""
    names = [feature.name for feature in (*FEATURES, *OBJECT_FEATURES)]
    assert len(names) == len(set(names))
    assert {*detection.weights.copies.weights, *detection.weights.other_words.weights} == set(names)


def test_each_feature_has_a_meaning_of_its_own() -> None:
    """Programs of agencies get the names; the meanings explain them."""
    meanings = [feature.meaning for feature in (*FEATURES, *OBJECT_FEATURES)]
    assert all(meaning.endswith(".") for meaning in meanings)
    assert len(meanings) == len(set(meanings))


@pytest.mark.parametrize(
    ("name", "first", "second", "value"),
    [
        ("other-fault", "lampu jalan padam di Wiratama", "lampu jalan di wiratama nyala terus siang hari", 1),
        ("other-fault", "lampu jalan padam di Wiratama", "lampu jalan di wiratama gelap", 0),
        ("other-fault", "pju rusak di Wiratama", "lampu jalan di wiratama nyala terus siang hari", 0),
        ("other-part", "jembatan desa Wiratama Hulu patah", "jembatan wiratama hilir patah juga", 1),
        ("other-part", "jembatan desa Wiratama Hulu patah", "jembatan wiratama patah", 0),
        ("other-part", "Jl. Wiratama Kartanegari gelap", "di wiratama kartanegary gelap", 0),
        ("other-part", "lampu merah Wiratama-Kartanegari mati", "lampu merah kartanegari wiratama mati", 0),
        ("other-beside", "banjir di depan pasar", "banjir di depan masjid", 1),
        ("other-beside", "banjir di depan pasar", "banjir di depan masjid, sampai pasar", 0),
        ("other-beside", "banjir di depan pasar", "banjir di seberang masjid", 0),
        ("no-grounds", "sampah menumpuk", "tumpukan sampah bau sekali", 1),
        ("no-grounds", "sampah menumpuk di Wiratama", "tumpukan sampah bau sekali di wiratama", 0),
        ("other-narrow-names", "longsor di Wiratama", "longsor di Kartanegari", 1),
        ("small-object-without-spot", "pju mati di Jl. Wiratama", "lampu jalan di Jl. Wiratama padam", 1),
        ("small-object-without-spot", "pju mati di Jl. Wiratama km 3", "lampu jalan di km 3 Wiratama padam", 0),
        ("came-again", "listrik padam di Wiratama", "sekampung gelap gulita, di Wiratama padam lagi malam ini", 1),
        ("came-again", "listrik padam di Wiratama", "lapor lagi, listrik Wiratama belum menyala", 0),
        ("mended", "got mampet di Wiratama", "got Wiratama mampet lagi padahal baru dikeruk", 1),
        ("mended", "pju mati di Wiratama", "pju Wiratama mati lagi, baru minggu lalu diperbaiki", 1),
        ("mended", "got mampet di Wiratama", "got Wiratama mampet lagi, kapan dikeruk", 0),
        ("other-firm", "PT Wiratama Jaya buang limbah", "limbah dari PT Kartanegari dibuang ke kali", 1),
        ("other-school", "pungutan SMA di Wiratama", "pungutan SMK di Wiratama", 1),
        ("other-side", "lubang di Jl. Wiratama arah pasar", "lubang Jl. Wiratama arah terminal, dalam sekali", 1),
        ("other-wish", "kami menolak tambang di Wiratama", "kami mendukung tambang di Wiratama", 1),
        ("one-person", "PIP anak saya Naufalin belum cair", "dana PIP an. Naufalin belum masuk", 1),
    ],
)
def test_value_of_a_feature(
    measure_features: MeasureFeatures, name: str, first: str, second: str, value: float
) -> None:
    """The object of the complaint, its fault, its spot and the names of the place."""
    assert measure_features(message(first), message(second, hours=30))[name] == value


def test_sender_goes_on_in_other_words(measure_features: MeasureFeatures) -> None:
    """A sender who writes again within hours, or of the same object, mostly goes on with one matter."""
    first = message("Gilang Indah mati lampu dari maghrib", sender="a")
    text = "sudah listrik padam begini, ikan di kulkas busuk semua"
    soon, later = (measure_features(first, message(text, hours=hours, sender="a")) for hours in (2, 90))
    assert soon["other-object-of-sender"] == later["other-object-of-sender"] == 0
    assert (soon["same-sender-soon"], later["same-sender-soon"]) == (1, 0)
    different = measure_features(first, message("tiket saya tidak dibalas", hours=2, sender="a"))
    assert (different["other-object-of-sender"], different["same-sender-soon"]) == (1, 0)


@pytest.mark.parametrize(
    ("text", "hours", "value"),
    [
        ("listrik padam di Wiratama", 150, 1),
        ("listrik padam di Wiratama", 50, 0),
        ("trotoar pecah di Wiratama", 150, 0),
    ],
)
def test_incident_passes_within_days(measure_features: MeasureFeatures, text: str, hours: float, value: float) -> None:
    """A power cut a week later is another one; a broken pavement is the same."""
    features = measure_features(message(text), message(f"{text} sejak pagi", hours=hours))
    assert features["later-incident"] == value


@pytest.mark.parametrize("sender", ["", "b"])
def test_number_of_a_neighbourhood_is_no_common_ground(compare: CompareMessages, threshold: float, sender: str) -> None:
    """The number of a neighbourhood alone does not join short texts of two senders, even equal ones."""
    first = message("Obat di puskesmas kosong RT 03 RW 05", sender="a")
    for text in ("Atap sekolah bocor RT 03 RW 05", "obat puskesmas kosong RT 3 RW 5"):
        assert compare(first, message(text, hours=5, sender=sender)).score < threshold


def test_every_incident_has_a_row(detection: DuplicateDetection) -> None:
    """`INCIDENTS` names rows of the tables of objects and faults."""
    assert detection.language.matter_terms.objects.topics | detection.language.matter_terms.faults.topics >= INCIDENTS


def test_one_sender_without_common_ground(compare: CompareMessages, threshold: float) -> None:
    """Two different texts of one sender within minutes are two matters."""
    first = message("Sampah di Gilang Indah menumpuk", sender="a")
    for text in ("guru anak saya di SD Kartika tidak pernah datang", "🙏", "tolong min", "jalan Wiratama berlubang"):
        assert compare(first, message(text, hours=0.1, sender="a")).score < threshold


def test_village_with_a_name_of_ordinary_words(measure_features: MeasureFeatures) -> None:
    """Such a village counts as a name in common."""
    first, second = (message(text, location="Kota Ambon") for text in ("padam di batu merah", "batu merah gelap"))
    assert measure_features(first, second)["same-names"] > 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Saya sopir dari Tegal, jalan di Wiratama berlubang", "jalan Wiratama Kab. Brebes berlubang"),
        ("truk batu bara di kupang nunding tiap malam", "truk batu bara di Muara Uya Kab. Tabalong tiap malam"),
    ],
    ids=["origin", "village name"],
)
def test_region_elsewhere_excludes_nothing(compare: CompareMessages, first: str, second: str) -> None:
    """A sender's home town, and a village whose name begins with a city's name, are no other region."""
    assert compare(message(first), message(second, hours=5)).exclusion == ""


def test_road_between_two_places(compare: CompareMessages) -> None:
    """Two complaints may name such a road by one of its places each; a map may put a street into another one."""
    first, second = (
        message("jalan Wiratama - Kartanegari putus"),
        message("Jalan Kartanegari putus, Kec. Wiratama", hours=5),
    )
    assert compare(first, second).exclusion == ""
    mapped = message("lampu merah Kartanegari mati", hours=5, address="Jl. Wiratama")
    assert compare(message("lampu merah mati", address="Jl. Kartanegari"), mapped).exclusion == ""


@pytest.mark.parametrize(
    ("first", "second", "exclusion"),
    [
        ("Jl. Melati Kartanegari putus", "Jl. Anggrek Kartanegari putus", "other-street"),
        ("Lampu mati di Jl. Sudirman", "Lampu mati di Jl. Thamrin arah Sudirman", "other-street"),
        ("Lampu padam sepanjang Jl. Wiratama", "Lampu padam sepanjang Jl. Kartanegari arah Wiratama", "other-street"),
        ("jalan berlubang di Kota Bandung depan pasar", "jalan berlubang di Kota Cimahi depan pasar", "other-region"),
        ("banjir di Bandung Kulon", "banjir di Bandung Wetan", "other-area"),
        ("jalan raya ke Bandung rusak parah", "jalan raya ke Cimahi rusak parah", "nothing-says-so"),
        ("truk pasir dari Tegal bikin jalan rusak", "truk pasir dari Brebes bikin jalan rusak", "nothing-says-so"),
    ],
)
def test_named_places_exclude(compare: CompareMessages, first: str, second: str, exclusion: str) -> None:
    """Two named places exclude one matter, although the words are alike and the form has one city for both."""
    form_city = "Kota Cimahi" if exclusion == "other-region" else ""
    earlier, later = message(first, location=form_city), message(second, hours=5, location=form_city)
    assert compare(earlier, later).exclusion == compare(later, earlier).exclusion == exclusion
