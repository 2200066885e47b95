"""Suggestions: one row of a copy of the tables is changed or added, and all others stay as they were."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.rule_suggestions import RuleSuggestion, make_suggestion, write_suggestion
from app.operations.table_edits import InvalidSuggestion, TableKind, edit_table
from config.reference.slang import load_slang
from language import phrase_index
from language.words import WordReader
from router.rules_loading import load_rules_of_folder
from tests.support.rules import SHIPPED

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
    """The words of a text, as institutions and places are read."""
    return phrase_index.normalize_phrase(text).split()


def wanted(kind: TableKind, key: str, phrase: str, weight: str = "2") -> RuleSuggestion:
    """A suggestion of a phrase that is in its normal form."""
    return make_suggestion(kind, key, phrase, plain, weight)


@pytest.mark.parametrize(
    ("table", "told", "line", "row"),
    [
        (AGENCIES, wanted("alias", "bumn-pln", "PLN ULP"), 1, f"{PLN}|pln ulp,,,"),
        (
            AGENCIES,
            wanted("alias", "kota-3374", "pasar Genuk"),
            2,
            f"{SEMARANG},pasar genuk,semarang,33.74,provinsi-33",
        ),
        (AGENCIES, wanted("alias", "triage", "kantor lama"), 4, "triage,triage,Admin Pusat,,kantor lama,,,"),
        (PLACES, wanted("place", "33.74", "genuk"), 2, "genuk,33.74,capital"),
        (PLACES, wanted("place", "33.21", "tembalang"), 3, "tembalang,33.74|33.21,no"),
        (TOPICS, wanted("topic", "pju", "Jalan Gelap", "3"), 1, f"{LAMPS}|jalan gelap,"),
        (TOPICS, wanted("topic", "pju", "gulita", "1.0"), 3, "pju,PERHUBUNGAN,1,gelap|gulita,"),
        (TOPICS, wanted("topic", "sampah", "bau ~ sampah"), 4, f"{WASTE}|bau ~ sampah,"),
    ],
)
def test_one_row_is_changed(table: str, told: RuleSuggestion, line: int, row: str) -> None:
    """Only its line differs, quotes and empty lines and the missing last line end of the others included."""
    text, changed = edit_table(table, told.edit)
    before, after = table.split("\n"), text.split("\n")
    assert changed == row
    assert {place for place, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]} == {line}
    assert after[line] == row


@pytest.mark.parametrize(
    ("table", "told", "line", "row"),
    [
        (PLACES, wanted("place", "33.74.05", "Pasar Genuk"), 3, "pasar genuk,33.74.05,yes"),
        (PLACES, wanted("place", "33.74", "aa"), 1, "aa,33.74,capital"),
        (PLACES, wanted("place", "33.74", "unnes"), 4, "unnes,33.74,capital"),
        (TOPICS, wanted("topic", "pju", "lampu jalan"), 4, "pju,PERHUBUNGAN,2,lampu jalan,"),
        (TOPICS, wanted("topic", "sampah", "tps", "3"), 5, "sampah,LINGKUNGAN HIDUP,3,tps,"),
    ],
)
def test_one_row_is_added(table: str, told: RuleSuggestion, line: int, row: str) -> None:
    """A place by its name; a phrase of a topic behind its rows, where none has that weight for all reports."""
    text, changed = edit_table(table, told.edit)
    after = text.split("\n")
    assert after.pop(line) == changed == row
    assert [one for one in after if one] == [one for one in table.split("\n") if one]


@pytest.mark.parametrize(
    ("table", "told", "says"),
    [
        (AGENCIES, wanted("alias", "kota-9999", "x y"), "There is no institution kota-9999"),
        (AGENCIES, wanted("alias", "kota-3374", "Perusahaan Listrik Negara"), "is an alias of bumn-pln already"),
        (AGENCIES, wanted("place", "33", "x y"), "no column codes"),
        (PLACES, wanted("alias", "bumn-pln", "x y"), "no column aliases"),
        (PLACES, wanted("place", "33.74", "tembalang"), "is a name of 33.74 already"),
        (TOPICS, wanted("topic", "tiada", "x y"), "There is no topic tiada"),
        (TOPICS, wanted("topic", "pju", "gelap", "3"), "is evidence for pju already, with weight 1"),
        (TOPICS, wanted("topic", "pju", "x y", "berat"), "'berat' is not a number"),
        ("", wanted("alias", "bumn-pln", "x"), "cannot be read"),
        ("code,aliases\na\n", wanted("alias", "a", "x"), "cannot be read"),
        ('code,aliases\n"a,b\n', wanted("alias", "a", "x"), "cannot be read"),
        ("name,codes,alone\n", wanted("place", "33", "x"), "no rows"),
    ],
)
def test_what_does_not_fit_is_refused(table: str, told: RuleSuggestion, says: str) -> None:
    """With what is wrong."""
    with pytest.raises(InvalidSuggestion) as caught:
        edit_table(table, told.edit)
    assert says in str(caught.value)


CELLS = st.text(st.sampled_from('ab,"\n\r ü|x'), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6), st.sampled_from(("\n", "\r\n")), st.integers(0, 6))
def test_any_table_keeps_its_other_rows(cells: list[tuple[str, str, str]], end: str, place: int) -> None:
    """Whatever stands in them, quotes and line ends included: the bytes before and behind the row are the same."""

    def line(*values: str) -> str:
        return ",".join('"' + value.replace('"', '""') + '"' for value in values) + end

    lines = [line(f"code {number}", *row) for number, row in enumerate(cells)]
    place = min(place, len(lines))
    before, after = "".join(lines[:place]), "".join(lines[place:])
    header = f"code,aliases,name,more{end}"
    text, row = edit_table(f"{header}{before}me,,x,y{end}{after}", wanted("alias", "me", "pasar genuk").edit)
    assert row == "me,pasar genuk,x,y"
    assert text == f"{header}{before}{row}{end}{after}"
    assert len(list(csv.reader(text.splitlines(keepends=True), strict=True))) == len(lines) + 2


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "one or more words"),
        (" - ", "one or more words"),
        ("x" * 81, "one or more words"),
        ("rumah 0812 3456 7890", "may belong to a person"),
        ("@budi_contohnya", "may belong to a person"),
    ],
)
def test_what_no_table_should_hold_is_refused(typed: str, says: str) -> None:
    """Tables are read by many: nobody's number or handle goes into one."""
    with pytest.raises(InvalidSuggestion, match=says):
        make_suggestion("alias", "bumn-pln", typed, plain)


def test_a_phrase_of_a_topic_is_read_as_reports_are() -> None:
    """Slang in full, each part for itself; a half of nothing is no phrase."""
    words = WordReader(load_slang())

    def read(text: str) -> list[str]:
        return [word.normal for word in words.of(text)]

    told = make_suggestion("topic", "pju", "Lampu2 jln~mati", read)
    assert told.edit.phrase == "lampu lampu jalan ~ mati"
    assert told.occurs_in("sudah MATI semua lampu-lampu di kampung, yaitu lampu2 jln")
    assert not told.occurs_in("lampu-lampu jalan")
    with pytest.raises(InvalidSuggestion):
        make_suggestion("topic", "pju", "lampu ~ ", read)


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """Tables in use."""
    folder = tmp_path / "live"
    folder.mkdir()
    for name, text in (("agencies.csv", AGENCIES), ("places.csv", PLACES), ("topics.csv", TOPICS)):
        (folder / name).write_bytes(text.encode())
    (folder / "notes.txt").write_text("not a table")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """What stands in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_copy_is_made_and_gone_on_with(live: Path, tmp_path: Path) -> None:
    """What is in use stays as it is; each suggestion comes to those before."""
    before, copy = contents(live), tmp_path / "new" / "copy"
    seen: list[list[str]] = []

    def load(folder: Path) -> None:
        seen.append(sorted(path.name for path in folder.iterdir()))

    write_suggestion(copy, live, wanted("alias", "bumn-pln", "ulp"), load)
    write_suggestion(copy, live, wanted("alias", "kota-3374", "genuk"), load)
    row = write_suggestion(copy, live, wanted("place", "33.74", "genuk"), load)
    assert contents(live) == before
    assert row == "genuk,33.74,capital"
    found = contents(copy)
    assert sorted(found) == ["agencies.csv", "places.csv", "topics.csv"] == seen[0] == seen[-1]
    assert b"negara|ulp," in found["agencies.csv"]
    assert b",genuk," in found["agencies.csv"]
    assert found["topics.csv"] == before["topics.csv"]


def test_nothing_is_left_of_what_does_not_load(live: Path, tmp_path: Path) -> None:
    """Neither a new folder nor a spoilt row in one that is there; the fault is named where the copy would be."""

    def fails(folder: Path) -> None:
        raise ValueError(f"{folder}/agencies.csv: a fault")

    copy = tmp_path / "copy"
    with pytest.raises(InvalidSuggestion, match=f"do not load: {copy}/agencies.csv: a fault"):
        write_suggestion(copy, live, wanted("alias", "bumn-pln", "ulp"), fails)
    assert not copy.exists()
    write_suggestion(copy, live, wanted("alias", "bumn-pln", "ulp"), lambda folder: folder)
    before = contents(copy)
    with pytest.raises(InvalidSuggestion):
        write_suggestion(copy, live, wanted("alias", "bumn-pln", "uid"), fails)
    assert contents(copy) == before


@pytest.mark.parametrize(
    ("into", "says"),
    [
        (lambda live: live, "is in use"),
        (lambda live: live / ".." / "live", "is in use"),
        (lambda live: live / "notes.txt", "is not a folder"),
        (lambda live: live.parent, "has other files"),
    ],
)
def test_a_folder_that_is_no_copy_is_refused(live: Path, into: Callable[[Path], Path], says: str) -> None:
    """Nothing is written over what is in use, or over what is something else."""
    before = contents(live)
    with pytest.raises(InvalidSuggestion, match=says):
        write_suggestion(into(live), live, wanted("alias", "bumn-pln", "ulp"), lambda folder: folder)
    assert contents(live) == before


def test_a_table_that_is_not_there_is_named(live: Path, tmp_path: Path) -> None:
    """Whose folder has no places of its own."""
    (live / "places.csv").unlink()
    with pytest.raises(InvalidSuggestion, match=r"There is no places\.csv"):
        write_suggestion(tmp_path / "copy", live, wanted("place", "33", "x"), lambda folder: folder)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (wanted("alias", "bumn-pln", "pasar contoh raya"), ""),
        (wanted("place", "33.74", "pasar contoh raya"), ""),
        (wanted("alias", "bumn-pln", "kemenkes"), "already names kementerian-kemenkes"),
        (wanted("place", "99.99", "pasar contoh raya"), "99.99 is no region"),
    ],
)
def test_the_shipped_tables_take_one(tmp_path: Path, told: RuleSuggestion, says: str) -> None:
    """One line of the real tables changes; what they can't be routed by with it is refused."""
    copy = tmp_path / "copy"
    if says:
        with pytest.raises(InvalidSuggestion, match=says):
            write_suggestion(copy, SHIPPED, told, load_rules_of_folder)
        return
    row = write_suggestion(copy, SHIPPED, told, load_rules_of_folder)
    before, after = ((folder / told.table).read_text().splitlines() for folder in (SHIPPED, copy))
    assert set(after) - set(before) == {row}
    assert len(set(before) - set(after)) <= 1


def test_every_kind_has_a_table() -> None:
    """And is edited in its own way."""
    assert {wanted(kind, "x", "y").table for kind in get_args(TableKind)} == {
        "agencies.csv",
        "places.csv",
        "topics.csv",
    }
