"""Where a report is about: invented reports, any text at all, and the same place written in many ways."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.regions import load_regions
from config.slang import load_slang
from config.vocabulary import load_vocabulary
from language.atlas import load_atlas
from language.gazetteer import Level, load_gazetteer
from language.landmarks import Landmark, Landmarks
from language.words import Words
from messages.shapes import Place, Report
from router.where import Where, locate, told

_REGIONS = load_regions()
_SLANG = load_slang()
_WORDS = Words(_SLANG)
_ATLAS = load_atlas(_REGIONS, load_gazetteer(_REGIONS), (*load_vocabulary().words, *_SLANG))
_LANDMARKS = Landmarks(
    [
        Landmark(("laporhendi", "lapor hendi"), "hashtag", ("33.74",), ""),
        Landmark(("stasiun gambir",), "station", ("31.71",), "bumn-kai"),
        Landmark(("tol jakarta cikampek",), "toll", ("31.75", "32.75", "32.16", "32.15"), ""),
        Landmark(("trans studio mall",), "mall", ("32.73",), ""),
        Landmark(("jabodetabek",), "area", ("31", "32.01", "32.71", "32.76", "36.71", "32.75"), ""),
    ]
)


def _where(report: Report, units: tuple[tuple[int, int], ...] = ()) -> Where:
    return locate(report, _WORDS(told(report)), _ATLAS, _LANDMARKS, units)


def _at(text: str, title: str = "", place: Place | None = None) -> Where:
    return _where(Report(title=title, text=text, place=place or Place()))


def _code(where: Where) -> str:
    """The best place's code; of an ambiguous one with a question mark."""
    return "" if where.best is None else where.best.code + "?" * where.ambiguous


PLACES = {
    # What a word before the name says.
    "Jalan rusak di Kota Semarang": "33.74",
    "jalan rusak di kab. semarang": "33.22",
    "Yth. Bupati Cianjur, jalan kami rusak": "32.03",
    "mohon pemkot bandung bertindak": "32.73",
    "kab bdg tdk tanggap": "32.04",
    "pemkab bogor harus turun": "32.01",
    "Wali Kota Malang, sampah menumpuk": "35.73",
    "Gubernur Jawa Tengah tolong": "33",
    "Kec. Katapang banjir": "32.04.11",
    "kecamatan Tebet banjir terus": "31.74.01",
    "camat pasar minggu tidak ada di tempat": "31.74.04",
    "kota adm jakarta timur": "31.75",
    # What is said for short.
    "macet di Jaksel": "31.74",
    "banjir jakbar lagi": "31.73",
    "jakut mati lampu": "31.72",
    "JAKTIM macet": "31.75",
    "di jakpus ada parkir liar": "31.71",
    "lampu merah DIY mati": "34",
    "sampah di jogja": "34.71?",
    "air mati di sby": "35.78",
    "jalan rusak di mks": "73.71",
    "begal di jkt": "31",
    "pungli di tangsel": "36.74",
    "listrik padam di bdl": "18.71",
    "di kota smg": "33.74",
    "dishub kbb": "32.17",
    # Towns that are no region's name, or several districts'.
    "alun-alun Purwokerto kotor": "33.02",
    "di Pangkalan Bun sering padam": "62.01",
    "pabrik di Cikarang mencemari sungai": "32.16",
    "wisata Lembang macet": "32.17.01",
    "jalan ke terminal Wamena rusak, lokasi di Wamena": "95.01.01",
    "bandara di Sentani": "91.03.01",
    "macet di Ubud": "51.04.05",
    "sampah di Jimbaran": "51.03",
    "pasar Kepanjen becek": "35.07.13",
    "Gilimanuk antre panjang": "51.01",
    "kafe di Tawangmangu": "33.13.06",
    "dekat kampus di Jatinangor": "32.11.15",
    "jembatan Tanjung Selor": "65.01.05",
    "di Kabanjahe air mati": "12.06.01",
    # Old names.
    "air di Ujung Pandang keruh": "73.71.04",
    "kabupaten Maluku Tenggara Barat": "81.03",
    "Kab. Bulungan belum terang": "65.01",
    "prov. nanggroe aceh darussalam": "11",
    "kab toba samosir": "12.12",
    # Villages.
    "Desa Sugihmukti Kecamatan Pasirjambu": "32.04.38",
    "Sukabungah, Sukajadi, Bandung": "32.73.07",
    "desa kepoh kec. Kepohbaru": "35.22.09",
    "kelurahan Rorotan lama sekali": "31.72.04",
    "lurah Pondok Kelapa tidak melayani": "31.75.07",
    "ds. Pulerejo kec. Ngantru": "35.04.04",
    "di desa talang empat kec karang tinggi": "17.09.01",
    "jalan didesa Sugihmukti pasirjambu": "32.04.38",
    "warga kel. Bongsari, Semarang": "33.74.13",
    "kel Sunter Jaya": "31.72.02",
    "Desa Ungasan, Kuta Selatan, Badung": "51.03.05",
    "lampu di Pamoyanan, Cicendo mati": "32.73.06",
    "nagari Maninjau gelap": "13.06.03",
    "gampong Lambhuk banjir": "11.71.09",
    "Kel. Tembalang banjir": "33.74.10",
    "kades Sugihmukti memungut biaya": "32.04.38",
    "desa kayu bulan kec kapuas tengah": "62.03.11",
    "RT 03/05 Srondol Wetan, Banyumanik": "33.74.11",
    # Misspelt, without vowels, run together.
    "macet di Bandunng": "32.73",
    "banjir di Semrang": "33.74",
    "kec. Cibenying Kidul Bandung": "32.73.14",
    "di bndng macet": "32.73",
    "kab. Bojongoro": "35.22",
    "jalan di smrg rusak": "33.74",
    "kota Surabya": "35.78",
    "kec. Banymanik": "33.74.11",
    "kabupaten Meranngin": "15.02",
    "di Palembng listrik padam": "16.71",
    "kec jaga karsa": "31.74.09",
    "di Makasar jalan rusak": "73.71",
    "Makasar, Jakarta Timur": "31.75.08",
    "#banjirjakarta lagi": "31",
    "@pemkotsmg tolong": "33.74",
    "kotabekasi macet": "32.75",
    "disemarang banjir": "33.74",
    "@dishubkotabandung lampu mati": "32.73",
    "#semaranghebat apanya": "33.74",
    "sampah dikota Bogor": "32.71",
    "di kebonjeruk, jakbar": "31.73.05",
    # One name, several regions; what settles it.
    "sampah di Bandung": "32.73",
    "sampah di Bogor": "32.71",
    "jalan Soreang, Bandung rusak": "32.04",
    "Cibinong, Bogor": "32.01.01",
    "Kepanjen Malang": "35.07.13",
    "Pare, Kediri": "35.06.17",
    "Mijen Demak": "33.21.10",
    "Kec. Mijen, Kota Semarang": "33.74.14",
    "Ungaran, Semarang": "33.22",
    "di tegal": "33.76",
    "Slawi, Tegal": "33.28.10",
    "Desa Sukamaju": "?",
    "desa Sukamaju, Kec. Cianjur": "32.03.01",
    # Which is the place, and which a remark.
    "saya warga Cianjur ber-KTP Bandung, jalan rusak": "32.03",
    "KTP Medan tinggal di Depok, sulit urus KK": "32.76",
    "paket kiriman dari Surabaya belum tiba di Kupang, kantor pos di Kota Kupang": "53.71",
    "saya asal Kediri kos di Yogyakarta, air mati": "34.71?",
    "bus dari Bekasi ke Karawang mogok, kejadian di Cikampek": "32.15.13",
    "berasal dari Padang, sekarang di Batam jalan berlubang": "21.71",
    "lahir di Medan, saya mengeluh soal sampah di Binjai": "12.75",
    "orang Garut, dagang di Cimahi, kena pungli": "32.77",
    "Yth. Gubernur Jawa Barat, jalan di Majalengka rusak": "32.10",
    "pindahan dari Solo, mengurus KK di Sragen": "33.14",
    "di jakarta, tepatnya di Tebet": "31.74.01",
    # What is no place.
    "Jalan Semarang berlubang": "",
    "Jl. Raya Bogor macet": "",
    "di jl. Surabaya banyak PKL": "",
    "Pak Kediri tidak ada di kantor": "",
    "Bapak Bambang mohon bertindak": "",
    "minum sido muncul tiap hari": "",
    "warung soto Lamongan bising": "",
    "tahu Sumedang basi": "",
    "rumah makan masakan Padang": "",
    "sudah malang nasib kami": "",
    "batu besar di jalan": "",
    "baru saja lampu mati": "",
    "mohon tambang ditutup": "",
    "bang jago di gang": "",
    "atas nama Siti Rahayu": "",
    "Ibu Kartini sakit": "",
    "di desa kami belum ada listrik": "",
    "kelurahan setempat lambat": "",
    "kabupaten tersebut luas": "",
    "harga lele naik": "",
    "jaya selalu polisi": "",
    "bank Jatim antre": "",
    "KTP saya belum jadi": "",
    "terima kasih": "",
    # Streets in a city, and landmarks.
    "Jl. Semarang, Surabaya": "35.78",
    "Jl. Melati Surabaya rusak": "35.78",
    "#LaporHendi jalan di Tlogosari rusak": "33.74",
    "lapor hendi, lampu mati": "33.74",
    "toilet stasiun gambir kotor": "31.71",
    "parkir trans studio mall": "32.73",
}


@pytest.mark.parametrize("text", PLACES)
def test_places(text: str) -> None:
    """The place of the trouble as a careful reader would say it; `?` where another is nearly as likely."""
    where = _at(text)
    expected = PLACES[text]
    assert where.ambiguous if expected == "?" else _code(where) == expected, where.candidates[:3]
