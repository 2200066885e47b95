"""An attack on suppressed tables: all published numbers as equations, and the bounds of what is not published."""

import random
from collections.abc import Mapping, Sequence

import pytest

from oversight.public.suppression import LEAST_SHOWN, WIDTH, Parts, PublishedRow, PublishedTable, publish_table
from tests.oversight.public.linear_bounds import Bounds, Equation, Unknown, find_bounds

COLUMNS = 3


def equations_of(table: PublishedTable) -> Sequence[Equation]:
    """Return all that is known of a table: rows and columns add up."""
    equations = [_sum([(code, column) for column in range(COLUMNS)], row.parts, (code, "total"), row.total)
                 for code, row in table.rows.items()]  # fmt: skip
    for column in range(COLUMNS):
        cells = [row.parts[column] for row in table.rows.values()]
        names = [(code, column) for code in table.rows]
        equations.append(_sum(names, cells, ("", column), table.totals.parts[column]))
    totals = [row.total for row in table.rows.values()]
    equations.append(_sum([(code, "total") for code in table.rows], totals, ("", "total"), table.totals.total))
    return equations


def _sum(names: Sequence[Unknown], numbers: Sequence[int | None], total_name: Unknown, total: int | None) -> Equation:
    """Return the equation of numbers with their total; `None` stands for an unknown one."""
    unknowns = {name: 1 for name, number in zip(names, numbers, strict=True) if number is None}
    known = sum(number for number in numbers if number is not None)
    if total is None:
        return Equation({**unknowns, total_name: -1}, -known)
    return Equation(unknowns, total - known)


def narrow_cells(bounds: Mapping[Unknown, Bounds]) -> list[tuple[Unknown, Bounds]]:
    """Return the numbers that are known more closely than `WIDTH`."""
    return [
        (name, bound) for name, bound in bounds.items() if bound.most is not None and bound.most - bound.least < WIDTH
    ]


def random_table(seed: int) -> dict[str, Parts]:
    """Return a table with rows of very different sizes, some of them without late or uncounted cases."""
    chance = random.Random(seed)  # noqa: S311 - reproducible examples
    rows = {}
    for number in range(chance.randrange(1, 9)):
        size = chance.choice((0, 2, 6, 15, 60, 300))
        rows[f"row-{number}"] = tuple(chance.randrange(size + 1) * chance.choice((0, 1, 1)) for _ in range(COLUMNS))
    return rows


@pytest.mark.parametrize("first_seed", range(0, 200, 50))
def test_no_suppressed_number_can_be_worked_out(first_seed: int) -> None:
    """From one table with its totals. Every small number is suppressed, and what is shown is true."""
    for seed in range(first_seed, first_seed + 50):
        rows = random_table(seed)
        table = publish_table(rows, COLUMNS)
        assert narrow_cells(find_bounds(equations_of(table))) == [], (seed, rows, table)
        for code, row in table.rows.items():
            numbers = [*row.parts, row.total]
            assert not any(number is not None and 0 < number < LEAST_SHOWN for number in numbers)
            truth = [*rows[code], sum(rows[code])]
            assert all(number in {None, true} for number, true in zip(numbers, truth, strict=True))


def test_large_tables_are_shown() -> None:
    """Suppression takes no more than it must: only the row with a small number, and the smallest row beside it."""
    rows = {"a": (100, 80, 20), "b": (60, 3, 9), "c": (50, 40, 30), "d": (0, 0, 0), "e": (300, 200, 90)}
    table = publish_table(rows, COLUMNS)
    hidden = {code for code, row in table.rows.items() if None in row.parts}
    assert hidden == {"b", "c"}
    assert all(row.total is not None for row in table.rows.values())
    assert table.totals == PublishedRow(982, (510, 323, 149))


def test_the_attack_finds_cells_that_are_suppressed_carelessly() -> None:
    """Hiding only the small number, or two numbers that lie in one row, protects nothing."""
    rows = {"a": PublishedRow(200, (100, 80, 20)), "c": PublishedRow(120, (50, 40, 30))}
    totals = PublishedRow(392, (210, 123, 59))
    one_cell = PublishedTable(totals, {**rows, "b": PublishedRow(72, (60, None, 9))})
    assert [name for name, _ in narrow_cells(find_bounds(equations_of(one_cell)))] == [("b", 1)]
    one_row = PublishedTable(totals, {**rows, "b": PublishedRow(72, (60, None, None))})
    assert {name for name, _ in narrow_cells(find_bounds(equations_of(one_row)))} == {("b", 1), ("b", 2)}
