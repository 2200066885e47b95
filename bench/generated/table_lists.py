"""Writes the lists of tables that are files: the items of `retention.csv`, and a section of `docs/personal-data.md`.

`make tables` writes the files; with `--check` it compares the committed files with the tables.
"""

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from app.tables import declarations
from bench.generated.files import ROOT, write_or_check
from config.reference.folder import SHIPPED_FOLDER
from config.reference.retention import RETENTION
from config.table_declaration import TableDeclaration

RETENTION_FILE = SHIPPED_FOLDER / RETENTION
PERSONAL_DATA_FILE = ROOT / "docs" / "personal-data.md"
_SECTION = "\n## Tables\n\n"
_TABLE_HEAD = "| place | who | what | after forgetting | reason |\n| --- | --- | --- | --- | --- |\n"


class UnknownClassError(Exception):
    """A declaration names a class of data that the retention table lacks."""


def retention_table(text: str, tables: Mapping[str, TableDeclaration]) -> str:
    """Return the retention table with the items of these tables. Raises `UnknownClassError`.

    Items that stay keep their order, and a new table is the last item of its class: an operator's copy differs by that.
    """
    rows = list(csv.reader(io.StringIO(text)))
    class_by_item = dict(_items(tables))
    if unknown := {name: item for item, name in class_by_item.items() if name not in {row[0] for row in rows[1:]}}:
        faults = "; ".join(f"{item} names the class {name}" for name, item in sorted(unknown.items()))
        raise UnknownClassError(f"{faults}. Name a class of {RETENTION}, or add its row there.")
    column = rows[0].index("items")
    for row in rows[1:]:
        items = row[column].split("|") if row[column] else []
        kept = [item for item in items if not item.startswith("table:") or class_by_item.get(item) == row[0]]
        row[column] = "|".join(
            [*kept, *(item for item, name in class_by_item.items() if name == row[0] and item not in kept)]
        )
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _items(tables: Mapping[str, TableDeclaration]) -> Iterator[tuple[str, str]]:
    for name, declaration in tables.items():
        yield f"table:{name}", declaration.retention
        for part, class_ in declaration.part_retention.items():
            yield f"table:{name}/{part}", class_


def personal_data_document(text: str, tables: Mapping[str, TableDeclaration]) -> str:
    """Return the document with the section of these tables."""
    before, _, rest = text.partition(_SECTION)
    _, heading, after = rest.partition("\n## ")
    return f"{before}{_SECTION}{_TABLE_HEAD}{''.join(_lines(tables))}{heading}{after}"


def _lines(tables: Mapping[str, TableDeclaration]) -> Sequence[str]:
    return [
        f"| `table: {name}.{data.column}` | {data.modes} | {data.data} | nothing | {data.purpose} |\n"
        for name, declaration in tables.items()
        for data in declaration.clear
    ]


def files() -> dict[Path, str]:
    """Return the text of each file as the declarations make it. Raises what `declarations` and the lists raise."""
    tables = declarations()
    return {
        RETENTION_FILE: retention_table(RETENTION_FILE.read_text(), tables),
        PERSONAL_DATA_FILE: personal_data_document(PERSONAL_DATA_FILE.read_text(), tables),
    }


def main() -> int:
    """Write the files, or compare with `--check`; return the exit code."""
    return write_or_check(files(), "tables")


if __name__ == "__main__":
    sys.exit(main())
