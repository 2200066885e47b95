"""What holds for any text, and for the real ones."""

import csv
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.places.gazetteer import Gazetteer
from normalize.entities import Entity, EntityKind, extract_entities
from normalize.entities.common_words import split_words
from tests.support.paths import SHARED
from tests.support.rules import language_of

_GAZETTEER = language_of().gazetteer
# Words that readers look at, and what may stand between them.
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


def _hold(text: str, found: tuple[Entity, ...]) -> None:
    assert all(0 <= finding.start < finding.end <= len(text) for finding in found)
    assert all(text[finding.start : finding.end].strip() and finding.value for finding in found)
    assert [finding.start for finding in found] == sorted(finding.start for finding in found)


@settings(max_examples=600, deadline=None)
@given(_TEXTS)
def test_total(text: str) -> None:
    """Any text is read: each finding lies in it, in order, and says something; the same text says the same."""
    found = extract_entities(text, _GAZETTEER)
    _hold(text, found)
    assert extract_entities(text, _GAZETTEER) == found


@pytest.mark.parametrize(
    "piece", ["a.", "1", "jl ", "Semarang ", "12.", "***", "x", "a@", "[", "RT 1/", "no. ", "jl melati "]
)
def test_long_texts(piece: str) -> None:
    """The same piece over and over is read to its end."""
    text = piece * (40_000 // len(piece))
    _hold(text, extract_entities(text, _GAZETTEER))


def _reports() -> list[dict[str, str]]:
    file = SHARED / "complaints" / "national_2017_dev.csv"
    if not file.exists():
        pytest.skip("the shared complaints are not here")
    with file.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def test_real_reports(gazetteer: Gazetteer) -> None:
    """Real reports are read; most say a place or a time, none is full of nothing but findings."""
    kinds: Counter[EntityKind] = Counter()
    silent = 0
    for row in _reports():
        text = f"{row['title']}\n{row['text']}"
        found = extract_entities(text, gazetteer)
        _hold(text, found)
        kinds.update(finding.kind for finding in found)
        silent += not found
    assert silent < 250
    assert kinds[EntityKind.CITY] > 300
    assert kinds[EntityKind.STREET] > 100
    assert kinds[EntityKind.NUMBER] == 0  # they were masked
