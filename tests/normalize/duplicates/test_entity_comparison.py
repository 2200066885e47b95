"""Comparison of the entities in two invented complaints."""

from collections.abc import Callable

import pytest

from app.explanation.reading import ExplainedMessage
from normalize.duplicates.comparison.entity_comparison import (
    EntityComparison,
    compare_entities,
    conflicting_place,
    names_two_persons,
)
from tests.normalize.duplicates.conftest import ReadMessage

CompareTexts = Callable[..., EntityComparison]


@pytest.fixture(scope="module")
def compare_texts(read_message: ReadMessage) -> CompareTexts:
    """Returns the comparison of two texts with an address each, after a check that both orders give the same."""

    def compare(first: str, second: str, first_address: str = "", second_address: str = "") -> EntityComparison:
        first_comparable = read_message(ExplainedMessage(id="1", text=first, address=first_address))
        second_comparable = read_message(ExplainedMessage(id="2", text=second, address=second_address))
        comparison = compare_entities(first_comparable, second_comparable)
        assert compare_entities(second_comparable, first_comparable) == comparison
        return comparison

    return compare


@pytest.mark.parametrize(
    ("kind", "first", "second", "verdict"),
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
def test_kinds(compare_texts: CompareTexts, kind: str, first: str, second: str, verdict: str) -> None:
    """Each kind has its rule; a kind that one text does not name is neither equal nor in conflict."""
    comparison = compare_texts(first, second)
    assert {"equal": kind in comparison.equal, "conflict": kind in comparison.conflict}.get(verdict, True)
    assert verdict or kind not in comparison.equal | comparison.conflict


@pytest.mark.parametrize(
    ("first", "second", "relation"),
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
def test_regions(compare_texts: CompareTexts, first: str, second: str, relation: str) -> None:
    """Two districts of one city are two places; a district lies in its city."""
    assert compare_texts(first, second).region_relation == relation


def test_address_fields_of_a_map(compare_texts: CompareTexts) -> None:
    """Two houses in the address fields may come from two telephones at one hole; two streets are two places."""
    two_houses = compare_texts("gelap", "gelap", "Jl. Mawar No. 5 RT 3", "Jl. Mawar No. 9 RT 4")
    assert two_houses.address_conflict == {"house", "rt"}
    assert not conflicting_place(two_houses)
    two_streets = compare_texts("gelap", "gelap", "Jl. Mawar No. 5", "Jl. Melati No. 5")
    assert conflicting_place(two_streets) == "street"
    # Streets in the texts count, wherever the telephone was.
    streets_in_texts = compare_texts("Jl. Mawar gelap", "Jl. Melati gelap", "Jl. Anggrek", "Jl. Anggrek")
    assert conflicting_place(streets_in_texts) == "street"


@pytest.mark.parametrize(
    ("first", "second", "two_persons"),
    [
        ("a.n. Siti Contoh", "a.n. Budi Misal", True),
        ("a.n. Siti Contoh NIK 3174014101900001", "a.n. Contoh Siti NIK 3174014101900001", False),
        ("NIK 3174014101900001 hp 081200000001", "NIK 3174014101900002 hp 081200000001", True),
        ("hp 081200000001", "hp 081200000002", True),
        ("NIK 3174014101900001", "hp 081200000002", False),
    ],
)
def test_persons(compare_texts: CompareTexts, first: str, second: str, *, two_persons: bool) -> None:
    """An equal card is one person; one telephone may report for two."""
    assert names_two_persons(compare_texts(first, second)) is two_persons
