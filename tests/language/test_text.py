"""The stored form of text, and its letters in their plainest form."""

# ruff: noqa: RUF001 - letters in disguise are what is tested

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.text import clean_text, fold_text

# All of Unicode that has letters with other forms: Han and Hangul have none that matter here.
BLOCKS = (range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x10600), range(0x1D000, 0x20000))
SAMPLE_REPORTS = [chr(code) for block in BLOCKS for code in block]


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("ja\u00adlan", "jalan"),
        ("\u2066jalan\u2069 \u061crusak", "jalan rusak"),
        ("e\u200b\u0301", "é"),
        ("a\x85b\x9fc", "a b c"),
        ("JALAN   RUSAK 😡 👍🏽", "JALAN RUSAK 😡 👍🏽"),
        ("jаlan ｒｕｓａｋ", "jаlan ｒｕｓａｋ"),
    ],
)
def test_cleaned_text(typed: str, cleaned: str) -> None:
    """Invisible characters are removed; emoji, capitals and letters of any alphabet stay."""
    assert clean_text(typed) == cleaned


@given(st.text(st.one_of(st.characters(), st.sampled_from("e\u0301\u200b\u00ad\u2066\r\n \x85"))))
def test_cleaned_text_stays(text: str) -> None:
    """Cleaned text is composed and stays the same, also with characters between a letter and its accent."""
    assert clean_text(clean_text(text)) == clean_text(text) == unicodedata.normalize("NFC", clean_text(text))


def test_every_letter_becomes_one_character() -> None:
    """Each character has a plain form of one character, alone and within a word, which stays the same."""
    for text in (" ".join(SAMPLE_REPORTS), " ".join(f"a{letter}b" for letter in SAMPLE_REPORTS)):
        assert len(fold_text(text)) == len(text)
        assert fold_text(fold_text(text)) == fold_text(text)


@given(st.text())
def test_positions_stay(text: str) -> None:
    """Any text has the same length in its plain form."""
    assert len(fold_text(text)) == len(text)
    assert fold_text(fold_text(text)) == fold_text(text)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("JALAN", "jalan"),
        ("ＪＡＬＡＮ １２", "jalan 12"),
        ("𝐉𝓪𝔩𝕒𝚗 𝟙𝟚", "jalan 12"),
        ("ᴊᴀʟᴀɴ", "jalan"),
        ("Décor Łódź İlk", "decor lodz ilk"),
        ("٣ ꧓", "3 3"),
        ("5 m²", "5 m2"),
        ("do’a Jum‘at", "do'a jum'at"),
        ("Jakarta–Bandung", "jakarta-bandung"),
    ],
)
def test_plain_letters(typed: str, plain: str) -> None:
    """Letters and digits in other styles get their plain form."""
    assert fold_text(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [("jаlаn", "jalan"), ("ΝΙK", "nik"), ("Аir", "air"), ("Москва", "москва"), ("Αθήνα", "αθήνα"), ("ꦗꦭꦤ꧀", "ꦗꦭꦤ꧀")],
)
def test_letters_of_another_alphabet(typed: str, plain: str) -> None:
    """They become Latin letters only within a Latin word: Russian, Greek and Javanese words stay."""
    assert fold_text(typed) == plain
