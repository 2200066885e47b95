"""Stems by which a search finds the forms of a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.stems import stems


@pytest.mark.parametrize(
    ("forms", "shared"),
    [
        (("berlubang", "lubangnya", "lubang"), "lubang"),
        (("perbaikan", "diperbaiki", "memperbaiki"), "baik"),
        (("menyapu", "sapu"), "sapu"),
        (("memukul", "dipukul"), "pukul"),
        (("menutup", "penutupan", "tertutup", "tutuplah"), "tutup"),
        (("mengirim", "kiriman"), "kirim"),
        (("mengambil", "diambil"), "ambil"),
        (("kebakaran", "terbakar"), "bakar"),
        (("pelayanan", "layanan", "melayani"), "layan"),
        (("kerusakan", "rusaknya", "dirusak"), "rusak"),
    ],
)
def test_forms_of_a_word_share_a_stem(forms: tuple[str, ...], shared: str) -> None:
    """Prefixes, endings and the letters that a prefix hides."""
    assert [form for form in forms if shared not in {form, *stems(form)}] == []


@pytest.mark.parametrize("word", ["jalan", "lampu", "dinas", "2026", "pln", "ktp", "", "ada"])
def test_a_word_without_an_affix_has_none(word: str) -> None:
    """Short words are left as they are: "dinas" is no form of "nas"."""
    assert stems(word) == frozenset()


@given(st.text(max_size=60))
def test_any_text_has_stems_of_letters(text: str) -> None:
    """Nothing that a query of a database could read as a sign, and never the word itself."""
    assert all(stem.isalpha() and stem != text for stem in stems(text))
