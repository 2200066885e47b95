"""Bounds of numbers that a person can work out from linear equations: an attack on published tables.

It knows nothing of how cells are suppressed. Each unknown number is at least 0; the smallest and the largest value that
all equations allow are found by the simplex method with exact fractions (Bland's rule, two phases).
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

Unknown: TypeAlias = Hashable


class Equation(NamedTuple):
    """The sum of unknown numbers is `result`; a number may be subtracted."""

    unknowns: Mapping[Unknown, int]
    result: int


class Bounds(NamedTuple):
    """The smallest and the largest possible value; `None`: there is no largest one."""

    least: Fraction
    most: Fraction | None


def find_bounds(equations: Sequence[Equation]) -> Mapping[Unknown, Bounds]:
    """Return the bounds of all unknown numbers. Raises `ValueError` if the equations contradict each other."""
    bounds: dict[Unknown, Bounds] = {}
    for component in _components(equations):
        unknowns = sorted({unknown for equation in component for unknown in equation.unknowns}, key=repr)
        tableau = _Tableau(unknowns, component)
        for index, unknown in enumerate(unknowns):
            least = tableau.minimum({index: Fraction(1)})
            most = tableau.minimum({index: Fraction(-1)})
            assert least is not None
            bounds[unknown] = Bounds(least, None if most is None else -most)
    return bounds


def _components(equations: Iterable[Equation]) -> Sequence[Sequence[Equation]]:
    """Return the equations in groups that have no unknown number in common."""
    groups: list[tuple[set[Unknown], list[Equation]]] = []
    for equation in equations:
        if not equation.unknowns:
            continue
        linked = [group for group in groups if group[0] & set(equation.unknowns)]
        groups = [group for group in groups if group not in linked]
        unknowns = set(equation.unknowns).union(*(group[0] for group in linked))
        groups.append((unknowns, [*(item for group in linked for item in group[1]), equation]))
    return [group[1] for group in groups]


class _Tableau:
    """Simplex tableau with a feasible basis. Rows are `{column: value}`; the right side has the column -1."""

    def __init__(self, unknowns: Sequence[Unknown], equations: Sequence[Equation]) -> None:
        columns = {unknown: index for index, unknown in enumerate(unknowns)}
        self._rows: list[dict[int, Fraction]] = []
        self._basis: list[int] = []
        for number, equation in enumerate(equations):
            sign = -1 if equation.result < 0 else 1
            row = {columns[unknown]: Fraction(sign * factor) for unknown, factor in equation.unknowns.items()}
            self._rows.append({**row, len(unknowns) + number: Fraction(1), -1: Fraction(sign * equation.result)})
            self._basis.append(len(unknowns) + number)
        artificial = range(len(unknowns), len(unknowns) + len(equations))
        if self._minimize({column: Fraction(1) for column in artificial}):
            raise ValueError("the equations contradict each other")
        self._drop(len(unknowns))

    def minimum(self, cost: Mapping[int, Fraction]) -> Fraction | None:
        """Return the smallest value of the cost; `None` if there is none."""
        return self._minimize(cost)

    def _drop(self, first_artificial: int) -> None:
        """Remove the artificial columns, and the equations that follow from others."""
        for number in range(len(self._rows)):
            if self._basis[number] >= first_artificial:
                column = next((key for key in self._rows[number] if 0 <= key < first_artificial), None)
                if column is not None:
                    self._pivot(number, column)
        kept_rows = [number for number, column in enumerate(self._basis) if column < first_artificial]
        self._rows = [
            {column: value for column, value in self._rows[number].items() if column < first_artificial}
            for number in kept_rows
        ]
        self._basis = [self._basis[number] for number in kept_rows]

    def _minimize(self, cost: Mapping[int, Fraction]) -> Fraction | None:
        while True:
            reduced: defaultdict[int, Fraction] = defaultdict(Fraction, cost)
            for row, column in zip(self._rows, self._basis, strict=True):
                if price := cost.get(column):
                    for key, value in row.items():
                        reduced[key] -= price * value
            entering = min((key for key, value in reduced.items() if key >= 0 and value < 0), default=None)
            if entering is None:
                return -reduced[-1]
            ratios = [
                (row.get(-1, Fraction(0)) / row[entering], self._basis[number], number)
                for number, row in enumerate(self._rows)
                if row.get(entering, 0) > 0
            ]
            if not ratios:
                return None
            self._pivot(min(ratios)[2], entering)

    def _pivot(self, number: int, column: int) -> None:
        factor = self._rows[number][column]
        pivot_row = {key: value / factor for key, value in self._rows[number].items()}
        self._rows[number] = pivot_row
        self._basis[number] = column
        for index, row in enumerate(self._rows):
            if index != number and (multiple := row.get(column)):
                for key, value in pivot_row.items():
                    difference = row.get(key, Fraction(0)) - multiple * value
                    if difference:
                        row[key] = difference
                    else:
                        row.pop(key, None)
