"""Two attacks on suppressed tables, by somebody who knows the rule.

The first reads all published numbers as equations, knows that no suppressed total is 0, and finds the bounds of what is
not published. The second knows the whole program except the secret order: it makes every table that there can be,
publishes each one in every order, and keeps those that look like the published one.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product

import pytest

from oversight.public.suppression import LEAST_SHOWN, WIDTH, Parts, PublishedRow, PublishedTable, publish_table
from tests.oversight.public.linear_bounds import Bounds, Equation, Unknown, find_bounds

COLUMNS = 3


def alphabetical(code: str) -> bytes:
    """Return the place of a row in the order of the codes."""
    return code.encode()


def equations_of(table: PublishedTable) -> Sequence[Equation]:
    """Return all that is known of a table: rows and columns add up, and no suppressed total is 0.

    The unknown number of a suppressed total is what it has above 1.
    """
    nation = table.totals.total is not None
    equations = [
        _sum([(code, column) for column in range(COLUMNS)], row.parts, (code, "total"), row.total, least=nation)
        for code, row in table.rows.items()
    ]
    for column in range(COLUMNS):
        cells = [row.parts[column] for row in table.rows.values()]
        names = [(code, column) for code in table.rows]
        equations.append(_sum(names, cells, ("", column), table.totals.parts[column]))
    totals = [row.total for row in table.rows.values()]
    hidden = sum(total is None for total in totals) if nation else 0
    everything = None if table.totals.total is None else table.totals.total - hidden
    equations.append(_sum([(code, "total") for code in table.rows], totals, ("", "total"), everything))
    return equations


def _sum(
    names: Sequence[Unknown], numbers: Sequence[int | None], total_name: Unknown, total: int | None, least: int = 0
) -> Equation:
    """Return the equation of numbers with their total; `None`: an unknown one, a total of at least `least`."""
    unknowns = {name: 1 for name, number in zip(names, numbers, strict=True) if number is None}
    known = sum(number for number in numbers if number is not None)
    if total is None:
        return Equation({**unknowns, total_name: -1}, least - known)
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
        table = publish_table(rows, COLUMNS, alphabetical)
        assert narrow_cells(find_bounds(equations_of(table))) == [], (seed, rows, table)
        for code, row in table.rows.items():
            numbers = [*row.parts, row.total]
            assert not any(number is not None and 0 < number < LEAST_SHOWN for number in numbers)
            truth = [*rows[code], sum(rows[code])]
            assert all(number in {None, true} for number, true in zip(numbers, truth, strict=True))


def test_large_tables_are_shown() -> None:
    """Suppression takes no more than it must: only the row with a small number, and one row beside it."""
    rows = {"a": (100, 80, 20), "b": (60, 3, 9), "c": (50, 40, 30), "d": (0, 0, 0), "e": (300, 200, 90)}
    hidden_rows = []
    for order in ("abcde", "cabde", "edcba"):
        table = publish_table(rows, COLUMNS, lambda code: bytes([order.index(code)]))  # noqa: B023
        hidden_rows.append({code for code, row in table.rows.items() if None in row.parts})
    assert hidden_rows == [{"a", "b"}, {"b", "c"}, {"b", "e"}]
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


def test_five_agencies_with_one_case_each_cannot_be_told() -> None:
    """Five suppressed totals with the sum 5 would be 1 each. A further row hides them; without one nothing is shown."""
    small = {f"agency-{number}": (0, 1, 0) for number in range(5)}
    assert publish_table(small, COLUMNS, alphabetical).totals.total is None
    table = publish_table({**small, "z": (90, 60, 30)}, COLUMNS, alphabetical)
    assert {row.total for row in table.rows.values()} == {None}
    # Of five with the sum 13 each may have 1 to 9.
    larger = publish_table({**small, "agency-0": (0, 5, 0), "agency-1": (0, 5, 0), "z": (90, 60, 30)}, 3, alphabetical)
    assert [code for code, row in larger.rows.items() if row.total is not None] == ["z"]


def tables_of(column_totals: Sequence[int], rows: int) -> Iterator[Mapping[str, Parts]]:
    """Yield every table with these totals of the columns."""
    columns = [list(_divisions(total, rows)) for total in column_totals]
    for cells in product(*columns):
        yield {f"row-{number}": tuple(column[number] for column in cells) for number in range(rows)}


def _divisions(total: int, count: int) -> Iterator[tuple[int, ...]]:
    if count == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for others in _divisions(total - first, count - 1):
            yield (first, *others)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column_totals", "rows"),
    [
        *(((12,), 4), ((20,), 4), ((30,), 3), ((20, 9), 3), ((30, 8), 3), ((10, 10), 3), ((14, 14), 3)),
        *(((14, 9, 8), 2), ((20, 12, 9), 2)),
    ],
)
def test_who_knows_the_program_cannot_work_out_a_suppressed_number(column_totals: Sequence[int], rows: int) -> None:
    """Among all tables that could look like the published one, each suppressed number has an interval of `WIDTH`."""
    orders = [
        {f"row-{number}": bytes([place]) for place, number in enumerate(order)} for order in permutations(range(rows))
    ]
    candidates: dict[tuple[tuple[str, PublishedRow], ...], list[Mapping[str, Parts]]] = defaultdict(list)
    for table in tables_of(column_totals, rows):
        published = [publish_table(table, len(column_totals), order.__getitem__) for order in orders]
        for look in {tuple(shown.rows.items()) for shown in published if shown.totals.total is not None}:
            candidates[look].append(table)
    suppressed = 0
    for look, tables in candidates.items():
        for code, row in look:
            values = [({sum(table[code]) for table in tables}, row.total)]
            values += [({table[code][column] for table in tables}, part) for column, part in enumerate(row.parts)]
            for possible, number in values:
                if number is None:
                    suppressed += 1
                    assert max(possible) - min(possible) >= WIDTH, (look, code, possible)
                else:
                    assert possible == {number}
    assert suppressed
