"""Phrases by which people tell of danger to life, from `dangers.csv`."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table

DANGER_PHRASES = "dangers.csv"
_COLUMNS = ("means", "near", "unless", "phrases")

# Kinds of danger. The first one of a message counts.
KINDS = ("fire", "violence", "suicide", "medical", "disaster")
# Groups that cancel a danger: denial and possibility shortly before it, the past anywhere in the message.
CANCELLING = ("not", "maybe", "over")
# `idiom` phrases contain a word of danger and mean something else; `present` words outweigh the past.
IDIOM, PRESENT = "idiom", "present"
YEAR = "<tahun>"

_NAME = re.compile(r"[a-z]+")
_PHRASE = re.compile(r"(?:[^\W_A-Z]+|<tahun>)(?: (?:[^\W_A-Z]+|<tahun>))*")


@dataclass(frozen=True, slots=True)
class DangerRow:
    """Any of `phrases` means `means`: a kind of danger, or a group that other rows name.

    A danger with `near` needs a phrase of that group in its sentence. The groups in `unless` cancel it.
    """

    means: str
    near: str
    unless: frozenset[str]
    phrases: tuple[str, ...]

    @property
    def is_danger(self) -> bool:
        """Return whether the row means a kind of danger."""
        return self.means in KINDS


def load_danger_rows(path: Path = SHIPPED_FOLDER / DANGER_PHRASES) -> tuple[DangerRow, ...]:
    """Return the rows of a table. Raises `TableError`."""
    table = read_table(path, _COLUMNS, exact_columns=True)
    groups = {row.cells["means"] for row in table} - set(KINDS)
    raise_faults(path, (f"line {row.line}: {fault}" for row in table for fault in _row_faults(row, groups)))
    return tuple(
        DangerRow(row.cells["means"], row.cells["near"], frozenset(row.parts("unless")), row.parts("phrases"))
        for row in table
    )


def _row_faults(row: TableRow, groups: Collection[str]) -> Iterator[str]:
    means, near = row.cells["means"], row.cells["near"]
    if not _NAME.fullmatch(means):
        yield f"{means!r} is neither {', '.join(KINDS)} nor a group's name in small letters"
    if near and near not in groups:
        yield f"no row means {near!r}, which stands under near; add one"
    if means not in KINDS and (near or row.cells["unless"]):
        yield f"{means} is no kind of danger: leave near and unless empty"
    for group in row.parts("unless"):
        if group not in CANCELLING:
            yield f"{group!r} under unless is none of {', '.join(CANCELLING)}"
    yield from _phrase_faults(row.parts("phrases"))


def _phrase_faults(phrases: Collection[str]) -> Iterator[str]:
    if not phrases:
        yield "it has no phrase; add one"
    for phrase in phrases:
        if not _PHRASE.fullmatch(phrase):
            yield f"{phrase!r} is not in small letters and digits with single spaces, nor {YEAR}"
