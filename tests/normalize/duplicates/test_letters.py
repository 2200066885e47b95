"""Whom a letter is for, and the forms in which addresses are written. All is invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalize.duplicates.addresses import spelled_out
from normalize.duplicates.salutation import addressed


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Yth. Bapak Bupati Wonosekar\nJalan rusak", "\nJalan rusak"),
        ("Kepada Yth. Menteri Kesehatan RI di Jakarta, saya Wira", ", saya Wira"),
        ("Kpd yth: Kepala Dinas PU Kab. Wonosekar. Jembatan retak", ". Jembatan retak"),
        ("yth kantor imigrasi mohon bantuan", " mohon bantuan"),
        ("Yang terhormat Bapak Gubernur, kami warga", ", kami warga"),
        ("Lapor. Yth Bpk. H. Wira Utama selaku camat\nlampu padam", "Lapor. \nlampu padam"),
        ("Jalan rusak sejak Mei", "Jalan rusak sejak Mei"),
        ("Disampaikan kepada warga bahwa air mati", "Disampaikan kepada warga bahwa air mati"),
    ],
)
def test_whom_a_letter_is_for(text: str, left: str) -> None:
    """The salutation up to the end of its line or sentence, or to where the matter begins."""
    for start, end in reversed(list(addressed(text))):
        text = text[:start] + text[end:]
    assert text == left


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_letter(one: str, other: str) -> None:
    """What is found lies in the text, in order, and is not empty."""
    text = f"{one} yth {other}"
    found = list(addressed(text))
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("address", "full"),
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
def test_addresses_of_maps(address: str, full: str) -> None:
    """What a map abbreviates is written in full; RW before a number stays one."""
    assert " ".join(spelled_out(address).split()) == full


@pytest.mark.parametrize("nothing", ["Unnamed Road", "Indonesia", "13330", "Daerah Khusus Ibukota", "Q9MV+2XG"])
def test_what_says_nothing_of_a_place(nothing: str) -> None:
    """What every address has, or a map says of no place, is left out."""
    assert nothing.lower() not in spelled_out(f"{nothing}, Bidara Cina, {nothing}").lower()
