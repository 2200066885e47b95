"""Suppression of small cells in one published table, so that nothing that is published gives them away. Pure.

A table has a row for each province, agency or topic, and a column for each part of the cases of the row (in time, late,
not counted yet). Everybody knows the total of each row and the total of each column, which is the nation's, unless they
are suppressed. A suppressed cell is marked in the same way whether it is small or only hides a small one.

Cells that a person could work out are found as intervals. With the totals of rows and columns known, the cell of row r
and column c of the suppressed rows can be any number from max(0, R + C - G) to min(R, C): R and C are the totals of row
and column within the suppressed rows, G is the sum of both. The width of the interval is
min(R, C, G - R, G - C). Rows whose totals are suppressed, too, share their cases in any way: each cell of them can be
any number from 0 to min(M, C), where M is the sum of their totals. Whole rows are suppressed, the smallest first, until
each interval is at least `WIDTH` wide. A column in which all suppressed rows have 0 is no secret, and is shown.
Source of the bounds: the transportation polytope; Willenborg and de Waal, Elements of Statistical Disclosure Control
(2001), chapter 4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Numbers of cases from 1 to 4 are suppressed.
LEAST_SHOWN = 5
# Everybody who knows all published numbers still cannot tell a suppressed one more closely than this.
WIDTH = 5

# The parts of a row.
Parts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A row as everybody sees it. `None` stands for a suppressed number."""

    total: int | None
    parts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table as everybody sees it. `totals` is the row of the nation."""

    totals: PublishedRow
    rows: Mapping[str, PublishedRow]


class _HiddenCells(NamedTuple):
    """Rows whose total is suppressed, and those whose parts are."""

    totals: frozenset[str]
    rows: frozenset[str]


def publish_table(rows: Mapping[str, Parts], columns: int) -> PublishedTable:
    """Return what may be published of a table whose rows have `columns` parts each.

    The column totals of the nation are the sums of the rows: a row for cases without a province must be among them. If
    no choice of rows protects all cells, nothing of the table is published.
    """
    column_totals = tuple(sum(parts[column] for parts in rows.values()) for column in range(columns))
    hidden = _hidden_cells(rows, column_totals)
    if hidden is None:
        return _nothing(rows, columns)
    return PublishedTable(PublishedRow(sum(column_totals), column_totals), _published_rows(rows, hidden))


def _published_rows(rows: Mapping[str, Parts], hidden: _HiddenCells) -> Mapping[str, PublishedRow]:
    hidden_columns = zip(*(rows[code] for code in hidden.rows), strict=True)
    hidden_parts = tuple(None if any(column) else 0 for column in hidden_columns)
    return {
        code: PublishedRow(
            None if code in hidden.totals else sum(parts), hidden_parts if code in hidden.rows else parts
        )
        for code, parts in rows.items()
    }


def _hidden_cells(rows: Mapping[str, Parts], column_totals: Parts) -> _HiddenCells | None:
    """Return what is suppressed; `None` if a total of the nation is small, or if the rows do not suffice."""
    if any(map(_is_small, (sum(column_totals), *column_totals))):
        return None
    totals = _hidden_totals({code: sum(parts) for code, parts in rows.items()})
    if totals is None:
        return None
    hidden_rows = _hidden_rows(rows, totals)
    return None if hidden_rows is None else _HiddenCells(totals, hidden_rows)


def _is_small(number: int) -> bool:
    """Return whether a number must not be seen. 0 concerns nobody, and is no secret."""
    return 0 < number < LEAST_SHOWN


def _nothing(rows: Mapping[str, Parts], columns: int) -> PublishedTable:
    nothing = PublishedRow(None, (None,) * columns)
    return PublishedTable(nothing, dict.fromkeys(rows, nothing))


def _hidden_totals(totals: Mapping[str, int]) -> frozenset[str] | None:
    """Return the rows whose total is suppressed; `None` if the rows do not suffice.

    Everybody knows the sum of the suppressed ones. So there are two of them at least, with a sum of at least `WIDTH`.
    """
    hidden = {code for code, total in totals.items() if _is_small(total)}
    others = _smallest_first({code: total for code, total in totals.items() if code not in hidden})
    while hidden and (len(hidden) < 2 or sum(totals[code] for code in hidden) < WIDTH):  # noqa: PLR2004 - two rows
        if not others:
            return None
        hidden.add(others.pop(0))
    return frozenset(hidden)


def _hidden_rows(rows: Mapping[str, Parts], hidden_totals: frozenset[str]) -> frozenset[str] | None:
    """Return the rows whose parts are suppressed; `None` if the rows do not suffice."""
    hidden = {code for code, parts in rows.items() if any(map(_is_small, parts))} | hidden_totals
    others = _smallest_first({code: sum(parts) for code, parts in rows.items() if code not in hidden})
    while hidden and not _is_protected({code: rows[code] for code in hidden}, hidden_totals):
        if not others:
            return None
        hidden.add(others.pop(0))
    return frozenset(hidden)


def _is_protected(hidden: Mapping[str, Parts], hidden_totals: frozenset[str]) -> bool:
    """Return whether each cell of the suppressed rows has an interval of at least `WIDTH`: see the module."""
    known_totals = [sum(parts) for code, parts in hidden.items() if code not in hidden_totals]
    merged_total = sum(sum(parts) for code, parts in hidden.items() if code in hidden_totals)
    column_totals = [number for column in zip(*hidden.values(), strict=True) if (number := sum(column))]
    total = sum(column_totals)
    widths = [min(row, column, total - row, total - column) for row in known_totals for column in column_totals]
    if hidden_totals:
        widths += [min(merged_total, column) for column in column_totals]
    return all(width >= WIDTH for width in widths)


def _smallest_first(totals: Mapping[str, int]) -> list[str]:
    """Return the rows with cases by their total. A row without a case hides nothing."""
    return sorted((code for code, total in totals.items() if total), key=lambda code: (totals[code], code))


def shown_parts(row: PublishedRow) -> Sequence[int] | None:
    """Return the parts of a row; `None` if they are suppressed."""
    parts = [part for part in row.parts if part is not None]
    return parts if len(parts) == len(row.parts) else None
