"""Suppression of small cells in one published table, so that nothing that is published gives them away. Pure.

A table has a row for each province, agency or topic, and a column for each part of the cases of the row (in time, late,
not counted yet). Everybody knows the total of each row and the total of each column, which is the nation's, unless they
are suppressed. A suppressed cell is marked in the same way whether it is small or only hides a small one.

Everybody knows this program. So an attacker knows all that is published, and that the program publishes exactly that:

1. A row without a case is never suppressed: a suppressed total is at least 1. Of n suppressed totals with the sum M
   each can be any number from 1 to M - (n - 1).
2. With the totals of rows and columns known, the cell of row r and column c of the suppressed rows can be any number
   from max(0, R + C - G) to min(R, C): R and C are the totals of row and column within the suppressed rows, G is the
   sum of both. The width of the interval is min(R, C, G - R, G - C). For a row whose total is suppressed R can be any
   number of rule 1.
3. Some number among the suppressed ones is small, or nothing would be suppressed. So a number at an end of its interval
   may be impossible. At most three of an interval were, with all tables of two, three and four rows tried.
4. Rows that only hide others are taken in a secret order, a new one for each month. In the order of their sizes, they
   would give them away: none is larger than the smallest row that is shown, and a suppressed row that is larger has a
   small number.

Whole rows are suppressed until each interval is at least `WIDTH` wide. A column in which all suppressed rows have 0 is
no secret, and is shown. Source of the bounds: the transportation polytope; Willenborg and de Waal, Elements of
Statistical Disclosure Control (2001), chapter 4.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

# Numbers of cases from 1 to 4 are suppressed.
LEAST_SHOWN = 5
# Everybody who knows all published numbers still cannot tell a suppressed one more closely than this.
WIDTH = 5

# Numbers at the ends of the interval of a part that may be impossible: rule 3.
_EXCLUDED_ENDS = 3
# The total of a row with fewer cases is suppressed, too: no part of such a row could have an interval of `WIDTH`.
LEAST_TOTAL = WIDTH + _EXCLUDED_ENDS

# The parts of a row.
Parts = tuple[int, ...]
# Place of a row in a secret order of the rows.
PlaceOf = Callable[[str], bytes]


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


def publish_table(rows: Mapping[str, Parts], columns: int, place_of: PlaceOf) -> PublishedTable:
    """Return what may be published of a table whose rows have `columns` parts each.

    `place_of` must depend on nothing but the code of the row and a secret.

    The column totals of the nation are the sums of the rows: a row for cases without a province must be among them. If
    no choice of rows protects all cells, nothing of the table is published.
    """
    column_totals = tuple(sum(parts[column] for parts in rows.values()) for column in range(columns))
    hidden = _hidden_cells(rows, column_totals, place_of)
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


def _hidden_cells(rows: Mapping[str, Parts], column_totals: Parts, place_of: PlaceOf) -> _HiddenCells | None:
    """Return what is suppressed; `None` if a total of the nation is small, or if the rows do not suffice."""
    if any(map(_is_small, (sum(column_totals), *column_totals))):
        return None
    totals = _hidden_totals({code: sum(parts) for code, parts in rows.items()}, place_of)
    if totals is None:
        return None
    hidden_rows = _hidden_rows(rows, totals, place_of)
    return None if hidden_rows is None else _HiddenCells(totals, hidden_rows)


def _is_small(number: int) -> bool:
    """Return whether a number must not be seen. 0 concerns nobody, and is no secret."""
    return 0 < number < LEAST_SHOWN


def _nothing(rows: Mapping[str, Parts], columns: int) -> PublishedTable:
    nothing = PublishedRow(None, (None,) * columns)
    return PublishedTable(nothing, dict.fromkeys(rows, nothing))


def _hidden_totals(totals: Mapping[str, int], place_of: PlaceOf) -> frozenset[str] | None:
    """Return the rows whose total is suppressed; `None` if the rows do not suffice.

    Everybody knows the sum of the suppressed ones, and that none of them is 0. Their parts need the interval, too.
    """
    hidden = {code for code, total in totals.items() if 0 < total < LEAST_TOTAL}
    others = _others(totals, hidden, place_of)
    while hidden and _most_in_one_row(sum(totals[code] for code in hidden), len(hidden)) <= LEAST_TOTAL:
        if not others:
            return None
        hidden.add(others.pop(0))
    return frozenset(hidden)


def _hidden_rows(rows: Mapping[str, Parts], hidden_totals: frozenset[str], place_of: PlaceOf) -> frozenset[str] | None:
    """Return the rows whose parts are suppressed; `None` if the rows do not suffice."""
    hidden = {code for code, parts in rows.items() if any(map(_is_small, parts))} | hidden_totals
    others = _others({code: sum(parts) for code, parts in rows.items()}, hidden, place_of)
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
        most = _most_in_one_row(merged_total, len(hidden_totals))
        widths += [min(most, column) - max(0, 1 + column - total) for column in column_totals]
    return all(width >= WIDTH + _EXCLUDED_ENDS for width in widths)


def _most_in_one_row(merged_total: int, rows: int) -> int:
    """Return the largest total that one of these rows can have: none of the others is 0."""
    return merged_total - (rows - 1)


def _others(totals: Mapping[str, int], hidden: AbstractSet[str], place_of: PlaceOf) -> list[str]:
    """Return the rows that may be suppressed, too, in their secret order. A row without a case hides nothing."""
    return sorted((code for code, total in totals.items() if total and code not in hidden), key=place_of)


def shown_parts(row: PublishedRow) -> Sequence[int] | None:
    """Return the parts of a row; `None` if they are suppressed."""
    parts = [part for part in row.parts if part is not None]
    return parts if len(parts) == len(row.parts) else None
