"""The tree of units, and what is wrong with one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.units.tree import MAX_UNITS, Unit, UnitFault, UnitTree, check_tree, check_unit, read_code


def tree_of(**parents: str) -> UnitTree:
    """Return a tree by the parent of each unit."""
    return UnitTree(Unit(code, f"Unit {code}", parent) for code, parent in parents.items())


def test_what_lies_at_a_unit_or_below() -> None:
    """Whatever order the units came in. An unknown unit has nothing."""
    tree = tree_of(LURAH="CAMAT", DINKES="", CAMAT="", RT="LURAH")
    assert tree.below("CAMAT") == {"CAMAT", "LURAH", "RT"}
    assert tree.below("DINKES") == {"DINKES"}
    assert tree.below("HILANG") == frozenset()
    assert tree.above("RT") == ["LURAH", "CAMAT"]
    assert tree.path("RT") == "Unit CAMAT / Unit LURAH / Unit RT"
    assert [(depth, unit.code) for depth, unit in tree.in_order()] == [
        (0, "CAMAT"), (1, "LURAH"), (2, "RT"), (0, "DINKES")
    ]  # fmt: skip


def test_a_tree_of_any_depth() -> None:
    """No recursion ends with an error."""
    units = [Unit(f"U{number}", "Unit", f"U{number - 1}" if number else "") for number in range(MAX_UNITS)]
    check_tree({unit.code: unit for unit in units})
    assert len(UnitTree(units).below("U0")) == MAX_UNITS


@given(st.lists(st.integers(0, 8), min_size=1, max_size=9))
def test_a_tree_is_refused_exactly_if_a_unit_is_above_itself(parents: list[int]) -> None:
    """Unit n has the parent of the list; a number that no unit has is none."""
    units = {
        f"U{number}": Unit(f"U{number}", "Unit", f"U{parent}" if parent < len(parents) else "")
        for number, parent in enumerate(parents)
    }

    def has_cycle(number: int) -> bool:
        seen: set[int] = set()
        while number < len(parents) and number not in seen:
            seen.add(number)
            number = parents[number]
        return number < len(parents)

    if any(map(has_cycle, range(len(parents)))):
        with pytest.raises(UnitFault, match="cycle"):
            check_tree(units)
    else:
        check_tree(units)
        tree = UnitTree(units.values())
        assert {unit.code for _, unit in tree.in_order()} == set(units)
        for code in units:
            assert tree.below(code) == {other for other in units if code == other or code in tree.above(other)}


def test_an_unknown_parent() -> None:
    """It is named."""
    with pytest.raises(UnitFault) as caught:
        check_tree({"A": Unit("A", "A", "B")})
    assert (caught.value.reason, caught.value.code) == ("parent-unknown", "B")


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (Unit("", "Dinas"), "code-invalid"),
        (Unit("DIN KES", "Dinas"), "code-invalid"),
        (Unit("dinkes", "Dinas"), "code-invalid"),
        (Unit("A" * 41, "Dinas"), "code-invalid"),
        (Unit("A", ""), "name-invalid"),
        (Unit("A", "x" * 201), "name-invalid"),
        (Unit("A", "a\x07b"), "name-invalid"),
        (Unit("A", "Dinas", decree="x" * 201), "decree-invalid"),
        (Unit("A", "Dinas", valid_from=date(2026, 2, 1), valid_until=date(2026, 1, 31)), "days-reversed"),
    ],
)
def test_values_that_cannot_be_used(unit: Unit, reason: str) -> None:
    """Each has a reason of its own."""
    with pytest.raises(UnitFault, match=reason):
        check_unit(unit)


def test_codes() -> None:
    """They have capital letters, however they were typed."""
    assert read_code(" dinkes-1 ") == "DINKES-1"
    assert read_code("33.74.01") == "33.74.01"
    assert [read_code(typed) for typed in ("", "-A", "a b", "ä", "A/B")] == [""] * 5


def test_days_in_force() -> None:
    """Both days are included; an empty one is no limit."""
    unit = Unit("A", "A", valid_from=date(2026, 1, 1), valid_until=date(2026, 1, 31))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1)]
    assert [unit.is_in_force(day) for day in days] == [False, True, True, False]
    assert Unit("A", "A").is_in_force(date(1970, 1, 1))
