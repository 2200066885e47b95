"""The table of `make coverage` has one figure for each package."""

from typing import Any

from tests.support.coverage_table import shares, table


def summary(executed: int, lines: int, taken: int, branches: int) -> dict[str, Any]:
    """Return a file of coverage.py's report."""
    counts = {"covered_lines": executed, "num_statements": lines, "covered_branches": taken, "num_branches": branches}
    return {"summary": counts}


def test_a_package_has_the_sum_of_its_files() -> None:
    """Lines and branches count alike. A package without code has no line."""
    files = {
        "router/stage.py": summary(90, 100, 10, 20),
        "router/location/finder.py": summary(10, 20, 0, 0),
        "bus/port.py": summary(5, 10, 5, 10),
        "empty/__init__.py": summary(0, 0, 0, 0),
    }
    counts = shares(files)
    assert counts == {"bus": (10, 20), "empty": (0, 0), "router": (110, 140), "all": (120, 160)}
    assert table(counts).splitlines() == [
        "bus         50.0%  10 of 20 lines and branches",
        "router      78.6%  110 of 140 lines and branches",
        "all         75.0%  120 of 160 lines and branches",
    ]
