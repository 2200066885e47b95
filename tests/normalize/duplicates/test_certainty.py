"""What is certain names one object or one event; one street and one kind of trouble is likely at most."""

import pytest

from app.explanation.reading import ExplainedMessage
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
            "new",
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
            "new",
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
    """A landmark with the object and the fault makes one object; a few words about one street do not."""
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
    """Other words of one sender about one object are a repeat if they say that it goes on; else they are suggested."""
    first = message("PDAM Tirta Wiratama mati di Griya Lestari Raya sejak kemarin sore, tidak ada info", sender="a")
    waiting = "hari kedua air di Griya Lestari Raya masih mati min, ada mobil tangki?"
    assert compare(first, message(waiting, hours=20, sender="a")).certainty == "certain"
    assert compare(first, message(waiting.replace("masih ", ""), hours=20, sender="b")).certainty != "new"
    assert says_continuing("sampai sekarang belum ada petugas")
    assert not says_continuing("lampu mati di jalan mawar")


@pytest.mark.parametrize(
    ("first_end", "copied_end", "certainty"),
    [
        ("sudah dua orang jatuh", "mohon segera ditangani, kasihan warga", "certain"),
        ("sudah dua orang jatuh", "mohon juga pohon di sana segera dipangkas", "likely"),
        ("di titik 3 sudah lama", "di titik 5 mohon ditangani", "new"),
        ("kata Pak Wirasena sudah lama", "kata Bu Ratnaningsih mohon ditangani", "new"),
    ],
    ids=["wish", "object", "number", "name"],
)
def test_another_end_makes_no_other_matter(
    compare: CompareMessages, first_end: str, copied_end: str, certainty: str
) -> None:
    """A long copy by another proven sender with another end is certain; another object, number or name is not."""
    text = "Kemenkes, lampu jalan padam di depan SD Negeri Wiratama Jl. Anggrek Sentosa No. 8 sejak kemarin, {}"
    first = message(text.format(first_end), channel="mobile", sender="a")
    copy = message(text.format(copied_end), hours=72, channel="mobile", sender="b")
    assert compare(first, copy).certainty == certainty
    assert compare(copy, first).certainty == certainty


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "Urus sertifikat tanah di Desa Sukawiyata Kecamatan Banjarlor diminta Rp 450.000 oleh panitia. Itu gratis?",
            "pak, di sukawiyata banjarlor ptsl kok dipungut 450rb per bidang. warga kecil mana sanggup bayar",
        ),
        (
            "Papan jembatan gantung Wirakarsa di Desa Sukawiyata banyak yang lapuk, kemarin anak sekolah terperosok",
            "jembatan gantung wirakarsa sukawiyata papannya keropos, anak smp nyaris jatuh ke kali. kapan diganti",
        ),
    ],
    ids=["sum", "bridge"],
)
def test_one_sum_or_one_specific_name_is_one_object(compare: CompareMessages, first: str, second: str) -> None:
    """A sum that is asked for at one place, or an object with a name of its own, is one object."""
    verdict = compare(message(first), message(second, hours=30))
    assert not verdict.is_near
    assert verdict.certainty == "certain"


def test_a_sum_is_no_place(compare: CompareMessages) -> None:
    """Two car parks ask for the same money."""
    first = message(
        "Parkir mobil di depan Masjid Wiratama dimintai 10 ribu tanpa karcis, tolong dishub tertibkan jukir"
    )
    other_town = message("jukir di Pasar Lokasari minta 10rb tanpa karcis, parkir mobil, dishub mana", hours=40)
    assert compare(first, other_town).certainty != "certain"


def test_campaign_against_one_firm_is_certain_from_another_town(compare: CompareMessages) -> None:
    """A copy about a firm is of one object; a copy about a road at the market is of each town's own road."""
    campaign = (
        "HENTIKAN tambang batu PT Wiratama Andesit di lereng bukit! Mata air warga sudah kering. Mohon cabut izinnya."
    )
    first = message(campaign, location="Kota Bogor")
    assert compare(first, message(campaign, hours=3, location="Kota Surakarta")).certainty == "certain"
    road = "jalan depan pasar besar berlubang parah, tiap hujan jadi kolam, tolong diaspal ulang jangan ditambal"
    first = message(road, location="Kota Bogor")
    assert compare(first, message(road, hours=3, location="Kota Surakarta")).certainty != "certain"


@pytest.mark.parametrize(
    "contrast", ["bukan yang di pasar besar", "yang depan pasar sudah", "beda dengan yang dekat pasar"]
)
def test_a_text_that_tells_its_spot_from_the_other_one(compare: CompareMessages, contrast: str) -> None:
    """Who writes that it is not the spot of the earlier report means another one. A copy has the same contrast."""
    first = message("Sampah menumpuk di Jl. Anggrek Sentosa depan pasar besar, sudah empat hari tidak diangkut, bau")
    other_spot = (
        f"Sampah menumpuk di Jl. Anggrek Sentosa depan pasar besar, sudah empat hari tidak diangkut, {contrast}"
    )
    assert compare(first, message(other_spot, hours=20)).certainty == "likely"
    assert compare(message(other_spot), message(other_spot, hours=20)).certainty == "certain"


def test_flood_of_a_street_is_at_several_landmarks(compare: CompareMessages) -> None:
    """Within hours a flood is one; holes before two landmarks are two."""
    first = message("Banjir Jl. Anggrek Sentosa depan SD Wiratama, air selutut, motor mogok, tolong pompa dinyalakan")
    second = "jalan anggrek sentosa banjir di depan puskesmas, mobil saya mogok di tengah, tidak ada petugas"
    assert compare(first, message(second, hours=2)).certainty == "certain"
    holes = message("Jl. Anggrek Sentosa berlubang depan SD Wiratama, motor jatuh")
    assert (
        compare(holes, message("lubang jalan anggrek sentosa depan puskesmas, motor jatuh", hours=2)).certainty
        != "certain"
    )


def test_house_numbers_without_a_street_word(compare: CompareMessages) -> None:
    """Two poles of one lane, each with the number of its house."""
    first = message("Tiang listrik miring di Gang Swakarsa 3 no 18 Duren Sawit, kabelnya menjuntai ke genteng rumah")
    other_pole = message(
        "sudah lapor tiang listrik miring swakarsa 3 no 27 duren sawit, kabel menjuntai, kapan ditangani", 90
    )
    same_pole = message(
        "sudah lapor tiang listrik miring swakarsa 3 no 18 duren sawit, kabel menjuntai, kapan ditangani", 90
    )
    assert compare(first, other_pole).certainty != "certain"
    assert compare(first, same_pole).certainty == "certain"


def test_masked_numbers_of_an_unknown_kind(compare: CompareMessages) -> None:
    """In a copy, other visible digits are another telephone."""
    text = "HP saya sudah didaftarkan di bea cukai dan bayar pajak, tetapi sinyal hilang. IMEI {}. Mohon dibuka"
    first = message(text.format("35xxxxxxxx4410"))
    assert compare(first, message(text.format("35xxxxxxxx7028"), hours=20)).certainty == "new"
    assert compare(first, message(text.format("35xxxxxxxx4410"), hours=20)).certainty == "certain"
