"""Extraction of streets, RT and RW, blocks, houses, villages, landmarks and offices."""

import pytest

from tests.normalize.entities.conftest import Extract


@pytest.mark.parametrize(
    "text",
    [
        "Jl. Jend. Sudirman",
        "jalan jenderal sudirman",
        "jln sudirman",
        "Jl.Jenderal Sudirman, dekat halte",
        "di Jalan Sudirman rusak parah",
        "jl sudirman yg berlubang",
        "Lampu di JL. SUDIRMAN MATI",
    ],
)
def test_spellings_of_one_street(text: str, extract: Extract) -> None:
    """Different spellings of one street have the same value."""
    assert extract(text) == ["street=sudirman"]


@pytest.mark.parametrize(
    "text",
    [
        "jalan rusak dan berlubang",
        "jalan kaki ke sekolah",
        "tidak ada jalan keluar",
        "jalan di depan rumah saya",
        "jalan ini gelap, jalan itu juga",
        "lampu penerangan jalan mati",
        "lewat jalan tol setiap hari",
        "mohon jalan satu arah ditinjau",
        "di jalan umum. Sudah lama",
        "Jalan Rusak Parah Menuju Pasar",
        "separuh jalan dipakai parkir",
        "jln dari terminal ke pasar",
        "jalan kabupaten, jalan provinsi, jalan nasional",
    ],
)
def test_no_street(text: str, extract: Extract) -> None:
    """Words about the use or the state of a road are no street name."""
    assert not [value for value in extract(text) if value.startswith(("street", "alley"))]


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("jalan raya Pasar Minggu macet", "pasar minggu"),
        ("Jl. KH. Agus Salim 29 Trenggalek", "agus salim 29"),
        ("Jl. R.E. Martadinata banjir", "re martadinata"),
        ("Jl. M. H. Thamrin", "mh thamrin"),
        ("jalan i gusti ngurah rai selalu macet", "i gusti ngurah rai"),
        ("Jalan Ciputat Molek V No. 12", "ciputat molek 5"),
        ("Jl. Kalicari Timur RT.05", "kalicari timur"),
        ("jl gajah mada Semarang", "gajah mada"),
        ("Jalan Setiabudi Mengganggu Warga", "setiabudi"),
        ("jalan Meteseh - Sendangmulyo licin", "meteseh sendangmulyo"),
        ("jl melati 3 hari gelap", "melati"),
        ("tol Jagorawi arah Bogor", "tol jagorawi"),
        ("Jl. Prof. Dr. HB. Jassin gelap", "hb jassin"),
        ("ujung Jl. HB Jassin gelap", "hb jassin"),
    ],
)
def test_the_end_of_a_street_name(text: str, street: str, extract: Extract) -> None:
    """A name ends at a preposition, a verb, the city, or a count."""
    assert extract(text)[0] == f"street={street}"


@pytest.mark.parametrize(
    "text",
    [
        "RT 03/RW 05",
        "rt03 rw 5",
        "RT.003/RW.005",
        "Rt 03/05",
        "RT/RW 003/005",
        "rt 3 , rw 5",
        "RT III RW V",
        "rt tiga rw lima",
    ],
)
def test_rt_and_rw(text: str, extract: Extract) -> None:
    """RT and RW are separated in every spelling; leading zeros are removed."""
    assert extract(f"warga {text} resah") == ["rt=3", "rw=5"]


def test_no_rt(extract: Extract) -> None:
    """A chairman or a document of RT and RW has no number, and the number of a list is none."""
    assert extract("Pengantar RT/RW 2. Fotokopi ijazah, ketua RT menolak") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Blok C2 No. 7", ["block=c2", "house=7"]),
        ("blok A/12", ["block=a", "house=12"]),
        ("blok c2/7a", ["block=c2", "house=7a"]),
        ("Blok I-1 No.4", ["block=i1", "house=4"]),
        ("Jl. Melati No. 012A", ["street=melati", "house=12a"]),
        ("gg. Mawar III no 5", ["alley=mawar 3", "house=5"]),
        ("gang 3", ["alley=3"]),
        ("km 12,5", ["km=12.5"]),
        ("KM.7", ["km=7"]),
        ("tol Jagorawi km 12+400", ["street=tol jagorawi", "km=12.4"]),
    ],
)
def test_parts_of_an_address(text: str, expected: list[str], extract: Extract) -> None:
    """Each part of an address is an entity."""
    assert extract(text) == expected


def test_a_number_elsewhere_is_no_house(extract: Extract) -> None:
    """The number of a law, a queue or a list is no house number."""
    assert extract("UU No. 25 Tahun 2009, antrean no 7, saya nomor 3") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kel. Sunter Jaya", "village=sunter jaya"),
        ("kelurahan sunter jaya dari bulan lalu", "village=sunter jaya"),
        ("KELURAHAN SUNTER JAYA", "village=sunter jaya"),
        ("ds daneu", "village=daneu"),
        ("Desa Sei Rahayu II", "village=sei rahayu 2"),
        ("Nagari Kamang", "village=kamang"),
        ("dsn Krajan", "hamlet=krajan"),
        ("Jorong Kamang Abadi", "hamlet=kamang abadi"),
        ("Kp. Cisireum", "hamlet=cisireum"),
        ("Lingkungan Kesambi", "hamlet=kesambi"),
        ("lurah Gempolsari", "village=gempolsari"),
        ("di desa kami Cikeusal", "village=cikeusal"),
        ("Pak Desa Sukamekar", "village=sukamekar"),
    ],
)
def test_villages(text: str, expected: str, extract: Extract) -> None:
    """Villages and hamlets keep their words."""
    assert expected in extract(text)


@pytest.mark.parametrize(
    "text",
    [
        "di kelurahan. Petugas bilang",
        "perangkat desa yang lama",
        "lingkungan hidup",
        "kampung halaman",
        "dana desa sudah cair",
        "dana desa baru dipakai",
        "pak desa bilang sudah",
    ],
)
def test_no_village(text: str, extract: Extract) -> None:
    """The word for a village alone, or in a phrase like `dana desa`, names no village."""
    assert extract(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Puskesmas Tebet tutup", "landmark=puskesmas tebet"),
        ("SDN 03 Menteng", "landmark=sd 3 menteng"),
        ("SD Negeri 3 Menteng", "landmark=sd 3 menteng"),
        ("sdn fajar mulia", "landmark=sd fajar mulia"),
        ("SMK Negeri 1 Tanimbar Selatan", "landmark=smk 1 tanimbar selatan"),
        ("RSUD Pasar Minggu", "landmark=rs pasar minggu"),
        ("rumah sakit Siloam", "landmark=rs siloam"),
        ("Perum Taman Griya", "landmark=perumahan taman griya"),
        ("Perumahan Taman Buaran Indah 4", "landmark=perumahan taman buaran indah 4"),
        ("pasar Jrakah", "landmark=pasar jrakah"),
        ("mesjid Baiturrahman", "landmark=masjid baiturrahman"),
        ("Simpang Lima", "landmark=simpang lima"),
        ("pom bensin Ngaliyan", "landmark=spbu ngaliyan"),
        ("di depan Indomaret Cikini", "landmark=indomaret cikini"),
        ("dekat Primagama", "landmark=primagama"),
        ("jembatan Kreo", "landmark=jembatan kreo"),
        ("polsek Cileungsi", "unit=polsek cileungsi"),
        ("Dinas Pekerjaan Umum", "unit=dinas pekerjaan umum"),
        ("dishub", "unit=dinas perhubungan"),
        ("dinas perhubungan", "unit=dinas perhubungan"),
        ("satpol PP", "unit=satpol pp"),
    ],
)
def test_landmarks_and_offices(text: str, expected: str, extract: Extract) -> None:
    """A landmark or an office with its proper name has one canonical form."""
    assert expected in extract(text)


@pytest.mark.parametrize(
    "text",
    [
        "pasar murah",
        "jembatan roboh",
        "sekolah swasta",
        "terminal baru",
        "depan rumah",
        "puskesmas gratis",
        "simpang siur",
        "sd sekarang",
    ],
)
def test_no_landmark(text: str, extract: Extract) -> None:
    """A landmark without a proper name is no entity."""
    assert extract(text) == []
