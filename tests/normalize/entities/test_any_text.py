"""Properties of extraction for any text, and for real reports."""

import csv
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.ordinary_words import split_words
from language.places.gazetteer import Gazetteer
from normalize.entities import Entity, EntityKind, extract_entities
from tests.support.paths import SHARED
from tests.support.rules import language_of

_GAZETTEER = language_of().gazetteer
# Words that readers look at, and signs between them.
_PIECES = st.sampled_from(
    (
        *split_words(
            "Jl. jalan raya tol gang RT RW 03 /05 blok C2 no. 7 km 12,5 kel. desa kec. Kota kab Semarang Tebet a.n."
        ),
        *split_words(
            "Nama : saya SITI Pak cabang Rp 1.500.000 juta 3 hari 2x24 jam 12/3/17 Maret 2017 tgl bulan minggu lalu"
        ),
        *split_words(
            "NIK KK +62 3174014101900001 0812-0000-0001 B 1234 XYZ resi EE123456785ID [***]56 xxxxx *** a@b.id"
        ),
        *split_words("www.x.go.id www. http:// .com @ sd SDN puskesmas depan Indomaret dinas perhubungan satu sebulan"),
        *split_words("% - , . ( ) İ ß ٣ é"),
        *("\n", "\u00d7", "\u2013", ""),
    )
)
_TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(_PIECES, max_size=40).map(" ".join),
    st.lists(_PIECES, max_size=40).map("".join),
)


def _assert_valid(text: str, entities: tuple[Entity, ...]) -> None:
    assert all(0 <= entity.start < entity.end <= len(text) for entity in entities)
    assert all(text[entity.start : entity.end].strip() and entity.value for entity in entities)
    assert [entity.start for entity in entities] == sorted(entity.start for entity in entities)


@settings(max_examples=600, deadline=None)
@given(_TEXTS)
def test_any_text_gives_valid_entities(text: str) -> None:
    """Each entity of any text lies in it, in order, and has a value; the same text gives the same entities."""
    entities = extract_entities(text, _GAZETTEER)
    _assert_valid(text, entities)
    assert extract_entities(text, _GAZETTEER) == entities


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["a.", "1", "jl ", "Semarang ", "12.", "***", "x", "a@", "[", "RT 1/", "no. ", "jl melati "]
)
def test_long_texts_are_read(piece: str) -> None:
    """A text of one piece, repeated, is read to its end."""
    text = piece * (40_000 // len(piece))
    _assert_valid(text, extract_entities(text, _GAZETTEER))


def _reports() -> list[dict[str, str]]:
    file = SHARED / "complaints" / "national_2017_dev.csv"
    if not file.exists():
        pytest.skip("the shared complaints are not here")
    with file.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def test_real_reports(gazetteer: Gazetteer) -> None:
    """Most real reports name a place or a time."""
    kinds: Counter[EntityKind] = Counter()
    without_entities = 0
    for row in _reports():
        text = f"{row['title']}\n{row['text']}"
        entities = extract_entities(text, gazetteer)
        _assert_valid(text, entities)
        kinds.update(entity.kind for entity in entities)
        without_entities += not entities
    assert without_entities < 250
    assert kinds[EntityKind.CITY] > 300
    assert kinds[EntityKind.STREET] > 100
    assert kinds[EntityKind.NUMBER] == 0  # they were masked
