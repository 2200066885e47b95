"""Each table has one declaration beside it, and the lists of tables are made of the declarations."""

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from app.tables import UndeclaredTableError, declarations
from bench.generated.table_lists import (
    PERSONAL_DATA_FILE,
    RETENTION_FILE,
    UnknownClassError,
    files,
    personal_data_document,
    retention_table,
)
from config.table_declaration import DECLARATION, ClearData, TableDeclaration, declared, deleted, kept


def planted(name: str, **info: object) -> MetaData:
    """Return the description of a database with one table."""
    metadata = MetaData()
    Table(name, metadata, Column("id", Integer, primary_key=True), info=info)
    return metadata


def declaration_of(retention: str, *clear: ClearData, **parts: str) -> TableDeclaration:
    """Return a declaration with this class of data."""
    arguments = declared(deleted("words"), retention=retention, part_retention=parts, clear=clear)
    declaration: TableDeclaration = arguments["info"][DECLARATION]
    return declaration


def test_a_table_without_a_declaration_is_refused() -> None:
    """The error says what to write, and where. Every table of the service has one."""
    with pytest.raises(UndeclaredTableError, match=r"table kiosk_visit has no declaration. Write `__table_args__ = "):
        declarations(planted("kiosk_visit"))
    info = declared(kept("numbers"), retention="operation")["info"]
    assert declarations(planted("kiosk_visit", **info))["kiosk_visit"].forgetting == ("kept", "numbers")
    assert len(declarations()) > len(declarations(MetaData()))


def test_the_committed_files_are_those_of_the_declarations() -> None:
    """`make tables` changes nothing."""
    assert {path: path.read_text() for path in (RETENTION_FILE, PERSONAL_DATA_FILE)} == files()


def test_items_of_the_retention_table_follow_the_declarations() -> None:
    """A new table is the last item of its class, one that moved is in its new class alone, one that went is nowhere."""
    text = 'class,items,data\nwords,table:stays|topic:a|table:moved|table:gone,"a, b"\nseals,table:x/part,c\n'
    tables = {
        "new": declaration_of("words", kind="seals"),
        "moved": declaration_of("seals"),
        "stays": declaration_of("words"),
    }
    assert retention_table(text, tables) == (
        'class,items,data\nwords,table:stays|topic:a|table:new,"a, b"\nseals,table:new/kind|table:moved,c\n'
    )


def test_an_unknown_class_is_refused() -> None:
    """The error names table and class."""
    with pytest.raises(UnknownClassError, match="table:kiosk_visit names the class visits"):
        retention_table(RETENTION_FILE.read_text(), {"kiosk_visit": declaration_of("visits")})


def test_columns_in_clear_are_in_the_document() -> None:
    """The section is replaced, and nothing else of the document."""
    text = "# Title\n\n## Files\n\na\n\n## Tables\n\n| old |\n\n## Pages\n\nb\n"
    data = ClearData("note", "open, anonim", "words", "Notes of visitors.")
    document = personal_data_document(text, {"kiosk_visit": declaration_of("words", data)})
    before, _, rest = document.partition("## Tables\n\n")
    assert before == "# Title\n\n## Files\n\na\n\n"
    rows, _, after = rest.partition("\n## Pages")
    assert rows.splitlines()[2:] == [
        "| `table: kiosk_visit.note` | open, anonim | words | nothing | Notes of visitors. |"
    ]
    assert after == "\n\nb\n"
