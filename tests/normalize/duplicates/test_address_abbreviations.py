"""Expansion of the abbreviations in addresses of maps."""

import pytest

from normalize.duplicates.reading.address_abbreviations import expand_abbreviations


@pytest.mark.parametrize(
    ("address", "expanded"),
    [
        ("Jl. Kb. Nanas No.7, RT.2/RW.9, Ps. Minggu", "Jl. Kebon Nanas No.7, RT.2/RW.9, Pasar Minggu"),
        ("Rw. Buaya, Kota Jkt Barat", "Rawa Buaya, Kota Jakarta Barat"),
        ("Tj. Duren Sel., West Jakarta City", "Tanjung Duren Selatan, kota Jakarta barat"),
        ("Cemp. Putih Tim.", "Cempaka Putih Timur"),
        ("Garut Regency, West Java", "kabupaten Garut, kota Java barat"),
        ("JL. TJ. LENGKONG RW. 05", "JL. Tanjung LENGKONG RW. 05"),
        ("Jl. M.T. Wiranata", "Jl. M.T. Wiranata"),
    ],
)
def test_abbreviations_are_expanded(address: str, expanded: str) -> None:
    """Abbreviations of a map become full words; RW before a number stays RW."""
    assert " ".join(expand_abbreviations(address).split()) == expanded


@pytest.mark.parametrize("part", ["Unnamed Road", "Indonesia", "13330", "Daerah Khusus Ibukota", "Q9MV+2XG"])
def test_uninformative_parts_are_removed(part: str) -> None:
    """Parts that every address has, and codes of a map, are removed."""
    assert part.lower() not in expand_abbreviations(f"{part}, Bidara Cina, {part}").lower()
