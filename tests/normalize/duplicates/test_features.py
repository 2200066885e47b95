"""The numbers by which a pair is judged, each where it is meant to be seen. All is invented."""

from collections.abc import Mapping

import pytest

from app.evaluation.duplicates import ExplainedMessage, Readers
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.entity_comparison import compare_entities
from normalize.duplicates.features import INCIDENTS, features
from normalize.duplicates.location_comparison import compare_locations
from normalize.duplicates.text_alignment import align
from tests.normalize.duplicates.conftest import Judge, said


def seen(readers: Readers, one: ExplainedMessage, other: ExplainedMessage) -> Mapping[str, float]:
    """What is found in a pair, the same both ways."""

    def found(a: Comparable, b: Comparable) -> Mapping[str, float]:
        left, right = sorted((a.words, b.words))
        aligned, named = align(left, right, readers.vocabulary), compare_entities(a, b)
        return features(a, b, named, aligned, compare_locations(a, b, named, readers.vocabulary), readers.vocabulary)

    a, b = readers.read_message(one), readers.read_message(other)
    there = found(a, b)
    assert found(b, a) == pytest.approx(there)
    return there


@pytest.mark.parametrize(
    ("name", "one", "other", "value"),
    [
        ("same-thing-and-fault", "lampu jalan padam di Wiratama", "pju di wiratama mati total", 1),
        ("same-thing-and-fault", "lampu jalan padam di Wiratama", "lampu jalan di wiratama nyala terus", 0),
        ("same-thing-and-fault", "KTP saya belum jadi di Wiratama", "ktp istri di wiratama belum jadi", 0),
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
        (
            "other-narrow-names-in-district",
            "longsor di Wiratama kec. Tebet",
            "tebing di Kartanegari, kec. Tebet, runtuh tadi malam",
            1,
        ),
        ("other-narrow-names-in-district", "longsor di Wiratama kec. Tebet", "longsor kec. Tebet", 0),
    ],
)
def test_what_is_seen(readers: Readers, name: str, one: str, other: str, value: float) -> None:
    """What both complain of, what is wrong with it, where it lies, and what they call the place by."""
    assert seen(readers, said(one), said(other, hours=30))[name] == value


def test_one_senders_own_words(readers: Readers) -> None:
    """Who writes again within hours, or of the same thing, mostly goes on."""
    one = said("Gilang Indah mati lampu dari maghrib", sender="a")
    text = "sudah listrik padam begini, ikan di kulkas busuk semua"
    soon, later = (seen(readers, one, said(text, hours=hours, sender="a")) for hours in (2, 90))
    assert soon["same-sender-same-thing"] == later["same-sender-same-thing"] == 1
    assert (soon["same-sender-soon"], later["same-sender-soon"]) == (1, 0)
    other = seen(readers, one, said("tiket saya tidak dibalas", hours=2, sender="a"))
    assert other["same-sender-same-thing"] == other["same-sender-soon"] == 0


@pytest.mark.parametrize(
    ("text", "hours", "value"),
    [
        ("listrik padam di Wiratama", 150, 1),
        ("listrik padam di Wiratama", 50, 0),
        ("trotoar pecah di Wiratama", 150, 0),
    ],
)
def test_what_passes_in_a_day(readers: Readers, text: str, hours: float, value: float) -> None:
    """Said again a week later it is another power cut; a broken pavement is the same."""
    assert seen(readers, said(text), said(f"{text} sejak pagi", hours=hours))["later-incident"] == value


@pytest.mark.parametrize("sender", ["", "b"])
def test_each_village_has_its_own_neighbourhoods(judge: Judge, readers: Readers, sender: str) -> None:
    """The number of one alone puts no two strangers' few words together, be they the same."""
    one = said("Obat di puskesmas kosong RT 03 RW 05", sender="a")
    for text in ("Atap sekolah bocor RT 03 RW 05", "obat puskesmas kosong RT 3 RW 5"):
        assert judge(one, said(text, hours=5, sender=sender)).score < readers.likeness.threshold


def test_every_incident_has_a_row(readers: Readers) -> None:
    """A row that is renamed in a table is renamed here."""
    assert readers.troubles.things.topics | readers.troubles.faults.topics >= INCIDENTS


def test_nothing_in_common_is_two_matters(judge: Judge, readers: Readers) -> None:
    """That one person says two things within minutes puts them together no more than two persons' would be."""
    one = said("Sampah di Gilang Indah menumpuk", sender="a")
    for text in ("guru anak saya di SD Kartika tidak pernah datang", "🙏", "tolong min", "jalan Wiratama berlubang"):
        assert judge(one, said(text, hours=0.1, sender="a")).score < readers.likeness.threshold


def test_a_village_that_is_called_by_words_like_others(readers: Readers) -> None:
    """It is known by its region, be it written in one; elsewhere the same words are words."""
    there = readers.read_message(said("lampu mati di Batu Merah", location="Kota Ambon")).fine
    assert "batumerah" in there
    assert "batumerah" not in readers.read_message(said("lampu mati di Batu Merah", location="Kota Bandung")).fine
    apart, shared = said("padam di batu merah", location="Kota Ambon"), said("batu merah gelap", location="Kota Ambon")
    assert seen(readers, apart, shared)["same-names"] > 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Saya sopir dari Tegal, jalan di Wiratama berlubang", "jalan Wiratama Kab. Brebes berlubang"),
        ("truk batu bara di kupang nunding tiap malam", "truk batu bara di Muara Uya Kab. Tabalong tiap malam"),
    ],
    ids=["where from", "a village's name"],
)
def test_a_region_where_the_matter_is_not(judge: Judge, one: str, other: str) -> None:
    """Who is from a city, and a village that is called after one, are in no other region for that."""
    assert judge(said(one), said(other, hours=5)).never == ""


def test_a_road_between_two_places(judge: Judge) -> None:
    """One names it by the one place, and one by the other; a map may put what the text names into another street."""
    one, other = said("jalan Wiratama - Kartanegari putus"), said("Jalan Kartanegari putus, Kec. Wiratama", hours=5)
    assert judge(one, other).never == ""
    mapped = said("lampu merah Kartanegari mati", hours=5, address="Jl. Wiratama")
    assert judge(said("lampu merah mati", address="Jl. Kartanegari"), mapped).never == ""


@pytest.mark.parametrize(
    ("one", "other", "never"),
    [
        ("Jl. Melati Kartanegari putus", "Jl. Anggrek Kartanegari putus", "other-street"),
        ("Lampu mati di Jl. Sudirman", "Lampu mati di Jl. Thamrin arah Sudirman", "other-street"),
        ("Lampu padam sepanjang Jl. Wiratama", "Lampu padam sepanjang Jl. Kartanegari arah Wiratama", "other-street"),
        ("jalan berlubang di Kota Bandung depan pasar", "jalan berlubang di Kota Cimahi depan pasar", "other-region"),
        ("banjir di Bandung Kulon", "banjir di Bandung Wetan", "other-area"),
        ("jalan raya ke Bandung rusak parah", "jalan raya ke Cimahi rusak parah", "nothing-says-so"),
        ("truk pasir dari Tegal bikin jalan rusak", "truk pasir dari Brebes bikin jalan rusak", "filled-form"),
    ],
)
def test_what_is_named_keeps_two_apart(judge: Judge, one: str, other: str, never: str) -> None:
    """However alike the words, and though the form puts both into one city, as forms do."""
    form = "Kota Cimahi" if never == "other-region" else ""
    a, b = said(one, location=form), said(other, hours=5, location=form)
    assert judge(a, b).never == judge(b, a).never == never


@pytest.mark.parametrize("text", ["jalan dari dana desa baru dicor sudah retak", "pak desa bilang sudah dibagi"])
def test_what_a_village_did_is_no_village(readers: Readers, text: str) -> None:
    """Of a village's money and its head something is said; none is called so."""
    assert not [value for kind, value in readers.read_message(said(text)).named if kind == "village"]
