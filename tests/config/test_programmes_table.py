"""The table of priority programmes: what it says, and the sentence for each fault."""

from datetime import date
from pathlib import Path

import pytest

from config.reference.folder import ReferenceFolder
from config.reference.programmes import ProgrammeTable, load_programmes, unknown_references
from config.reference.table_reader import TableError

HEADER = "programme,name,words,topics,institutions,from,to,responsible,source\n"


def load(folder: Path, rows: str, header: str = HEADER) -> ProgrammeTable:
    """Return the table with these rows."""
    (folder / "programmes.csv").write_text(header + rows, encoding="utf-8")
    return load_programmes(ReferenceFolder(folder))


def test_a_row_says_when_and_for_whom_a_programme_runs(tmp_path: Path) -> None:
    """Both days are included; an institution is named by its code or by its kind, and none stands for all."""
    rows = (
        "gizi,Gizi,menu gizi,,kota|bumn-pln,2026-01-01,2026-01-31,bumn-pln,Perpres\nsehat,Sehat,,dbd,,2026-01-01,,a,b\n"
    )
    gizi, sehat = load(tmp_path, rows).rows
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1))
    assert [gizi.runs_on(day) for day in days] == [False, True, True, False]
    assert [gizi.is_for([code]) for code in ("kota-3374", "bumn-pln", "bumn-pelni", "triage")] == [
        True,
        True,
        False,
        False,
    ]
    assert sehat.is_for(["triage"])
    assert sehat.runs_on(date(2030, 1, 1))
    assert gizi.word_codes() == {"menu gizi": "gizi:menu-gizi"}


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    """An own table replaces the shipped one, and rows that were derived with another one are known by it."""
    shipped, own = load_programmes(), load(tmp_path, "gizi,Gizi,menu,,,2026-01-01,,bumn-pln,Perpres\n")
    assert shipped.version != own.version
    assert list(own.names()) == ["gizi"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Gizi,Gizi,menu,,,2026-01-01,,a,b", "'Gizi' is no id of a programme"),
        ("gizi,,menu,,,2026-01-01,,a,b", "name is empty"),
        ("gizi,Gizi,,,,2026-01-01,,a,b", "neither words nor topics"),
        ("gizi,Gizi,Menu!,,,2026-01-01,,a,b", "words has 'Menu!'"),
        ("gizi,Gizi,,Dbd,,2026-01-01,,a,b", "'Dbd' is no id of a topic"),
        ("gizi,Gizi,menu,,Kota Semarang,2026-01-01,,a,b", "'Kota Semarang' is no code or kind"),
        ("gizi,Gizi,menu,,,1 Januari 2026,,a,b", "write from like 2026-08-17"),
        ("gizi,Gizi,menu,,,2026-02-30,,a,b", "write from like 2026-08-17"),
        ("gizi,Gizi,menu,,,2026-01-01,besok,a,b", "write to like 2026-08-17"),
        ("gizi,Gizi,menu,,,2026-01-02,2026-01-01,a,b", "to is before from"),
        ("gizi,Gizi,menu,,,2026-01-01,,a,b\ngizi,G,menu,,,2026-01-01,,a,b", "gizi stands on line 2 already"),
    ],
)
def test_a_fault_is_told_with_its_remedy(tmp_path: Path, row: str, fault: str) -> None:
    """The error names the file and the line."""
    with pytest.raises(TableError, match=r"programmes\.csv: line") as error:
        load(tmp_path, f"{row}\n")
    assert fault in str(error.value)


def test_a_first_row_with_other_columns_is_told(tmp_path: Path) -> None:
    """The columns are fixed."""
    with pytest.raises(TableError, match="first row must be programme,name,words"):
        load(tmp_path, "", "programme,name\n")


def test_a_reference_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    """A topic, an institution and the responsible one must be in their tables; a kind need not."""
    table = load(tmp_path, "gizi,Gizi,menu,dbd|jalan,kota|bumn-x,2026-01-01,,bumn-y,b\n")
    faults = list(unknown_references(table, {"jalan"}, {"kota-3374", "bumn-pln"}))
    assert [fault.partition("is not in")[0] for fault in faults] == [
        "programmes.csv: gizi: topic 'dbd' ",
        "programmes.csv: gizi: 'bumn-x' ",
        "programmes.csv: gizi: 'bumn-y' ",
    ]
