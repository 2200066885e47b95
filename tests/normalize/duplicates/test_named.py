"""In what two complaints agree by what they name, and in what they can't be one matter. All is invented."""

import pytest

from app.evaluation.duplicates import ExplainedMessage, Readers
from normalize.duplicates.entity_comparison import (
    EntityComparison,
    compare_entities,
    conflicting_place,
    names_two_persons,
)


@pytest.fixture(scope="module")
def compared(readers: Readers) -> "Compare":
    """What two texts name, the same both ways."""
    return Compare(readers)


class Compare:
    """Compares two texts, or two texts with an address each."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def __call__(self, one: str, other: str, address: str = "", their_address: str = "") -> EntityComparison:
        """The verdicts, which are the same both ways."""
        a = self._readers.read_message(ExplainedMessage(id="1", text=one, address=address))
        b = self._readers.read_message(ExplainedMessage(id="2", text=other, address=their_address))
        found = compare_entities(a, b)
        assert compare_entities(b, a) == found
        return found


@pytest.mark.parametrize(
    ("kind", "one", "other", "verdict"),
    [
        ("street", "Jl. Jend. Sudirman rusak", "jln sudirman berlubang", "equal"),
        ("street", "Jl. Melati dan Jl. Mawar banjir", "Jl. Mawar banjir", "equal"),
        ("street", "Jl. Melati banjir", "Jl. Mawar banjir", "conflict"),
        ("street", "Jl. Melati banjir", "kampung kami banjir", ""),
        ("street", "Jl. Danau Tondano gelap", "Jl. Danau Poso gelap", "conflict"),
        ("alley", "Jl. Melati gang 3 gelap", "Jl. Melati gang 5 gelap", "conflict"),
        ("rt", "RT 03/RW 05 gelap", "rt.3 rw.5 gelap", "equal"),
        ("rw", "RW 5 gelap", "RW 6 gelap", "conflict"),
        ("block", "Blok C2 gelap", "blok c-2 gelap", "equal"),
        ("house", "Jl. Melati No. 5 gelap", "Jl. Melati No. 7 gelap", "conflict"),
        ("village", "Kel. Karang Anyar gelap", "kelurahan karanganyar gelap", "equal"),
        ("landmark", "SDN 03 Menteng roboh", "SD Negeri 3 Menteng roboh", "equal"),
        ("public", "SDN 03 Menteng roboh", "SDN 05 Menteng roboh", "conflict"),
        ("landmark", "Puskesmas Tebet tutup", "SDN 03 Menteng tutup", ""),
        ("unit", "dishub lambat", "Dinas Perhubungan lambat", "equal"),
        ("branch", "cabang Bekasi lambat", "cabang Bogor lambat", "conflict"),
        ("area", "banjir di Tebet", "di Tebet banjir", "equal"),
        ("area", "banjir di Tebet", "banjir di Cakung", "conflict"),
        ("name", "a.n. Siti Contoh belum jadi", "a.n. Budi Contoh belum jadi", "conflict"),
        ("mention", "Pak Budi tolong", "Bu Siti tolong", ""),
        ("nik", "NIK 3174014101900001", "NIK 3174014101900002", "conflict"),
        ("id", "NIK 3174014101900001", "nik 3174-0141-0190-0001", "equal"),
        ("id", "rekening 123456789012", "nomor 123456789012", "equal"),
        ("phone", "HP 081200000001", "NIK 3174014101900001", ""),
        ("masked", "KPJ 1[****]455", "KPJ 10xxxxx55", ""),
        ("masked", "KPJ 1[****]455", "KPJ 1[****]466", "conflict"),
        ("masked", "nomor 1[****]455", "nomor 1[****]466", ""),
        ("date", "12 Maret 2017", "12/3/17", "equal"),
        ("date", "tgl 12", "12 Maret 2017", "equal"),
        ("date", "12 Maret 2017", "13 Maret 2017", "conflict"),
        ("date", "Maret 2017", "April 2017", ""),
        ("amount", "Rp 1.500.000", "1,5 juta", "equal"),
        ("handle", "@AirWonosekar air mati", "@airwonosekar mati lagi", "equal"),
        ("handle", "@AirWonosekar air mati", "@AirNgrandu air mati", "conflict"),
        ("handle", "@Lapor1708 air mati", "@AirNgrandu air mati", ""),
    ],
)
def test_kinds(compared: Compare, kind: str, one: str, other: str, verdict: str) -> None:
    """Each kind by its own rule; of what one side is silent nothing is known."""
    found = compared(one, other)
    assert {"equal": kind in found.equal, "conflict": kind in found.conflict}.get(verdict, True)
    assert verdict or kind not in found.equal | found.conflict


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("Kota Semarang", "Pemkot Semarang", "equal"),
        ("Kota Semarang", "Kab. Semarang", "conflict"),
        ("Kota Semarang", "Jawa Tengah", "equal"),
        ("Kota Semarang", "Kota Bandung", "conflict"),
        ("kec. Tembalang Kota Semarang", "kec. Ngaliyan Kota Semarang", "conflict"),
        ("kec. Tembalang Kota Semarang", "Kota Semarang", "equal"),
        ("Kota Semarang", "lampu mati", ""),
    ],
)
def test_regions(compared: Compare, one: str, other: str, verdict: str) -> None:
    """Two districts of one city are two places; a district lies in its city."""
    assert compared(one, other).regions == verdict


def test_what_a_map_fills_in(compared: Compare) -> None:
    """Two houses in the fields alone may be of two telephones at one hole; two streets are two places."""
    near = compared("gelap", "gelap", "Jl. Mawar No. 5 RT 3", "Jl. Mawar No. 9 RT 4")
    assert near.apart == {"house", "rt"}
    assert not conflicting_place(near)
    assert conflicting_place(compared("gelap", "gelap", "Jl. Mawar No. 5", "Jl. Melati No. 5")) == "street"
    # What a text says counts, wherever the telephone was.
    assert conflicting_place(compared("Jl. Mawar gelap", "Jl. Melati gelap", "Jl. Anggrek", "Jl. Anggrek")) == "street"


@pytest.mark.parametrize(
    ("one", "other", "two"),
    [
        ("a.n. Siti Contoh", "a.n. Budi Misal", True),
        ("a.n. Siti Contoh NIK 3174014101900001", "a.n. Contoh Siti NIK 3174014101900001", False),
        ("NIK 3174014101900001 hp 081200000001", "NIK 3174014101900002 hp 081200000001", True),
        ("hp 081200000001", "hp 081200000002", True),
        ("NIK 3174014101900001", "hp 081200000002", False),
    ],
)
def test_persons(compared: Compare, one: str, other: str, *, two: bool) -> None:
    """One person's card settles it; one telephone may report for two."""
    assert names_two_persons(compared(one, other)) is two
