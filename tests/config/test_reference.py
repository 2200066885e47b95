"""The reader of reference tables, the folder that they are read from, and values that follow their edits."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.reference.folder import SHIPPED_FOLDER, ReferenceFolder, version_of
from config.reference.reloading import RefusedEdit, ReloadingTables
from config.reference.table_reader import TableError, TableRow, raise_faults, read_table


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of an operator's folder."""
    path = tmp_path / "slang.csv"
    write(path, "informal,formal\njln,jalan\n")
    return path


def write(path: Path, text: str) -> None:
    """Write a file whose time of change is a second later than before."""
    changed = path.stat().st_mtime_ns + 1_000_000_000 if path.exists() else 10**18
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(changed, changed))


def test_a_row_has_its_line_and_cells(table: Path) -> None:
    """The line is the one on which the row ends."""
    assert read_table(table, ("informal",)) == [TableRow(2, {"informal": "jln", "formal": "jalan"})]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "slang.csv: its first row lacks the columns formal, informal; add them"),
        ("formal,informal,x\njalan\n", "slang.csv: line 2 has not as many cells as the first row; add or remove"),
        ("formal,informal\na,b,c\n", "slang.csv: line 2 has not as many cells as the first row; add or remove"),
        ('formal,informal\n"a,b\n', "slang.csv: unexpected end of data; provide a readable UTF-8 CSV file"),
    ],
)
def test_an_unusable_table_is_named(table: Path, text: str, error: str) -> None:
    """The error names the file, the line, the fault and the remedy."""
    write(table, text)
    with pytest.raises(TableError, match=error):
        read_table(table, ("informal", "formal"))


def test_uneven_rows_may_be_allowed(table: Path) -> None:
    """Missing cells are then empty, and surplus cells are ignored."""
    write(table, "informal,formal\njln\ntp,tapi,x\n")
    rows = read_table(table, ("informal", "formal"), uneven_rows=True)
    assert [row.cells for row in rows] == [
        {"informal": "jln", "formal": ""},
        {"informal": "tp", "formal": "tapi"},
    ]


def test_every_fault_is_named(table: Path) -> None:
    """Each fault has a line with the file's name; without a fault there is no error."""
    raise_faults(table, ())
    with pytest.raises(TableError, match=r"slang\.csv: first\nslang\.csv: second"):
        raise_faults(table, ("first", "second"))


def test_the_operators_table_is_read_before_the_shipped_one(table: Path) -> None:
    """A table that the folder lacks is the shipped one, unless it must be the operator's own."""
    folder = ReferenceFolder(table.parent)
    assert folder.table("slang.csv") == table
    assert folder.table("places.csv") == SHIPPED_FOLDER / "places.csv"
    assert folder.required_table("agencies.csv") == table.parent / "agencies.csv"


@dataclass
class Loaded:
    """A value that is loaded from a table."""

    version: str


def source_of(table: Path, refused_version: str = "") -> ReloadingTables[Loaded]:
    """Return a source for the table; it refuses a new value of `refused_version`."""
    folder = ReferenceFolder(table.parent)

    def load() -> Loaded:
        read_table(table, ("informal", "formal"))
        return Loaded(version_of(folder.digests(["slang.csv"]).values()))

    def check(_previous: Loaded, new: Loaded) -> None:
        if new.version == refused_version:
            raise RefusedEdit("restart for this version")

    return ReloadingTables("words", folder, ["slang.csv"], load, check=check)


def test_an_edit_is_loaded_once(table: Path) -> None:
    """The new value is logged and stays in force until the next edit."""
    source = source_of(table)
    previous = source.current()
    write(table, "informal,formal\njln,jalan\ntp,tapi\n")
    with capture_logs() as logs:
        new = source.current()
        assert source.current() is new
    assert new.version != previous.version
    assert [(log["event"], log["tables"], log["version"]) for log in logs] == [("tables.changed", "words", new.version)]


def test_a_faulty_edit_keeps_the_previous_value(table: Path) -> None:
    """It is logged once, not with every batch."""
    source = source_of(table)
    previous = source.current()
    write(table, "informal\njln\n")
    with capture_logs() as logs:
        assert source.current() is previous
        assert source.current() is previous
    assert [(log["event"], log["version"]) for log in logs] == [("tables.refused", previous.version)]
    assert "lacks the columns formal" in logs[0]["cause"]


def test_a_refused_edit_keeps_the_previous_value(table: Path) -> None:
    """Tables that can be read may still need a restart."""
    text = "informal,formal\ntp,tapi\n"
    write(table, text)
    refused = source_of(table).current().version
    write(table, "informal,formal\njln,jalan\n")
    source = source_of(table, refused)
    previous = source.current()
    write(table, text)
    with capture_logs() as logs:
        assert source.current() is previous
    assert logs[0]["cause"] == "restart for this version"


def test_a_changed_dependency_loads_the_value_again(table: Path) -> None:
    """A value that is built from another one follows it, also without an edit of its own tables."""
    dependency = ["first"]
    source = ReloadingTables(
        "words",
        ReferenceFolder(table.parent),
        ["slang.csv"],
        lambda: Loaded(dependency[0]),
        dependency=lambda: dependency[0],
    )
    assert source.current().version == "first"
    dependency[0] = "second"
    assert source.current().version == "second"
