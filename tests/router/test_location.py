"""Location of reports: invented reports, any text at all, and one place in many spellings."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.places.gazetteer import RegionLevel
from language.places.landmarks import Landmark, Landmarks
from language.places.names import city_of
from messages.shapes import Place, Report
from router.location.locator import ReportLocator
from router.location.place_evidence import ReportLocation
from router.location.searched_text import location_text
from tests.support.landmarks import LandmarkFinder
from tests.support.rules import language_of

_LANGUAGE = language_of()
_REGIONS = _LANGUAGE.regions
_WORDS = _LANGUAGE.words
_LANDMARKS = Landmarks(
    [
        Landmark(("laporhendi", "lapor hendi"), "akun", ("33.74",), ""),
        Landmark(("stasiun gambir",), "station", ("31.71",), "bumn-kai"),
        Landmark(("tol jakarta cikampek",), "toll", ("31.75", "32.75", "32.16", "32.15"), ""),
        Landmark(("trans studio mall",), "mall", ("32.73",), ""),
        Landmark(("jabodetabek",), "area", ("31", "32.01", "32.71", "32.76", "36.71", "32.75"), ""),
    ]
)
_FINDER = LandmarkFinder(_LANDMARKS)
_LOCATOR = ReportLocator(_LANGUAGE.place_finder, _LANGUAGE.points, _LANGUAGE.regions)


def is_ambiguous(location: ReportLocation) -> bool:
    """Return True if a place outside the best one is more than half as likely."""
    best, *less_likely = location.candidates or (None,)
    if best is None:
        return False
    outside = [
        candidate
        for candidate in less_likely
        if best.level is not RegionLevel.PROVINCE or candidate.province != best.code
    ]
    return bool(outside) and best.certainty < 2 * max(candidate.certainty for candidate in outside)


def _locate(report: Report, units: tuple[tuple[int, int], ...] = ()) -> ReportLocation:
    text = location_text(report)
    words = _WORDS.read_words(text)
    return _LOCATOR.locate(report, text, words, _FINDER.find(words), units)


def _locate_text(text: str, title: str = "", reported_place: Place | None = None) -> ReportLocation:
    return _locate(Report(title=title, text=text, place=reported_place or Place()))


def _code(location: ReportLocation) -> str:
    """Return the code of the best place, with a question mark if it is ambiguous."""
    return "" if location.best is None else location.best.code + "?" * is_ambiguous(location)


PLACES = {
    # A keyword of an SMS service, a tag, a government's domain.
    "SLEMANKAB lampu jalan mati": "34.04",
    "kabtegal: selokan mampet": "33.28",
    "pekalongankota got mampet": "33.75",
    "#LaporKediriKab jalan rusak": "35.06",
    "di jatengprov.go.id tertulis sudah selesai": "33",
    "aduan lewat https://www.tegalkab.go.id tidak dijawab": "33.28",
    # A comparison, and an estate with the name of a distant city.
    "Trotoar di Kota Padang sempit. Seperti di Bandung, mohon diperlebar": "13.71",
    "Di Surabaya trotoarnya lebar, kenapa di sini sempit? Kota Padang": "13.71",
    "Jakarta punya JAKI, kami di Klaten tidak": "33.10",
    "Saya di Klaten punya tanah yang terendam": "33.10",
    "Kami di Klaten, kenapa di sini sampah tidak diangkut": "33.10",
    "Sampah di Perumahan Bumi Makassar Permai, Bekasi Selatan": "32.75.04",
    # Words that were glued where line breaks were lost.
    "jalan rusakRT 02 Desa KarangKecamatan BayatKabupaten Klatenmohon diperbaiki": "33.10",
    "lampu matiKebumen, 2 Mei": "33.05",
    "jalan kami di Wonogiriterima kasih": "33.12",
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
    "sampah di jogja": "34.71",
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
    "Desa Sukamaju, Jawa Barat": "32",
    "Serang, Blitar": "35.05.13",
    "Depok, Sleman": "34.04.07",
    "Depok": "32.76",
    "Manggarai": "53.10",
    "Manggarai, Jakarta Selatan": "31.74.01",
    "di Manggarai Jakarta": "31.74.01",
    "di Grogol macet": "31.73.02",
    "Jambi": "15.71",
    "Prov. Jambi": "15",
    "Kecamatan Pamukan Utara, desa Tanjung": "63.02.13",
    "polsek Cipayung": "?",
    # Which is the place, and which a remark.
    "saya warga Cianjur ber-KTP Bandung, jalan rusak": "32.03",
    "KTP Medan tinggal di Depok, sulit urus KK": "32.76",
    "paket kiriman dari Surabaya belum tiba di Kupang, kantor pos di Kota Kupang": "53.71",
    "saya asal Kediri kos di Yogyakarta, air mati": "34.71",
    "bus dari Bekasi ke Karawang mogok, kejadian di Cikampek": "32.15.13",
    "berasal dari Padang, sekarang di Batam jalan berlubang": "21.71",
    "lahir di Medan, saya mengeluh soal sampah di Binjai": "12.75",
    "orang Garut, dagang di Cimahi, kena pungli": "32.77",
    "Yth. Gubernur Jawa Barat, jalan di Majalengka rusak": "32.10",
    "pindahan dari Solo, mengurus KK di Sragen": "33.14",
    "di jakarta, tepatnya di Tebet": "31.74.01",
    "suami saya sedang dinas di Bontang, anak jalanan ramai di Mojoagung": "35.17.06",
    "adik saya di Jakarta sudah lihat, got di Panyabungan mampet": "12.13.01",
    "kami kebanyakan dari Lampung dan Brebes, gaji kurang di Penjaringan": "31.72.01",
    "kampung saya Blitar, di Mojoagung banyak pengamen": "35.17.06",
    "saya buruh di Cikande, warga Taktakan, truk sampah lewat": "36.73.06",
    "bukan Bogor, di Muntilan antre": "33.08.08",
    "pindah KK dari Kab. Cianjur ke Kec. Gunung Putri": "32.01.02",
    "rumah orang tua saya di Juwana kebanjiran": "33.18.08",
    # Two names that settle each other.
    "dalan gombong karanganyar bolong": "33.05",
    "kos di ngestiharjo kasihan ramai": "34.02.16",
    "rumah di tibubeneng kuta utara bising": "51.03.06",
    # Seats and abbreviations of regencies.
    "puskesmas di menggala tutup": "18.05.02",
    "air mati di wates": "34.01.02",
    "ning malang akeh begal": "35.73",
    "pustu nisel kosong": "12.14",
    "bjn kec kedungadem sumur kering": "35.22.08",
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
    "bupati sidak ke pasar": "",
    "larangan merokok": "",
    "Ramli Simatupang melapor": "",
    # A village beside its district has the name of a district elsewhere.
    "jalan rusak di Citeureup Dayeuhkolot": "32.04.12",
    "jalan rusak di Dayeuhkolot, Citeureup": "32.04.12",
    "jalan rusak di Karangmojo Tasikmadu": "33.13.10",
    # The neighbourhood may stand between them.
    "jalan rusak di Citeureup RT 02/RW 03 Dayeuhkolot": "32.04.12",
    "lampu mati di Karangmojo rt 1 rw 12, Tasikmadu": "33.13.10",
    # A noun of an ordinary word, and an ordinary word, which a village and a district bear.
    "sampah liar di perbatasan": "",
    "Tambak udang kami tercemar": "",
    # A road between two places of one regency, and one between two cities.
    "Jalan Cikarang - Cibarusah macet": "32.16.22",
    "Jalan Semarang - Kendal macet": "",
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
    """The expected place is that of a careful reader; `?` means that another one is nearly as likely."""
    location = _locate_text(text)
    expected = PLACES[text]
    assert is_ambiguous(location) if expected == "?" else _code(location) == expected, location.candidates[:3]


def test_certainty_follows_the_form_of_the_name() -> None:
    """A typed name is surer than a bare city, that than a bare district, that than a village of many."""
    texts = ("di Kab. Sleman", "di Sleman", "di Tebet", "Kelurahan Kauman")
    certain = [location.best.certainty for location in map(_locate_text, texts) if location.best]
    assert certain == sorted(certain, reverse=True)
    assert certain[0] > 0.95
    assert certain[2] > 0.7
    assert certain[3] < 0.2


def test_a_name_of_city_and_regency() -> None:
    """A bare name of both means the city first, less certainly; the regency is second."""
    location = _locate_text("jalan rusak di Bogor")
    assert [candidate.code for candidate in location.candidates] == ["32.71", "32.01"]
    assert 0.5 < location.candidates[0].certainty < 0.8
    assert location.candidates[0].level is RegionLevel.CITY
    assert not is_ambiguous(location)


@pytest.mark.parametrize(
    ("reported_place", "code"),
    [
        (Place(code="32.01"), "32.01"),
        (Place(code="32.01.05"), "32.01.05"),
        (Place(region="Kota Bogor"), "32.71"),
        (Place(region="Kabupaten Bogor", district="Cibinong"), "32.01.01"),
        (Place(address="Jl. Melati 3, Kec. Cibinong, Kab. Bogor"), "32.01.01"),
        (Place(region="Provinsi Jawa Barat"), "32"),
        (Place(code="32.71.99"), "32.71"),
        (Place(code="99.99"), ""),
        (Place(latitude=-6.6, longitude=106.8), "32.71.03"),
        (Place(latitude=-6.6), ""),
        (Place(latitude=-5.0, longitude=110.5), ""),
    ],
)
def test_fields_count_if_the_text_names_no_place(reported_place: Place, code: str) -> None:
    """The picked region, typed words, the address and the point count. Unknown codes and points at sea do not."""
    assert _code(_locate_text("Lampu jalan mati.", reported_place=reported_place)) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Jalan di Kab. Kendal berlubang", "33.24"),
        ("Jalan di Kendal berlubang", "33.24"),
        ("Jalan di Kec. Boja berlubang", "33.24.07"),
        ("Saya asal Kendal, lampu mati", "33.74"),
    ],
)
def test_the_text_outweighs_the_fields(text: str, code: str) -> None:
    """In a conflict the field is often a neighbour's. A remark outweighs nothing."""
    reported_place = Place(code="33.74", region="Kota Semarang")
    location = _locate_text(text, reported_place=reported_place)
    assert location.best is not None
    assert location.best.code == code
    assert {city_of(candidate.code) for candidate in location.candidates} == {"33.24", "33.74"}


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        # A district's bare name, in small letters too.
        ("sentani lampu jalan mati semua", "Kota Jayapura", "91.03.01"),
        ("muntilan\ntruk pasir parkir berjejer", "Kota Magelang", "33.08.08"),
        ("parit di medan denai tumpat", "Kabupaten Deli Serdang", "12.71.04"),
        # Of several that bear a name the one in the region of the same name, then in the province.
        ("pasar plered tumpah ke jalan", "Kota Cirebon", "32.09.36"),
        ("puskesmas singkil tutup", "Kabupaten Aceh Selatan", "11.10.04"),
        # A word like others, behind what bears a district's name.
        ("SAMPAH DI PASAR SAPE MENUMPUK", "Kota Bima", "52.06.06"),
        ("sampah di weru menumpuk", "Kabupaten Sragen", "33.11.01"),
        # A remark, and what the region itself confirms, leave the field as it is.
        ("keponakan saya pulang dari Tuban, lampu mati", "Kota Malang", "35.73"),
        ("truk dari Sentani lewat Abepura, jalan rusak", "Kota Jayapura", "91.71.03"),
        # A quarter with the name of a distant city or of a distant landmark.
        ("lampu di Depok mati", "Kabupaten Sleman", "34.04.07"),
        ("lampu di Surabaya mati", "Kota Bandar Lampung", "18.71.01"),
        ("macet di Trans Studio Mall", "Kabupaten Sleman", "32.73"),
        # Another province is no neighbour.
        ("sentani lampu jalan mati semua", "Kota Magelang", "33.71"),
    ],
)
def test_a_neighbour_in_the_form_is_outweighed(text: str, region: str, code: str) -> None:
    """A place in the same province, or of the same name, outweighs the field even if its name is bare."""
    assert _code(_locate_text(text, reported_place=Place(region=region))) == code


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        ("jalan desa kami rusak pak bupati", "Kota Magelang", "33.08"),
        ("pemkot mana, sampah menumpuk", "Kabupaten Malang", "35.73"),
        ("pak bupati, lampu di Bogor mati", "", "32.01"),
        ("pak wali kota, lampu di Bogor mati", "", "32.71"),
        ("pemkot dan pemkab saling lempar", "Kota Magelang", "33.71"),
        ("pak bupati tolong", "Kota Surabaya", "35.78"),
        ("Bupati Kendal lewat sini, lampu mati", "Kota Magelang", "33.24"),
    ],
)
def test_a_regent_means_the_regency(text: str, region: str, code: str) -> None:
    """Of a city and a regency of one name the one whose official is named is meant, against form and bare name."""
    assert _code(_locate_text(text, reported_place=Place(region=region))) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("lampu mati", "?"),
        ("lampu mati di muntilan", "33.08.08"),
        ("pak wali kota, lampu mati", "33.71"),
        ("lampu mati di desa kami", "33.08"),
        ("kelurahan kami tidak menanggapi, lampu mati", "33.71"),
        # A quarter inside either has the name of a distant city.
        ("lampu di Kelurahan Magersari mati", "33.71.01"),
    ],
)
def test_a_bare_name_from_a_form_leaves_city_and_regency_open(text: str, code: str) -> None:
    """The text decides between the two: by a place in one, by an official, or by its kind of village."""
    location = _locate_text(text, reported_place=Place(region="Magelang"))
    assert is_ambiguous(location) if code == "?" else location.best and location.best.code == code, location.candidates


def test_a_kind_of_village_does_not_overrule_a_picked_region() -> None:
    """Cities have some desa, and “desa” is also said of a quarter."""
    assert _code(_locate_text("lampu mati di desa kami", reported_place=Place(region="Kota Magelang"))) == "33.71"


def test_a_field_loses_weight_only_beside_a_neighbour() -> None:
    """Alone it is as certain as before; the neighbour in the text is surer than by its name alone."""
    alone, bare = (
        _locate_text("lampu mati", reported_place=Place(region="Kota Jayapura")).best,
        _locate_text("sentani lampu mati").best,
    )
    ambiguous = _locate_text("sentani lampu mati", reported_place=Place(region="Kota Jayapura")).best
    assert alone is not None
    assert bare is not None
    assert ambiguous is not None
    assert alone.certainty > 0.8
    assert ambiguous.certainty > bare.certainty


@pytest.mark.parametrize(
    "text",
    [
        "Pabrik Karawang Makmur membuang limbah ke selokan",
        "Jalan Raya Lembang rusak",
        "Saya sudah menelepon kantor pusat di Jakarta, lampu tetap mati",
        "Kantor pusatnya Jakarta tidak menjawab, lampu mati",
    ],
)
def test_a_complete_form_outweighs_names_that_no_word_places(text: str) -> None:
    """A firm's, a street's or a head office's name is no place beside a region with an address or a district."""
    for reported_place in (
        Place(region="Kota Semarang", address="Jl. Melati 3"),
        Place(region="Kota Semarang", district="Tembalang"),
        Place(code="33.74.10"),
    ):
        assert (_code(_locate_text(text, reported_place=reported_place)) or "").startswith("33.74")


def test_a_place_in_the_text_outweighs_a_complete_form() -> None:
    """The word before it says that the matter is there."""
    complete = Place(region="Kota Semarang", address="Jl. Melati 3")
    for text in ("Jalan di Karawang berlubang", "Jalan rusak di Kabupaten Karawang"):
        assert _code(_locate_text(text, reported_place=complete)) == "32.15"
    incomplete = _locate_text("Pabrik Karawang bau", reported_place=Place(region="Kota Semarang"))
    assert incomplete.best is not None
    assert incomplete.best.code == "32.15"


def test_a_typed_district_in_the_address_outweighs_the_picked_namesake() -> None:
    """Lists have city and regency of one name side by side; the district is in one of them only."""
    reported_place = Place(region="Kota Bogor", address="Jl. Melati 3, Kec. Cibinong")
    assert _code(_locate_text("Lampu jalan mati.", reported_place=reported_place)) == "32.01.01"


def test_fields_settle_ambiguous_names() -> None:
    """A name of several regions is the one in the picked region."""
    assert _code(_locate_text("Lampu di desa Sukamaju mati", reported_place=Place(code="32.03"))) == "32.03"
    assert _code(_locate_text("Lampu di Bogor mati", reported_place=Place(code="32.01"))) == "32.01"
    assert _code(_locate_text("Lampu di Pedalangan mati", reported_place=Place(code="33.74"))) == "33.74.11"
    assert _code(_locate_text("Lampu di Manggarai mati", reported_place=Place(code="31.74"))) == "31.74.01"


def test_a_name_behind_a_unit_is_surer() -> None:
    """The evidence has the kind `unit`."""
    report = Report(text="Puskesmas Tebet antre lama")
    start = location_text(report).index("Puskesmas")
    alone, unit = _locate(report).best, _locate(report, ((start, start + len("Puskesmas")),)).best
    assert alone is not None
    assert unit is not None
    assert (alone.code, unit.code) == ("31.74.01", "31.74.01")
    assert unit.certainty > alone.certainty
    assert [candidate.kind for candidate in unit.evidence] == ["unit"]


def test_a_landmark_in_several_regions() -> None:
    """A road through four cities leaves all of them; one name in the text settles which."""
    text = "lubang di tol Jakarta Cikampek"
    assert is_ambiguous(_locate_text(text))
    assert {city_of(candidate.code) for candidate in _locate_text(text).candidates} == {
        "31.75",
        "32.75",
        "32.16",
        "32.15",
    }
    assert _code(_locate_text(f"{text}, Karawang")) == "32.15"


def test_evidence_spans_lie_in_the_text() -> None:
    """Each place has its evidence. Spans are positions in title and text; fields have none."""
    report = Report(title="Banjir di Tebet", text="Kota Jakarta Selatan terendam", place=Place(code="31.74"))
    best = _locate(report).best
    assert best is not None
    assert [(candidate.kind, candidate.text) for candidate in best.evidence] == [
        ("named", "Tebet"),
        ("said", "Kota Jakarta Selatan"),
        ("code", "31.74"),
    ]
    assert [
        location_text(report)[candidate.start : candidate.end] for candidate in best.evidence if candidate.start >= 0
    ] == [
        "Tebet",
        "Kota Jakarta Selatan",
    ]
    assert (city_of(best.code), best.province, best.level) == ("31.74", "31", RegionLevel.DISTRICT)


def test_candidates_are_bounded() -> None:
    """A text of names only has few candidates."""
    location = _locate_text("desa Sukamaju, Kauman, Bandunng, #banjirsby Tlogosari " * 150)
    assert 0 < len(location.candidates) <= 10


_PIECES = st.sampled_from(
    (
        *("desa", "kel.", "Kec.", "kab", "kota", "di", "dari", "Jl.", "KTP", "warga", "Pak", "#", "@", ",", ".", "-"),
        *("Sukamaju", "Sukajadi", "Bandung", "bndng", "Semrang", "jaksel", "Depok", "Sleman", "Jambi", "jogja"),
        *("banjirsby", "kotabekasi", "Srondol", "Wetan", "barat", "stasiun", "gambir", "İ", "ß", "٣", "\n", "RT 03"),
    )
)
_TEXTS = st.one_of(
    st.text(min_size=1, max_size=200),
    st.lists(_PIECES, min_size=1, max_size=30).map(" ".join),
    st.lists(_PIECES, min_size=1, max_size=30).map("".join),
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(title=_TEXTS, text=_TEXTS, region=_TEXTS, code=st.sampled_from(("", "33.74", "31", "32.01.05", "x", "..")))
def test_any_text(title: str, text: str, region: str, code: str) -> None:
    """For any report the codes exist, spans lie in the text, and a second call gives the same."""
    report = Report(title=title[:200], text=text, place=Place(region=region[:200], code=code))
    location = _locate(report)
    for candidate in location.candidates:
        assert _REGIONS.get(candidate.code) is not None
        assert 0 <= candidate.certainty <= 1
        assert candidate.evidence
        for evidence in candidate.evidence:
            quoted = location_text(report)[evidence.start : evidence.end] if evidence.start >= 0 else evidence.text
            assert quoted == evidence.text != ""
    assert len({city_of(candidate.code) for candidate in location.candidates}) == len(location.candidates)
    assert (
        sum(candidate.certainty for candidate in location.candidates if candidate.level is not RegionLevel.PROVINCE)
        <= 1 + 1e-9
    )
    assert _locate(report) == location


_CITIES = [city.name for province in _REGIONS.children() for city in _REGIONS.children(province.code)]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(_CITIES), st.sampled_from((str.upper, str.lower, str.title)))
def test_letter_case_does_not_matter(name: str, written: Callable[[str], str]) -> None:
    """A city or regency is found by its official name in capitals, small letters or both."""
    location, plain = _locate_text(written(f"jalan rusak di {name}")), _locate_text(f"jalan rusak di {name}")
    assert [candidate.code for candidate in location.candidates] == [candidate.code for candidate in plain.candidates]
    assert plain.best is not None


def test_a_missing_letter() -> None:
    """19 of 20 cities and regencies of one word are found behind their type with any inner letter missing."""
    pairs = [name.split() for name in _CITIES]
    is_found = []
    for kind, name in [pair for pair in pairs if len(pair) == 2 and len(pair[1]) > 5]:
        for position in range(2, len(name)):
            regions = {
                city_of(candidate.code)
                for candidate in _locate_text(
                    f"Jalan rusak di {kind} {name[:position]}{name[position + 1 :]}"
                ).candidates
            }
            is_found.append(bool(regions & _codes(f"{kind} {name}")))
    assert sum(is_found) > 0.95 * len(is_found)


def _codes(name: str) -> set[str]:
    return {
        city.code for province in _REGIONS.children() for city in _REGIONS.children(province.code) if city.name == name
    }


def test_lines_that_ran_together_are_separated() -> None:
    """A word that begins a line is separated from the word before. Names with inner capitals stay."""
    assert location_text(Report(title="Pohon", text="pagi Pak HendiPak saya lapor ituKami")) == (
        "Pohon\npagi Pak Hendi\nPak saya lapor itu\nKami"
    )
    assert (
        location_text(Report(title="IndiHome", text="LaporHendi WhatsApp diIndonesia"))
        == "IndiHome\nLaporHendi WhatsApp diIndonesia"
    )


def test_an_account_of_a_government_outweighs_a_bare_name() -> None:
    """The bare name is that of a city elsewhere and of a quarter there."""
    assert _code(_locate_text("lapor hendi, macet di daerah Dr Cipto, stadion, Depok, Pemuda")) == "33.74"
