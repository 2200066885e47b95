"""The table `ratings.csv`: the formula by which an institution is rated good, fair or poor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table

RATINGS = "ratings.csv"
# Shares of cases that the formula may have: keys of `oversight.figures.definitions`.
RATED_FIGURES = ("answered_in_time", "finished_within_60_days", "untouched_after_10_days", "reopened")
_POINTS = "points"
_COLUMNS = ("item", "good", "fair", "weight", "least", "source")
_WHOLE_SHARE = 100


@dataclass(frozen=True, slots=True)
class RatedFigure:
    """A row: a share in percent is good or fair from a limit on. If `good` is below `fair`, less is better.

    Below `least` counted cases the figure says nothing.
    """

    key: str
    good: int
    fair: int
    weight: int
    least: int


@dataclass(frozen=True, slots=True)
class RatingTable:
    """The formula. A good figure has all points of its weight, a fair one half. Limits are percent of all points."""

    figures: tuple[RatedFigure, ...]
    good: int
    fair: int


def load_ratings(path: Path = SHIPPED_FOLDER / RATINGS) -> RatingTable:
    """Return the formula of a table. Raises `TableError`."""
    table = read_table(path, _COLUMNS, exact_columns=True)
    raise_faults(path, (f"line {row.line}: {fault}" for row in table for fault in _row_faults(row)))
    raise_faults(path, _table_faults(table))
    points = next(row for row in table if row.cells["item"] == _POINTS)
    figures = (row for row in table if row is not points)
    return RatingTable(
        tuple(
            RatedFigure(row.cells["item"], *(int(row.cells[name]) for name in ("good", "fair", "weight", "least")))
            for row in figures
        ),
        int(points.cells["good"]),
        int(points.cells["fair"]),
    )


def _row_faults(row: TableRow) -> Iterator[str]:
    item = row.cells["item"]
    if item not in (*RATED_FIGURES, _POINTS):
        yield f"{item!r} is no item; write one of {', '.join((*RATED_FIGURES, _POINTS))}"
    limits = [row.cells[name] for name in ("good", "fair")]
    for name, cell in zip(("good", "fair"), limits, strict=True):
        if not _is_number(cell) or int(cell) > _WHOLE_SHARE:
            yield f"{name} is {cell!r}; write a whole number of percent from 0 to 100"
    if limits[0] == limits[1]:
        yield "good and fair are equal; write two limits"
    if not row.cells["source"].strip():
        yield "source is empty; fill it"
    for name in ("weight", "least") if item != _POINTS else ():
        if not _is_number(row.cells[name]) or int(row.cells[name]) < 1:
            yield f"{name} is {row.cells[name]!r}; write a whole number from 1 on"


def _is_number(cell: str) -> bool:
    return cell.isascii() and cell.isdecimal()


def _table_faults(table: Sequence[TableRow]) -> Iterator[str]:
    items = [row.cells["item"] for row in table]
    for item in sorted({item for item in items if items.count(item) > 1}):
        yield f"{item} stands in several rows; write one"
    if _POINTS not in items:
        yield "it has no row points; add the percent of all points from which on the whole is good and fair"
    if not set(items) - {_POINTS}:
        yield "it has no figure; add one"
    for row in table:
        if row.cells["item"] == _POINTS and int(row.cells["good"]) < int(row.cells["fair"]):
            yield f"line {row.line}: good is below fair; more points are better"
