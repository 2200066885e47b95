"""The regions of Indonesia as a citizen picks them: provinces, their cities and regencies, and the districts of these.

Facts read from `config/data/regions.csv` (where they come from stands beside it). Nothing is guessed from them here.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.settings import SettingsError

_FILE = Path(__file__).parents[1] / "data" / "regions.csv"
# Dotted codes: 33 is a province, 33.74 a city of it, 33.74.01 a district of that.
_DEEPEST = 3


class RegionsError(SettingsError):
    """The file can't be read as regions; the text names the row."""


@dataclass(frozen=True, slots=True)
class Region:
    """`code` is the official one (Kepmendagri), with dots; `name` as it is written there."""

    code: str
    name: str


class Regions:
    """A tree of regions by code."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self._regions = {region.code: region for region in regions}
        self._inside: dict[str, list[Region]] = defaultdict(list)
        for region in sorted(self._regions.values(), key=lambda region: region.name):
            self._inside[region.code.rpartition(".")[0]].append(region)

    def get(self, code: str) -> Region | None:
        """The region with this code, if there is one."""
        return self._regions.get(code)

    def inside(self, code: str = "") -> Sequence[Region]:
        """What lies directly within a region, by name; without a code, the provinces."""
        return self._inside.get(code, ())

    def way(self, code: str) -> list[Region]:
        """The province, the city or regency and the district of a code, as far as it goes and they are known."""
        parts = code.split(".")
        codes = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        return [region for code in codes if (region := self.get(code))]


def load_regions(path: Path = _FILE) -> Regions:
    """The regions in a file. Raises `RegionsError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
        regions = [Region(row["code"], row["name"].strip()) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError) as error:
        raise RegionsError(f"{path}: {error!r}") from error
    if faults := list(_faults(regions)):
        raise RegionsError("\n".join(f"{path}: {fault}" for fault in faults))
    return Regions(regions)


def _faults(regions: Sequence[Region]) -> Iterator[str]:
    seen: set[str] = set()
    for region in regions:
        parts = region.code.split(".")
        if not all(part.isdecimal() for part in parts) or len(parts) > _DEEPEST or not region.name:
            yield f"{region.code!r} is not the row of a region"
        if region.code in seen:
            yield f"{region.code} stands twice"
        if (parent := region.code.rpartition(".")[0]) and parent not in seen:
            yield f"{region.code}: {parent} must stand before it"
        seen.add(region.code)
