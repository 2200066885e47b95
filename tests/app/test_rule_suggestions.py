"""Suggestions: one row of a copy of the tables is changed or added, and all others stay as they were."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.suggestions.rule_suggestions import RuleSuggestion, make_suggestion, write_suggestion
from app.operations.suggestions.table_edits import InvalidSuggestion, TableKind, edit_table
from config.reference.slang import load_slang
from language import phrase_index
from language.words import WordReader
from router.rules_loading import load_rules_of_folder
from tests.support.rules import SHIPPED

pytestmark = pytest.mark.slow

PLN = 'bumn-pln,bumn,"PT PLN, Persero",PLN,perusahaan listrik negara'
SEMARANG = "kota-3374,kota,Kota Semarang,"
LAMPS = "pju,PERHUBUNGAN,3,pju|lampu penerangan jalan"
WASTE = "sampah,LINGKUNGAN HIDUP,2,sampah ~ menumpuk"
AGENCIES = f"""code,kind,name,acronym,aliases,places,region,parent
{PLN},,,
{SEMARANG},,"semarang",33.74,provinsi-33

triage,triage,Admin Pusat,,,,,
"""
PLACES = """name,codes,alone
aceh,,yes
"genuk",,capital
tembalang,33.74,no"""
TOPICS = f"""topic,category,weight,words,unless
{LAMPS},
pju,PERHUBUNGAN,2,lampu ~ padam,lampu lalu lintas
pju,PERHUBUNGAN,1,gelap,
{WASTE},"""


def plain(text: str) -> Sequence[str]:
    """Return the words of a text as institutions and places are read."""
    return phrase_index.normalize_phrase(text).split()


def suggest(kind: TableKind, key: str, phrase: str, weight: str = "2") -> RuleSuggestion:
    """Return a suggestion of a phrase in its normal form."""
    return make_suggestion(kind, key, phrase, plain, weight)


@pytest.mark.parametrize(
    ("table", "suggestion", "line", "row"),
    [
        (AGENCIES, suggest("alias", "bumn-pln", "PLN ULP"), 1, f"{PLN}|pln ulp,,,"),
        (
            AGENCIES,
            suggest("alias", "kota-3374", "pasar Genuk"),
            2,
            f"{SEMARANG},pasar genuk,semarang,33.74,provinsi-33",
        ),
        (AGENCIES, suggest("alias", "triage", "kantor lama"), 4, "triage,triage,Admin Pusat,,kantor lama,,,"),
        (PLACES, suggest("place", "33.74", "genuk"), 2, "genuk,33.74,capital"),
        (PLACES, suggest("place", "33.21", "tembalang"), 3, "tembalang,33.74|33.21,no"),
        (TOPICS, suggest("topic", "pju", "Jalan Gelap", "3"), 1, f"{LAMPS}|jalan gelap,"),
        (TOPICS, suggest("topic", "pju", "gulita", "1.0"), 3, "pju,PERHUBUNGAN,1,gelap|gulita,"),
        (TOPICS, suggest("topic", "sampah", "bau ~ sampah"), 4, f"{WASTE}|bau ~ sampah,"),
    ],
)
def test_one_row_is_changed(table: str, suggestion: RuleSuggestion, line: int, row: str) -> None:
    """Only the changed line differs, also with quotes, empty lines and a missing last line end."""
    text, changed = edit_table(table, suggestion.edit)
    old_lines, new_lines = table.split("\n"), text.split("\n")
    assert changed == row
    assert {index for index, pair in enumerate(zip(old_lines, new_lines, strict=True)) if pair[0] != pair[1]} == {line}
    assert new_lines[line] == row


@pytest.mark.parametrize(
    ("table", "suggestion", "line", "row"),
    [
        (PLACES, suggest("place", "33.74.05", "Pasar Genuk"), 3, "pasar genuk,33.74.05,yes"),
        (PLACES, suggest("place", "33.74", "aa"), 1, "aa,33.74,capital"),
        (PLACES, suggest("place", "33.74", "unnes"), 4, "unnes,33.74,capital"),
        (TOPICS, suggest("topic", "pju", "lampu jalan"), 4, "pju,PERHUBUNGAN,2,lampu jalan,"),
        (TOPICS, suggest("topic", "sampah", "tps", "3"), 5, "sampah,LINGKUNGAN HIDUP,3,tps,"),
    ],
)
def test_one_row_is_added(table: str, suggestion: RuleSuggestion, line: int, row: str) -> None:
    """A place is added by its name, a topic's phrase after its rows if none has that weight."""
    text, changed = edit_table(table, suggestion.edit)
    new_lines = text.split("\n")
    assert new_lines.pop(line) == changed == row
    assert [line_text for line_text in new_lines if line_text] == [
        line_text for line_text in table.split("\n") if line_text
    ]


@pytest.mark.parametrize(
    ("table", "suggestion", "message"),
    [
        (AGENCIES, suggest("alias", "kota-9999", "x y"), "There is no institution kota-9999"),
        (AGENCIES, suggest("alias", "kota-3374", "Perusahaan Listrik Negara"), "is an alias of bumn-pln already"),
        (AGENCIES, suggest("place", "33", "x y"), "no column codes"),
        (PLACES, suggest("alias", "bumn-pln", "x y"), "no column aliases"),
        (PLACES, suggest("place", "33.74", "tembalang"), "is a name of 33.74 already"),
        (TOPICS, suggest("topic", "tiada", "x y"), "There is no topic tiada"),
        (TOPICS, suggest("topic", "pju", "gelap", "3"), "is evidence for pju already, with weight 1"),
        (TOPICS, suggest("topic", "pju", "x y", "berat"), "'berat' is not a number"),
        ("", suggest("alias", "bumn-pln", "x"), "cannot be read"),
        ("code,aliases\na\n", suggest("alias", "a", "x"), "cannot be read"),
        ('code,aliases\n"a,b\n', suggest("alias", "a", "x"), "cannot be read"),
        ("name,codes,alone\n", suggest("place", "33", "x"), "no rows"),
    ],
)
def test_an_unfitting_suggestion_is_refused(table: str, suggestion: RuleSuggestion, message: str) -> None:
    """A suggestion that does not fit the table is refused with the reason."""
    with pytest.raises(InvalidSuggestion) as caught:
        edit_table(table, suggestion.edit)
    assert message in str(caught.value)


CELLS = st.text(st.sampled_from('ab,"\n\r ü|x'), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6), st.sampled_from(("\n", "\r\n")), st.integers(0, 6))
def test_any_table_keeps_its_other_rows(cells: list[tuple[str, str, str]], end: str, index: int) -> None:
    """The bytes before and after the changed row stay the same, with any quotes and line ends."""

    def line(*values: str) -> str:
        return ",".join('"' + value.replace('"', '""') + '"' for value in values) + end

    lines = [line(f"code {number}", *row) for number, row in enumerate(cells)]
    index = min(index, len(lines))
    text_before, text_after = "".join(lines[:index]), "".join(lines[index:])
    header = f"code,aliases,name,more{end}"
    text, row = edit_table(f"{header}{text_before}me,,x,y{end}{text_after}", suggest("alias", "me", "pasar genuk").edit)
    assert row == "me,pasar genuk,x,y"
    assert text == f"{header}{text_before}{row}{end}{text_after}"
    assert len(list(csv.reader(text.splitlines(keepends=True), strict=True))) == len(lines) + 2


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "one or more words"),
        (" - ", "one or more words"),
        ("x" * 81, "one or more words"),
        ("rumah 0812 3456 7890", "may belong to a person"),
        ("@budi_contohnya", "may belong to a person"),
    ],
)
def test_a_private_phrase_is_refused(typed: str, message: str) -> None:
    """A number or a handle is refused, because tables are public."""
    with pytest.raises(InvalidSuggestion, match=message):
        make_suggestion("alias", "bumn-pln", typed, plain)


def test_a_topic_phrase_is_normalised() -> None:
    """Slang is expanded, each part is normalised alone, and an empty part is refused."""
    words = WordReader(load_slang())

    def normalize(text: str) -> list[str]:
        return [word.normal for word in words.read_words(text)]

    suggestion = make_suggestion("topic", "pju", "Lampu2 jln~mati", normalize)
    assert suggestion.edit.phrase == "lampu lampu jalan ~ mati"
    assert suggestion.occurs_in("sudah MATI semua lampu-lampu di kampung, yaitu lampu2 jln")
    assert not suggestion.occurs_in("lampu-lampu jalan")
    with pytest.raises(InvalidSuggestion):
        make_suggestion("topic", "pju", "lampu ~ ", normalize)


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """Return a folder of tables in use."""
    folder = tmp_path / "live"
    folder.mkdir()
    for name, text in (("agencies.csv", AGENCIES), ("places.csv", PLACES), ("topics.csv", TOPICS)):
        (folder / name).write_bytes(text.encode())
    (folder / "notes.txt").write_text("not a table")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_suggestions_are_collected_in_a_copy(live: Path, tmp_path: Path) -> None:
    """The tables in use stay the same, and each suggestion is added to the copy."""
    live_contents, copy = contents(live), tmp_path / "new" / "copy"
    loaded_files: list[list[str]] = []

    def load(folder: Path) -> None:
        loaded_files.append(sorted(path.name for path in folder.iterdir()))

    write_suggestion(copy, live, suggest("alias", "bumn-pln", "ulp"), load)
    write_suggestion(copy, live, suggest("alias", "kota-3374", "genuk"), load)
    row = write_suggestion(copy, live, suggest("place", "33.74", "genuk"), load)
    assert contents(live) == live_contents
    assert row == "genuk,33.74,capital"
    copy_contents = contents(copy)
    assert sorted(copy_contents) == ["agencies.csv", "places.csv", "topics.csv"] == loaded_files[0] == loaded_files[-1]
    assert b"negara|ulp," in copy_contents["agencies.csv"]
    assert b",genuk," in copy_contents["agencies.csv"]
    assert copy_contents["topics.csv"] == live_contents["topics.csv"]


def test_a_suggestion_that_does_not_load_changes_nothing(live: Path, tmp_path: Path) -> None:
    """A suggestion that does not load leaves no new folder and no changed row."""

    def fails(folder: Path) -> None:
        raise ValueError(f"{folder}/agencies.csv: a fault")

    copy = tmp_path / "copy"
    with pytest.raises(InvalidSuggestion, match=f"do not load: {copy}/agencies.csv: a fault"):
        write_suggestion(copy, live, suggest("alias", "bumn-pln", "ulp"), fails)
    assert not copy.exists()
    write_suggestion(copy, live, suggest("alias", "bumn-pln", "ulp"), lambda folder: folder)
    copy_contents = contents(copy)
    with pytest.raises(InvalidSuggestion):
        write_suggestion(copy, live, suggest("alias", "bumn-pln", "uid"), fails)
    assert contents(copy) == copy_contents


@pytest.mark.parametrize(
    ("into", "message"),
    [
        (lambda live: live, "is in use"),
        (lambda live: live / ".." / "live", "is in use"),
        (lambda live: live / "notes.txt", "is not a folder"),
        (lambda live: live.parent, "has other files"),
    ],
)
def test_another_folder_is_refused(live: Path, into: Callable[[Path], Path], message: str) -> None:
    """The tables in use and other files are not overwritten."""
    live_contents = contents(live)
    with pytest.raises(InvalidSuggestion, match=message):
        write_suggestion(into(live), live, suggest("alias", "bumn-pln", "ulp"), lambda folder: folder)
    assert contents(live) == live_contents


def test_a_missing_table_is_named(live: Path, tmp_path: Path) -> None:
    """A missing table is named."""
    (live / "places.csv").unlink()
    with pytest.raises(InvalidSuggestion, match=r"There is no places\.csv"):
        write_suggestion(tmp_path / "copy", live, suggest("place", "33", "x"), lambda folder: folder)


@pytest.mark.parametrize(
    ("suggestion", "message"),
    [
        (suggest("alias", "bumn-pln", "pasar contoh raya"), ""),
        (suggest("place", "33.74", "pasar contoh raya"), ""),
        (suggest("alias", "bumn-pln", "kemenkes"), "already names kementerian-kemenkes"),
        (suggest("place", "99.99", "pasar contoh raya"), "99.99 is no region"),
    ],
)
def test_the_shipped_tables(tmp_path: Path, suggestion: RuleSuggestion, message: str) -> None:
    """One line of the shipped tables changes; a suggestion that they cannot load is refused."""
    copy = tmp_path / "copy"
    if message:
        with pytest.raises(InvalidSuggestion, match=message):
            write_suggestion(copy, SHIPPED, suggestion, load_rules_of_folder)
        return
    row = write_suggestion(copy, SHIPPED, suggestion, load_rules_of_folder)
    shipped_lines, edited_lines = ((folder / suggestion.table).read_text().splitlines() for folder in (SHIPPED, copy))
    assert set(edited_lines) - set(shipped_lines) == {row}
    assert len(set(shipped_lines) - set(edited_lines)) <= 1


def test_every_kind_has_a_table() -> None:
    """Every kind of suggestion has a table."""
    assert {suggest(kind, "x", "y").table for kind in get_args(TableKind)} == {
        "agencies.csv",
        "places.csv",
        "topics.csv",
    }
