"""What is certain names one object or one event; one street and one kind of trouble is likely at most."""

import pytest

from app.evaluation.duplicates import ExplainedMessage
from normalize.duplicates.reading.course_phrases import says_continuing, says_recurred
from tests.normalize.duplicates.conftest import CompareMessages, message

LAMP = "Lampu jalan padam di Jl. Kenanga Raya depan masjid Al Hikmah, gelap sekali kalau malam"
TREE = "Pohon besar di Jl. Manggis Raya sudah miring ke jalan, mohon dipangkas"


@pytest.mark.parametrize(
    ("first", "second", "certainty"),
    [
        (message(LAMP), message("PJU mati dekat masjid Al Hikmah jalan kenanga raya, tolong", hours=30), "certain"),
        (
            message(TREE),
            message("Di Jalan Manggis Raya ada pohon rimbun hampir tumbang, tolong dipotong", 90),
            "likely",
        ),
        (
            message("Lampu jalan mati di Jalan Melati Raya Semarang sejak Senin"),
            message("PJU padam di jalan Melati Raya, Semarang, mohon diganti", hours=1),
            "likely",
        ),
        (
            message("Jalan Rambutan Indah berlubang parah, mohon diaspal"),
            message("aspal jalan rambutan indah rusak berat, banyak lubang, kapan diperbaiki?", hours=90),
            "likely",
        ),
        (
            message("Antrean loket RSUD Wiratama lama sekali, dari jam 6 belum dipanggil"),
            message("Tarif parkir RSUD Wiratama mahal dan tanpa karcis, tolong ditertibkan", hours=3),
            "new",
        ),
        (
            message("Petugas meminta uang RT 03 RW 05, sudah tiga kali dilaporkan. Laporan ke-45."),
            message("Trotoar rusak RT 03 RW 05, sudah dua minggu. Laporan ke-55. #lapor", channel="twitter"),
            "likely",
        ),
    ],
    ids=[
        "lamp beside a mosque",
        "tree in a street",
        "lamps in a street at once",
        "surface of a street",
        "two troubles of a hospital",
        "two troubles of a hamlet",
    ],
)
def test_other_words_need_an_object(
    compare: CompareMessages, first: ExplainedMessage, second: ExplainedMessage, certainty: str
) -> None:
    """A landmark with the thing and the fault makes one object; a few words about one street do not."""
    assert compare(first, second).certainty == certainty
    assert compare(second, first).certainty == certainty


def test_short_copy_of_another_house_is_not_certain(compare: CompareMessages) -> None:
    """The next lamp has the same words and another house number, in the address or in the text."""
    addresses = [f"Jl. Kebon Nanas Raya No. {number}, Bidara Cina" for number in (12, 12, 41)]
    first, same_house, other_house = (message("Lampu PJU mati", hours=n, address=a) for n, a in enumerate(addresses))
    assert compare(first, same_house).certainty == "certain"
    assert compare(first, other_house).certainty != "certain"
    text = "Tutup got di depan no. {} Jalan Kenari hilang, mohon diganti"
    assert compare(message(text.format(12)), message(text.format(14), hours=3)).certainty != "certain"


def test_trouble_that_came_back_is_another_one(compare: CompareMessages) -> None:
    """A lamp that is out again is suggested, mended or not; one that stays dark is the same matter."""
    first = message("Lampu PJU mati di depan Jl. Pandan Wangi No. 5", address="Jl. Pandan Wangi No. 5")
    again = message("Lampu PJU depan Jl. Pandan Wangi No. 5 mati lagi, baru minggu lalu diperbaiki", hours=500)
    waiting = message("Lampu PJU depan Jl. Pandan Wangi No. 5 masih mati, belum ada petugas yang datang", hours=100)
    assert compare(first, again).certainty == "likely"
    dark_again = message("Lampu PJU depan Jl. Pandan Wangi No. 5 mati lagi", hours=500)
    assert compare(first, dark_again).certainty == "likely"
    assert compare(first, waiting).certainty == "certain"


def test_opposite_wishes_are_two_matters(compare: CompareMessages) -> None:
    """Those who refuse a mine and those who want it are not one group."""
    refusing = message("Kami warga Desa Lampia Jaya menolak tambang pasir PT Wiratama di sungai, air sudah keruh")
    wanting = message("Kami pemuda Desa Lampia Jaya mendukung tambang pasir PT Wiratama di sungai, buka kerja", hours=5)
    assert compare(refusing, wanting).certainty != "certain"


@pytest.mark.parametrize(
    ("text", "recurred"),
    [
        ("lampu mati lagi, baru dua minggu diperbaiki", True),
        ("air mati lagi padahal kemarin sudah normal", True),
        ("pipa bocor lagi, tambalan kemarin tidak tahan", True),
        ("saya lapor lagi karena belum diperbaiki", False),
        ("mohon segera diperbaiki, jangan sampai jatuh lagi", False),
        ("lampu sudah diperbaiki, terima kasih", False),
    ],
)
def test_recurrence_is_read(text: str, *, recurred: bool) -> None:
    """A repair and its failure make a recurrence; waiting does not."""
    assert says_recurred(text) is recurred


def test_sender_who_waits_repeats(compare: CompareMessages) -> None:
    """Other words of one sender about one thing are a repeat if they say that it goes on; else they are suggested."""
    first = message("PDAM Tirta Wiratama mati di Griya Lestari Raya sejak kemarin sore, tidak ada info", sender="a")
    waiting = "hari kedua air di Griya Lestari Raya masih mati min, ada mobil tangki?"
    assert compare(first, message(waiting, hours=20, sender="a")).certainty == "certain"
    assert compare(first, message(waiting.replace("masih ", ""), hours=20, sender="b")).certainty != "new"
    assert says_continuing("sampai sekarang belum ada petugas")
    assert not says_continuing("lampu mati di jalan mawar")
