"""Puts what a case taught into a copy of the tables: one row changed or added, all others as they were, byte for byte.

Nothing in use is changed: a reviewer looks at the copy and puts it in use.
"""

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from app.operations.topic_view import hide

_MOST_LETTERS = 80
_APART = "~"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
Kind = Literal["alias", "place", "topic"]
_TABLES: Mapping[Kind, str] = {"alias": "agencies.csv", "place": "places.csv", "topic": "topics.csv"}


class Unfit(Exception):
    """It can't be put into these tables; the text says why, and never what a citizen wrote."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in a file, with its line end. `at` says which it is, the header being 0."""

    at: int
    raw: str
    cells: Mapping[str, str]

    def of(self, column: str) -> str:
        """A cell. Raises `Unfit` where there is no such column."""
        if column not in self.cells:
            raise Unfit(f"the table has no column {column}")
        return self.cells[column]

    def phrases(self, column: str) -> list[str]:
        """Those of a cell. Raises `Unfit` where there is no such column."""
        cell = self.of(column)
        return cell.split("|") if cell else []

    def but(self, **cells: str) -> "Row":
        """The same row with these cells. Raises `Unfit` where there is no such column."""
        for column in cells:
            self.of(column)
        changed = {**self.cells, **cells}
        out = io.StringIO()
        end = self.raw[len(self.raw.rstrip("\r\n")) :]
        csv.writer(out, lineterminator=end).writerow(changed.values())
        return Row(self.at, out.getvalue(), changed)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """That a phrase, in the normal form of its table, names an institution or a place or speaks for a topic.

    `key` is the institution's code, the region's or the topic; `weight` is for topics. `read` gives the words of a text
    in the normal form of that table.
    """

    kind: Kind
    key: str
    phrase: str
    read: Callable[[str], Sequence[str]]
    weight: str = "2"

    @property
    def table(self) -> str:
        """The name of the file."""
        return _TABLES[self.kind]

    def stands_in(self, said: str) -> bool:
        """Whether its words stand in a text, each of its parts somewhere."""
        words = f" {' '.join(self.read(said))} "
        return all(f" {part.strip()} " in words for part in self.phrase.split(_APART))


def suggestion(kind: Kind, key: str, typed: str, read: Callable[[str], Sequence[str]], weight: str = "2") -> Suggestion:
    """Of a phrase as it was typed. Raises `Unfit` for one that is none, or may be somebody's number or address."""
    parts = typed.split(_APART) if kind == "topic" else [typed]
    normal = [" ".join(read(part)) for part in parts]
    if not all(normal) or len(typed) > _MOST_LETTERS:
        raise Unfit(f"a phrase is a few words, of {_MOST_LETTERS} letters at most")
    if hide(typed) != typed:
        raise Unfit(
            "a phrase with a number, a handle or an address like this may be somebody's: tables are read by all"
        )
    return Suggestion(kind, key, f" {_APART} ".join(normal), read, weight)


def edited(table: str, wanted: Suggestion) -> tuple[str, str]:
    """The text of the table with the suggestion in it, and the row that was changed or added. Raises `Unfit`."""
    raws = list(_records(table))
    row, new = _EDITS[wanted.kind](_rows(raws), wanted)
    raws[row.at : row.at if new else row.at + 1] = [row.raw]
    # The last line of a file may have no end; another one may stand behind it now.
    ended = [raw if raw.endswith("\n") else f"{raw}\n" for raw in raws[:-1]]
    return "".join((*ended, raws[-1])), row.raw.rstrip("\r\n")


def suggest_in(into: Path, live: Path, wanted: Suggestion, load: Callable[[Path], object]) -> str:
    """Make or go on with the copy `into` of the tables in `live`; returns the row that was changed or added.

    `load` reads a folder of tables, and raises `ValueError` where it can't. Nothing is left behind of what does not
    load. Raises `Unfit`.
    """
    base = _base(into, live)
    if not (base / wanted.table).is_file():
        raise Unfit(f"there is no {wanted.table} in {base}")
    with tempfile.TemporaryDirectory() as made:
        trial = Path(made)
        for file in base.glob("*.csv"):
            shutil.copyfile(file, trial / file.name)
        text, row = edited(_text(trial / wanted.table), wanted)
        (trial / wanted.table).write_bytes(text.encode())
        try:
            load(trial)
        except ValueError as error:
            raise Unfit(f"it would not load: {error}".replace(made, str(into))) from error
        into.mkdir(parents=True, exist_ok=True)
        for file in trial.iterdir():
            if base != into or file.name == wanted.table:
                shutil.copyfile(file, into / file.name)
    return row


def _base(into: Path, live: Path) -> Path:
    """The folder whose tables are copied: the copy itself where there is one."""
    if into.resolve() == live.resolve():
        raise Unfit(f"{into} is in use: name a folder for the copy")
    if into.exists() and not into.is_dir():
        raise Unfit(f"{into} is no folder")
    if not into.exists() or not any(into.iterdir()):
        return live
    if not (into / _TABLES["alias"]).is_file():
        raise Unfit(f"{into} holds something else: name a new folder, or one with an edited copy")
    return into


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Unfit(f"{path.name} is not UTF-8") from error


def _rows(raws: Sequence[str]) -> list[Row]:
    """Those behind the header; an empty line is none."""
    try:
        columns = _cells(raws[0])
        lines = [(at, raw) for at, raw in enumerate(raws) if at and raw.strip()]
        return [Row(at, raw, dict(zip(columns, _cells(raw), strict=True))) for at, raw in lines]
    except (ValueError, IndexError, csv.Error) as error:
        raise Unfit(f"the table can't be read: {error}") from error


def _records(table: str) -> Iterator[str]:
    """The lines of a table as they stand; what stands in quotes may hold line ends."""
    record = ""
    for line in _LINE.findall(table):
        record += line
        if record.count('"') % 2 == 0:
            yield record
            record = ""
    if record:
        yield record


def _cells(raw: str) -> list[str]:
    return next(csv.reader([raw], strict=True), [])


# The row as it is to be, and whether it is a new one, before which there stands what stood there.
Edit = Callable[[Sequence[Row], Suggestion], tuple[Row, bool]]


def _alias(rows: Sequence[Row], wanted: Suggestion) -> tuple[Row, bool]:
    for row in rows:
        if wanted.phrase in row.phrases("aliases"):
            raise Unfit(f"{wanted.phrase!r} names {row.of('code')} already")
    for row in rows:
        if row.of("code") == wanted.key:
            return row.but(aliases="|".join((*row.phrases("aliases"), wanted.phrase))), False
    raise Unfit(f"no such institution: {wanted.key}")


def _place(rows: Sequence[Row], wanted: Suggestion) -> tuple[Row, bool]:
    for row in rows:
        if row.of("name") == wanted.phrase:
            codes = row.phrases("codes")
            if wanted.key in codes:
                raise Unfit(f"{wanted.phrase!r} names {wanted.key} already")
            return row.but(codes="|".join((*codes, wanted.key))), False
    if not rows:
        raise Unfit("the table has no rows")
    # One word may be a word like others: a reviewer says whether it counts in small letters too.
    alone = "yes" if " " in wanted.phrase else "capital"
    at = next((row.at for row in rows if row.of("name") > wanted.phrase), rows[-1].at + 1)
    return replace(rows[0].but(name=wanted.phrase, codes=wanted.key, alone=alone), at=at), True


def _topic(rows: Sequence[Row], wanted: Suggestion) -> tuple[Row, bool]:
    theirs = [row for row in rows if row.of("topic") == wanted.key]
    if not theirs:
        raise Unfit(f"no such topic: {wanted.key}")
    weight = _number(wanted.weight)
    for row in theirs:
        if wanted.phrase in row.phrases("words"):
            raise Unfit(f"{wanted.phrase!r} is said of {wanted.key} already, with weight {row.of('weight')}")
    for row in theirs:
        # What takes a row away takes away all its phrases.
        if _number(row.of("weight")) == weight and not row.phrases("unless"):
            return row.but(words="|".join((*row.phrases("words"), wanted.phrase))), False
    last = theirs[-1]
    return replace(last.but(weight=wanted.weight, words=wanted.phrase, unless=""), at=last.at + 1), True


def _number(typed: str) -> float:
    try:
        return float(typed)
    except ValueError:
        raise Unfit(f"weight {typed!r} is no number") from None


_EDITS: Mapping[Kind, Edit] = {"alias": _alias, "place": _place, "topic": _topic}
