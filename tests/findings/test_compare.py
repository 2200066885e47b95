"""In what two reports agree, and in what they can't be of one matter. All texts and names are invented."""

from collections.abc import Callable

import pytest

from language.gazetteer import Gazetteer
from normalize.findings import Kind, Verdict, compare, find
from normalize.findings.alike import same_person, same_place, same_street

Compared = Callable[[str, str], dict[str, Verdict]]


@pytest.fixture
def compared(gazetteer: Gazetteer) -> Compared:
    """The verdicts on two texts, the same both ways."""

    def both(one: str, other: str) -> dict[str, Verdict]:
        mine, theirs = find(one, gazetteer), find(other, gazetteer)
        verdicts = compare(mine, theirs)
        assert compare(theirs, mine) == verdicts
        return verdicts

    return both


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("a yani", "ahmad yani", "equal"),
        ("achmad yani", "ahmad yani", "equal"),
        ("mh thamrin", "mohammad husni thamrin", "equal"),
        ("setyabudi", "setiabudhi", "equal"),
        ("soekarno hatta", "sukarno hatta", "equal"),
        ("gajahmada", "gajah mada", "equal"),
        ("gatsu", "gatot subroto", "equal"),
        ("thamrin", "mh thamrin", "compatible"),
        ("kelud", "kelud raya", "compatible"),
        ("candi sukuh", "candi sukuh 3", "compatible"),
        ("soekarno hatta", "soekarno hatta barat", "compatible"),
        ("candi sukuh 3", "candi sukuh 4", "conflict"),
        ("soekarno hatta timur", "soekarno hatta barat", "conflict"),
        ("melati", "mawar", "conflict"),
        ("utara", "selatan", "conflict"),
        ("karangrejo", "karangreja", "unknown"),
        ("3", "3", "equal"),
        ("3", "4", "conflict"),
    ],
)
def test_streets(one: str, other: str, verdict: Verdict) -> None:
    """Spelling and initials make no difference; numbers and directions do; one letter may be a slip."""
    assert same_street(one, other) == same_street(other, one) == verdict
    assert same_place(one, other) == verdict


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("siti contoh", "siti contoh", "equal"),
        ("siti", "siti contoh", "compatible"),
        ("siti c", "siti contoh", "compatible"),
        ("hardianto", "hardiyanto", "compatible"),
        ("siti contoh", "siti misal", "conflict"),
        ("siti siti", "siti", "compatible"),
        ("dewi", "dewo", "conflict"),
    ],
)
def test_persons(one: str, other: str, verdict: Verdict) -> None:
    """A part of a name may be the same person; another word is another one."""
    assert same_person(one, other) == same_person(other, one) == verdict


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("Kota Semarang", "Pemkot Semarang", "equal"),
        ("Kota Semarang", "Kab. Semarang", "conflict"),
        ("Kota Semarang", "Jawa Tengah", "compatible"),
        ("Kota Semarang", "kec. Tembalang, Semarang", "compatible"),
        ("Kota Semarang", "Kota Bandung", "conflict"),
        ("kec. Tembalang Kota Semarang", "kec. Ngaliyan Kota Semarang", "conflict"),
        ("semarang", "semarang", "compatible"),
        ("semarang", "Kota Semarang", "compatible"),
        ("banjir di Tebet", "banjir di Tebet", "equal"),
        ("banjir di Tebet", "banjir di Cakung", "conflict"),
        ("banjir di Tebet", "Jakarta Selatan", "compatible"),
        ("banjir di Tlogosari", "Kota Semarang", "unknown"),
        ("Surabaya - Semarang", "Kota Semarang", "compatible"),
        ("Kota Semarang", "lampu mati", "unknown"),
    ],
)
def test_regions(one: str, other: str, verdict: Verdict, compared: Compared) -> None:
    """Within each other is compatible; apart is a conflict, unless a bare name may be that of a quarter."""
    assert compared(one, other)["region"] == verdict


@pytest.mark.parametrize(
    ("kind", "one", "other", "verdict"),
    [
        (Kind.STREET, "Jl. Jend. Sudirman", "jln sudirman", "equal"),
        (Kind.STREET, "Jl. Melati dan Jl. Mawar", "Jl. Mawar", "compatible"),
        (Kind.STREET, "Jl. Melati", "Jl. Mawar", "conflict"),
        (Kind.ALLEY, "Jl. Melati gang 3", "Jl. Melati gang 5", "conflict"),
        (Kind.RT, "RT 03/RW 05", "rt.3 rw.5", "equal"),
        (Kind.RW, "RW 5", "RW 6", "conflict"),
        (Kind.BLOCK, "Blok C2", "blok c-2", "equal"),
        (Kind.HOUSE, "Jl. Melati No. 5", "Jl. Melati No. 7", "conflict"),
        (Kind.VILLAGE, "Kel. Karang Anyar", "kelurahan karanganyar", "equal"),
        (Kind.DISTRICT, "kec. Antah Kecil", "kec antah kecil", "equal"),
        (Kind.LANDMARK, "SDN 03 Menteng", "SD Negeri 3 Menteng", "equal"),
        (Kind.LANDMARK, "SDN 03 Menteng", "SDN 05 Menteng", "conflict"),
        (Kind.LANDMARK, "Puskesmas Tebet", "SDN 03 Menteng", "unknown"),
        (Kind.UNIT, "dishub", "Dinas Perhubungan", "equal"),
        (Kind.UNIT, "polsek Tebet", "polsek Cakung", "conflict"),
        (Kind.BRANCH, "cabang Bekasi Cikarang", "kacab Bekasi", "compatible"),
        (Kind.BRANCH, "cabang Bekasi", "cabang Bogor", "conflict"),
        (Kind.NAME, "a.n. Siti Contoh", "a.n. Budi Contoh", "conflict"),
        (Kind.MENTION, "Pak Budi", "Bu Siti", "unknown"),
        (Kind.NIK, "NIK 3174014101900001", "NIK 3174014101900002", "conflict"),
        (Kind.NIK, "NIK 3174014101900001", "nik 3174-0141-0190-0001", "equal"),
        (Kind.ACCOUNT, "rekening 123456789012", "nomor 123456789012", "equal"),
        (Kind.MASKED, "KPJ 1[****]455", "KPJ 1[****]455", "unknown"),
        (Kind.MASKED, "KPJ 10xxxxx55", "KPJ 1[****]455", "unknown"),
        (Kind.MASKED, "KPJ 1[****]455", "KPJ 1[****]466", "conflict"),
        (Kind.MASKED, "nomor 1[****]455", "nomor 1[****]466", "unknown"),
        (Kind.DATE, "12 Maret 2017", "12/3/17", "equal"),
        (Kind.DATE, "12 Maret", "Maret 2017", "compatible"),
        (Kind.DATE, "tgl 12", "12 Maret 2017", "compatible"),
        (Kind.DATE, "12 Maret 2017", "13 Maret 2017", "conflict"),
        (Kind.WHEN, "kemarin", "kemarin", "unknown"),
        (Kind.AMOUNT, "Rp 1.500.000", "1,5 juta", "equal"),
        (Kind.MEASURE, "3 hari", "4 hari", "conflict"),
        (Kind.MEASURE, "3 hari", "5 meter", "unknown"),
        (Kind.URL, "www.contoh.go.id", "www.misal.go.id", "unknown"),
    ],
)
def test_kinds(kind: Kind, one: str, other: str, verdict: Verdict, compared: Compared) -> None:
    """Each kind by its own rule, the same both ways."""
    assert compared(one, other)[kind] == verdict


def test_silence(compared: Compared) -> None:
    """Of what one side does not speak, nothing is known; of what neither does, nothing is said."""
    assert compared("Jl. Melati RT 3", "Jl. Melati") == {"street": "equal", "rt": "unknown"}
    assert compared("lampu mati", "lampu padam") == {}


def test_one_template_two_persons(compared: Compared) -> None:
    """The same form with another person and number is in conflict just there."""
    form = "Mohon info tagihan, Nama : {}\nnomor kartu {} cabang Bogor"
    verdicts = compared(form.format("Siti", "0001234567890"), form.format("Budi", "0001234567999"))
    assert {key for key, verdict in verdicts.items() if verdict == "conflict"} == {"name", "bpjs"}
    assert verdicts["branch"] == "equal"
