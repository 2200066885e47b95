"""The official regions of Indonesia: provinces, their cities and regencies, and the districts of these.

Read from `regions.csv` (its source: `config/data/README.md`). Citizens pick their place from them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table

REGIONS = "regions.csv"
# Dotted codes: 33 is a province, 33.74 a city of it, 33.74.01 a district of that city.
_DISTRICT_PARTS = 3


@dataclass(frozen=True, slots=True)
class Region:
    """`code` is the official code (Kepmendagri) with dots, `name` the official name."""

    code: str
    name: str


class Regions:
    """The tree of regions by code."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self._regions = {region.code: region for region in regions}
        self._children: dict[str, list[Region]] = defaultdict(list)
        for region in sorted(self._regions.values(), key=lambda region: region.name):
            self._children[parent_code(region.code)].append(region)

    def get(self, code: str) -> Region | None:
        """Return the region with this code, if there is one."""
        return self._regions.get(code)

    def children(self, code: str = "") -> Sequence[Region]:
        """Return the regions directly within a region, by name; without a code the provinces."""
        return self._children.get(code, ())

    def lineage(self, code: str) -> list[Region]:
        """Return the province, the city or regency and the district of a code, as far as they are known."""
        parts = code.split(".")
        codes = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        return [region for code in codes if (region := self.get(code))]


def parent_code(code: str) -> str:
    """Return the code of the region that a region lies in; "" for a province."""
    return code.rpartition(".")[0]


def load_regions(path: Path = SHIPPED_FOLDER / REGIONS) -> Regions:
    """Return the regions in a table. Raises `TableError`."""
    rows = read_table(path, ("code", "name"), uneven_rows=True)
    raise_faults(path, _faults(rows))
    return Regions(Region(row.cells["code"], row.cells["name"].strip()) for row in rows)


def _faults(rows: Sequence[TableRow]) -> Iterator[str]:
    previous_codes: set[str] = set()
    for line, cells in rows:
        code = cells["code"]
        parts = code.split(".")
        if not all(part.isdecimal() for part in parts) or len(parts) > _DISTRICT_PARTS or not cells["name"].strip():
            yield f"line {line}: {code!r} is not the row of a region; write a code like 33.74.11 and a name"
        if code in previous_codes:
            yield f"line {line}: {code} has two rows; keep one"
        if (parent := parent_code(code)) and parent not in previous_codes:
            yield f"line {line}: {code}: the row of {parent} must stand before it"
        previous_codes.add(code)
