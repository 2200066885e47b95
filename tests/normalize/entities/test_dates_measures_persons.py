"""Extraction of dates, times, amounts, measures, names of persons and branches."""

import pytest

from tests.normalize.entities.conftest import Extract


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tgl 12 Maret 2017", "date=2017-03-12"),
        ("12/3/17", "date=2017-03-12"),
        ("12-03-2017", "date=2017-03-12"),
        ("12.03.2017", "date=2017-03-12"),
        ("2017-03-12", "date=2017-03-12"),
        ("12 mrt 2017", "date=2017-03-12"),
        ("12MARET2017", "date=2017-03-12"),
        ("12 Maret", "date=--03-12"),
        ("tanggal 24", "date=---24"),
        ("bulan Maret", "date=--03"),
        ("Nopember 2017", "date=2017-11"),
        ("tahun 2017", "date=2017"),
        ("1/1/99", "date=1999-01-01"),
        ("kemarin malam", "when=kemarin malam"),
        ("hari ini", "when=hari ini"),
        ("tadi pagi", "when=hari ini pagi"),
        ("hari Minggu", "when=minggu"),
        ("Jum'at sore", "when=jumat sore"),
        ("minggu yang lalu", "when=minggu lalu"),
        ("bulan kemarin", "when=bulan lalu"),
        ("jam 8.30", "time=08:30"),
        ("pukul 8 malam", "time=20:00"),
        ("pkl. 08:05 WIB", "time=08:05"),
        ("21.00 wib", "time=21:00"),
        ("jam 2 siang", "time=14:00"),
        ("Rp 1.500.000,-", "amount=1500000"),
        ("Rp.600.000", "amount=600000"),
        ("1,5 juta", "amount=1500000"),
        ("700rb", "amount=700000"),
        ("RP 18 RB", "amount=18000"),
        ("50 ribu rupiah", "amount=50000"),
        ("denda 229.500", "amount=229500"),
        ("3 hari", "measure=3 hari"),
        ("3hari", "measure=3 hari"),
        ("tiga hari", "measure=3 hari"),
        ("seminggu", "measure=1 minggu"),
        ("1,50 meter", "measure=1.5 meter"),
        ("5 m", "measure=5 meter"),
        ("14x", "measure=14 kali"),
        ("2x24 jam", "measure=2x24 jam"),
        ("2 X 24 jam", "measure=2x24 jam"),
        ("10 ribu orang", "measure=10000 orang"),
        ("50%", "measure=50 persen"),
    ],
)
def test_values(text: str, expected: str, extract: Extract) -> None:
    """Different spellings of one date or amount have the same value."""
    assert extract(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "32/13/2017",
        "30 Februari 2017",
        "jam kerja",
        "mei",
        "minggu",
        "UU No. 12 Tahun 2017",
        "jam 99.99",
        "Rp",
        "0,5x0,5",
        "satu jalan",
    ],
)
def test_no_values(text: str, extract: Extract) -> None:
    """An impossible day, a missing number and the number of a law have no value."""
    assert extract(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.n. Siti Contoh", "name=siti contoh"),
        ("a/n SITI CONTOH, NIK", "name=siti contoh"),
        ("an. Siti", "name=siti"),
        ("atas nama siti contoh tidak terdaftar", "name=siti contoh"),
        ("atas nama Bapak Budi", "name=budi"),
        ("Nama : Siti Contoh\nAlamat", "name=siti contoh"),
        ("Nama Tenaga Kerja : SITI", "name=siti"),
        ("nama saya Siti Contoh ingin", "name=siti contoh"),
        ("Saya Budi, warga", "name=budi"),
        ("saya SITI (0001", "name=siti"),
        ("istri saya Siti Contoh", "name=siti contoh"),
        ("pasien Siti Contoh meninggal", "name=siti contoh"),
        ("Sdr. Budi", "name=budi"),
        ("a.n. Mari`a Contoh", "name=mari a contoh"),
        ("NAMA e-KTP : SITI", "name=siti"),
        ("nama saya siti contoh ingin", "name=siti contoh"),
        ("Pak Budi yang baik", "mention=budi"),
        ("Ibu Siti Contoh selaku", "mention=siti contoh"),
        ("BPJS cabang Bekasi Cikarang", "branch=bekasi cikarang"),
        ("Kacab Bogor", "branch=bogor"),
        ("KCP Tebet", "branch=tebet"),
        ("cabang Kota Magelang", "branch=magelang"),
    ],
)
def test_persons_and_branches(text: str, expected: str, extract: Extract) -> None:
    """The person a text is about, its addressee, and a branch."""
    assert expected in extract(text)


@pytest.mark.parametrize(
    "text",
    [
        "Bapak Presiden dan Ibu Menteri",
        "Pak Wali, Bu Camat",
        "Peserta BPJS",
        "atas nama baik",
        "Saya Sangat Kecewa",
        "pasien baru",
        "saya PNS",
        "Barang Saya Hilang",
        "nama jalan",
    ],
)
def test_no_persons(text: str, extract: Extract) -> None:
    """Functions, and words that only look like names, are no persons."""
    assert not [value for value in extract(text) if value.startswith(("name", "mention"))]
