"""Writes `config/data/holidays.csv` from the package `holidays`: `make holidays`.

The package has national holidays in its category `public`, and joint leave (*cuti bersama*) in `government`. With
`--check` the committed table is compared with the package.
"""

import csv
import io
import sys
from collections.abc import Iterator
from importlib.metadata import version

import holidays

from bench.generated.files import write_or_check
from cases.clocks.holidays import COLUMNS, HOLIDAYS, HolidayKind
from config.reference.folder import SHIPPED_FOLDER

YEARS = range(2024, 2028)
_CATEGORIES: dict[str, HolidayKind] = {"public": "national", "government": "joint_leave"}


def table() -> str:
    """Return the table as a CSV text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(_rows()))
    return text.getvalue()


def main() -> int:
    """Write the table, or compare with `--check`; return the exit code."""
    return write_or_check({SHIPPED_FOLDER / HOLIDAYS: table()}, "holidays")


def _rows() -> Iterator[tuple[str, str, HolidayKind, str]]:
    source = f"holidays {version('holidays')}"
    for category, kind in _CATEGORIES.items():
        days = holidays.country_holidays("ID", years=YEARS, categories=(category,), language="id")
        for day, name in days.items():
            yield day.isoformat(), name, kind, source


if __name__ == "__main__":
    sys.exit(main())
