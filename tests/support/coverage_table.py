"""Prints the share of lines and branches of each package that the tests executed: `make coverage`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coverage import Coverage
from coverage.exceptions import NoDataError

_TOTAL = "all"


def shares(files: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return how many lines and branches of each package were executed, and how many it has; at last of all.

    `files` is that part of coverage.py's JSON report.
    """
    counts: dict[str, tuple[int, int]] = {}
    for name in sorted(files):
        summary = files[name]["summary"]
        executed = summary["covered_lines"] + summary["covered_branches"]
        present = summary["num_statements"] + summary["num_branches"]
        package = Path(name).parts[0]
        counts[package] = _sum(counts.get(package, (0, 0)), (executed, present))
    total = (0, 0)
    for count in counts.values():
        total = _sum(total, count)
    return {**counts, _TOTAL: total}


def _sum(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return left[0] + right[0], left[1] + right[1]


def table(counts: Mapping[str, tuple[int, int]]) -> str:
    """Return a line for each package."""
    return "".join(
        f"{package:10} {executed / present:6.1%}  {executed:,} of {present:,} lines and branches\n"
        for package, (executed, present) in counts.items()
        if present
    )


def main() -> int:
    """Print the table of the data of `.coverage`; return the exit code, which is 0."""
    coverage = Coverage()
    coverage.load()
    with TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        try:
            coverage.json_report(outfile=str(report))
        except NoDataError:
            sys.stdout.write("No test executed our code.\n")
            return 0
        sys.stdout.write(table(shares(json.loads(report.read_text())["files"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
