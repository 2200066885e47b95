"""Salutations in invented letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalize.duplicates.reading.salutation import find_salutations


@pytest.mark.parametrize(
    ("text", "remaining_text"),
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
def test_salutation_ends_with_its_sentence(text: str, remaining_text: str) -> None:
    """A salutation ends with its line or sentence, or before the first word of the message."""
    for start, end in reversed(list(find_salutations(text))):
        text = text[:start] + text[end:]
    assert text == remaining_text


@given(st.text(max_size=300), st.text(max_size=300))
def test_spans_lie_in_any_text(beginning: str, rest: str) -> None:
    """The spans lie in the text, in order, and are not empty."""
    text = f"{beginning} yth {rest}"
    spans = list(find_salutations(text))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
