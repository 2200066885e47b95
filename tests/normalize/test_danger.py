"""Danger: messages about danger to life now are recognised; the past, denials, possibilities and idioms are not."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.corpus import load_messages
from config.reference.danger_phrases import KINDS, YEAR, load_danger_rows
from config.reference.table_reader import TableError
from normalize.classification.danger import DangerReader
from tests.support.paths import DATA, SHARED

READER = DangerReader(load_danger_rows())


def load_invented() -> list[tuple[str, str]]:
    """Return the danger and the text of the messages in `tests/data/danger.csv`. Nobody sent them."""
    with (DATA / "danger.csv").open(encoding="utf-8", newline="") as file:
        return [(row["danger"], row["text"]) for row in csv.DictReader(file)]


def test_no_message_without_danger_is_marked() -> None:
    """Risks, past events, denials and idioms with the same words are not marked."""
    harmless = [text for danger, text in load_invented() if not danger]
    assert len(harmless) > 100
    assert [text for text in harmless if READER.danger(text)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_danger_is_recognised(kind: str) -> None:
    """At least 95 % of the invented messages of each kind are marked, also in Javanese and Sundanese."""
    texts = [text for danger, text in load_invented() if danger == kind]
    recognised = [text for text in texts if READER.danger(text) == kind]
    assert len(texts) > 20
    assert len(recognised) / len(texts) >= 0.95


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        ("tolong damkar segera", "Kebakaran rumah di Jl. Contoh", "fire"),
        ("rumah KEBAKARAAAN", "", "fire"),
        ("Tahun lalu pasar kebakaran. Los sementara bocor dan gelap. " * 3, "", ""),
        ("Tahun lalu pasar kebakaran, dan sekarang kebakaran pasar lagi. Los sementara bocor. " * 3, "", "fire"),
        ("kalau kebakaran pasar bagaimana", "", ""),
        ("kebakaran pasar jika kabel dibiarkan", "", ""),
        ("tidak ada kebakaran di pasar", "", ""),
        ("anak tenggelam. " + "x" * 3_000, "", "disaster"),
        ("", "", ""),
    ],
)
def test_rules(text: str, title: str, expected: str) -> None:
    """The title counts. The past cancels unless the present is named; denial, possibility and condition cancel."""
    assert READER.danger(text, title) == expected


@pytest.mark.parametrize("frame", ["{}", "Tolong, {} sekarang!", "Ada warga: {}/di jalan", "tolong-{}\n(segera)"])
def test_the_quick_check_hides_no_danger(frame: str) -> None:
    """Each phrase leads to the same result in a text that the check reads, and with a sign that it does not know."""
    phrases = [phrase.replace(YEAR, "2024") for row in load_danger_rows() if row.is_danger for phrase in row.phrases]
    texts = [frame.format(phrase) for phrase in phrases]
    dangers = [READER.danger(text) for text in texts]
    assert sum(map(bool, dangers)) > len(texts) / 4
    assert dangers == [READER.danger(f"{text} \u00e9") for text in texts]


@given(text=st.text(max_size=300), title=st.text(max_size=40))
def test_any_text_is_read(text: str, title: str) -> None:
    """Any text is read without an error."""
    assert READER.danger(text, title) in {"", *KINDS}


def test_few_real_reports_are_marked() -> None:
    """Of the real reports and posts, which were no emergencies, at most one in 500 is marked."""
    if not (SHARED / "complaints").exists():
        pytest.skip("the real reports are not on this machine")
    messages = [message for message in load_messages(SHARED) if message.source in {"report", "tweet"}]
    marked = [message for message in messages if READER.danger(message.text, message.title)]
    assert len(marked) / len(messages) < 0.002


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Api,,,kobong", "line 2: 'Api' is neither fire"),
        ("fire,gedung,,kobong", "line 2: no row means 'gedung'"),
        ("gedung,,not,rumah", "line 2: gedung is no kind of danger"),
        ("fire,,idiom,kobong", "line 2: 'idiom' under unless is none of not"),
        ("fire,,,", "line 2: it has no phrase"),
        ("fire,,,Kobong", "line 2: 'Kobong' is not in small letters"),
    ],
)
def test_a_wrong_row_is_refused(tmp_path: Path, row: str, fault: str) -> None:
    """The error has the line and the fault."""
    path = tmp_path / "dangers.csv"
    path.write_text(f"means,near,unless,phrases\n{row}\n")
    with pytest.raises(TableError, match=fault):
        load_danger_rows(path)
