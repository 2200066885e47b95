"""Edits of a reference table's text: one row is changed or added, and all other rows stay byte for byte."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

TableKind = Literal["alias", "place", "topic"]
TABLES: Mapping[TableKind, str] = {"alias": "agencies.csv", "place": "places.csv", "topic": "topics.csv"}
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class InvalidSuggestion(Exception):
    """The suggestion cannot be written into these tables. The text gives the reason, without a citizen's text."""


@dataclass(frozen=True, slots=True)
class TableEdit:
    """Phrase to add to a table.

    `key` is the institution's code, the region's code or the topic. `weight` is used for topics only.
    """

    kind: TableKind
    key: str
    phrase: str
    weight: str = "2"


@dataclass(frozen=True, slots=True)
class TableRow:
    """Row as it is in the file, with its line end. `index` is its position; the header has 0."""

    index: int
    raw: str
    cells: Mapping[str, str]

    def cell(self, column: str) -> str:
        """Return a cell. Raises `InvalidSuggestion` if there is no such column."""
        if column not in self.cells:
            raise InvalidSuggestion(f"The table has no column {column}.")
        return self.cells[column]

    def phrases(self, column: str) -> list[str]:
        """Return the phrases of a cell. Raises `InvalidSuggestion` if there is no such column."""
        cell = self.cell(column)
        return cell.split("|") if cell else []

    def with_cells(self, **cells: str) -> "TableRow":
        """Return the row with these cells changed. Raises `InvalidSuggestion` if there is no such column."""
        for column in cells:
            self.cell(column)
        changed_cells = {**self.cells, **cells}
        line = io.StringIO()
        line_end = self.raw[len(self.raw.rstrip("\r\n")) :]
        csv.writer(line, lineterminator=line_end).writerow(changed_cells.values())
        return TableRow(self.index, line.getvalue(), changed_cells)


def edit_table(table: str, edit: TableEdit) -> tuple[str, str]:
    """Return the edited text of the table, and the changed or added row. Raises `InvalidSuggestion`."""
    lines = list(_split_rows(table))
    row, is_new = _EDITS[edit.kind](_parse_rows(lines), edit)
    lines[row.index : row.index if is_new else row.index + 1] = [row.raw]
    # The last line of the file may have no line end; it may have become an inner line now.
    ended_lines = [line if line.endswith("\n") else f"{line}\n" for line in lines[:-1]]
    return "".join((*ended_lines, lines[-1])), row.raw.rstrip("\r\n")


def _parse_rows(lines: Sequence[str]) -> list[TableRow]:
    """Return the rows after the header, without empty lines."""
    try:
        columns = _parse_cells(lines[0])
        rows = [(index, line) for index, line in enumerate(lines) if index and line.strip()]
        return [TableRow(index, line, dict(zip(columns, _parse_cells(line), strict=True))) for index, line in rows]
    except (ValueError, IndexError, csv.Error) as error:
        raise InvalidSuggestion(f"The table cannot be read: {error}") from error


def _split_rows(table: str) -> Iterator[str]:
    """Return the rows of a table as they are in the file. A quoted cell may contain line ends."""
    row = ""
    for line in _LINE.findall(table):
        row += line
        if row.count('"') % 2 == 0:
            yield row
            row = ""
    if row:
        yield row


def _parse_cells(line: str) -> list[str]:
    return next(csv.reader([line], strict=True), [])


# Returns the changed or added row, and True if it is added before the row with its index.
EditFunction = Callable[[Sequence[TableRow], TableEdit], tuple[TableRow, bool]]


def _add_alias(rows: Sequence[TableRow], edit: TableEdit) -> tuple[TableRow, bool]:
    for row in rows:
        if edit.phrase in row.phrases("aliases"):
            raise InvalidSuggestion(f"{edit.phrase!r} is an alias of {row.cell('code')} already.")
    for row in rows:
        if row.cell("code") == edit.key:
            return row.with_cells(aliases="|".join((*row.phrases("aliases"), edit.phrase))), False
    raise InvalidSuggestion(f"There is no institution {edit.key}.")


def _add_place(rows: Sequence[TableRow], edit: TableEdit) -> tuple[TableRow, bool]:
    for row in rows:
        if row.cell("name") == edit.phrase:
            codes = row.phrases("codes")
            if edit.key in codes:
                raise InvalidSuggestion(f"{edit.phrase!r} is a name of {edit.key} already.")
            return row.with_cells(codes="|".join((*codes, edit.key))), False
    if not rows:
        raise InvalidSuggestion("The table has no rows.")
    # A single word may be a common word: a reviewer decides whether it counts in small letters too.
    alone = "yes" if " " in edit.phrase else "capital"
    index = next((row.index for row in rows if row.cell("name") > edit.phrase), rows[-1].index + 1)
    new_row = rows[0].with_cells(name=edit.phrase, codes=edit.key, alone=alone)
    return replace(new_row, index=index), True


def _add_topic_phrase(rows: Sequence[TableRow], edit: TableEdit) -> tuple[TableRow, bool]:
    topic_rows = [row for row in rows if row.cell("topic") == edit.key]
    if not topic_rows:
        raise InvalidSuggestion(f"There is no topic {edit.key}.")
    weight = _parse_weight(edit.weight)
    for row in topic_rows:
        if edit.phrase in row.phrases("words"):
            raise InvalidSuggestion(
                f"{edit.phrase!r} is evidence for {edit.key} already, with weight {row.cell('weight')}."
            )
    for row in topic_rows:
        # An exception in `unless` excludes all phrases of its row.
        if _parse_weight(row.cell("weight")) == weight and not row.phrases("unless"):
            return row.with_cells(words="|".join((*row.phrases("words"), edit.phrase))), False
    last_row = topic_rows[-1]
    new_row = last_row.with_cells(weight=edit.weight, words=edit.phrase, unless="")
    return replace(new_row, index=last_row.index + 1), True


def _parse_weight(typed: str) -> float:
    try:
        return float(typed)
    except ValueError:
        raise InvalidSuggestion(f"Weight {typed!r} is not a number.") from None


_EDITS: Mapping[TableKind, EditFunction] = {"alias": _add_alias, "place": _add_place, "topic": _add_topic_phrase}
