"""Finds the district of a point: that of the nearest village.

A table has one point for each village, not its borders. Near a border the district may be the neighbour's. It does not
decide which place a report is about.
"""

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from math import cos, hypot, radians
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.regions import Regions
from config.reference.table_reader import TableRow, raise_faults, read_table

POINTS = "points.csv"
# Code of the row of towns abroad.
ABROAD = ""
# Degrees are stored as whole numbers of this part of a degree: 11 m.
UNITS_PER_DEGREE = 10_000
KILOMETRES_PER_DEGREE = 111.2
# A point further from any village is in no district. Villages in Papua are that far apart.
MAX_KILOMETRES = 25.0
# Side of a cell of the index, in units: about 11 km.
_CELL = 1_000
# The rings of cells around the cell of a point that hold all villages within `MAX_KILOMETRES`.
_RINGS = 3
_COLUMNS = ("district", "points")
_DISTRICT_DOTS = 2
_MAX_LATITUDE, _MAX_LONGITUDE = 90, 180
# At most seven digits: 180 degrees are 1,800,000 units.
_LIST_OF_POINTS = re.compile(r"-?\d{1,7} -?\d{1,7}(?:\|-?\d{1,7} -?\d{1,7})*")
# Values of a village in the index: its coordinates and the number of the row.
_FIELDS = 3


class VillagePoints:
    """Points of villages by district code. `rows` are codes with latitudes and longitudes in turns, in units.

    83,000 villages take about 3 MB.
    """

    def __init__(self, rows: Sequence[tuple[str, Sequence[int]]]) -> None:
        self._rows = rows

    def district_at(self, latitude: float, longitude: float) -> str:
        """Return the code of the district of the nearest village; "" if none is near, or if a town abroad is nearer."""
        code, kilometres = self.nearest(latitude, longitude)
        return code if kilometres <= MAX_KILOMETRES else ""

    def nearest(self, latitude: float, longitude: float) -> tuple[str, float]:
        """Return the code of the row with the nearest point, and its distance; infinite if no point is around."""
        # The comparison is false for a NaN as well.
        if not (abs(latitude) <= _MAX_LATITUDE and abs(longitude) <= _MAX_LONGITUDE):
            return ABROAD, float("inf")
        north, east = latitude * UNITS_PER_DEGREE, longitude * UNITS_PER_DEGREE
        narrowing = cos(radians(latitude))
        nearest, number = float("inf"), -1
        for ring in range(_RINGS + 1):
            for cell in _ring(int(north // _CELL), int(east // _CELL), ring):
                villages = self._cells.get(cell, ())
                for start in range(0, len(villages), _FIELDS):
                    distance = hypot(villages[start] - north, (villages[start + 1] - east) * narrowing)
                    if distance < nearest:
                        nearest, number = distance, villages[start + 2]
            # All villages that are not looked at yet are further away.
            if nearest <= ring * _CELL * narrowing:
                break
        code = self._rows[number][0] if number >= 0 else ABROAD
        return code, nearest * KILOMETRES_PER_DEGREE / UNITS_PER_DEGREE

    @cached_property
    def _cells(self) -> dict[tuple[int, int], "array[int]"]:
        """The villages by cell. Built when the first point is looked for."""
        cells: dict[tuple[int, int], array[int]] = {}
        for number, (_, units) in enumerate(self._rows):
            for north, east in zip(units[::2], units[1::2], strict=True):
                cell = north // _CELL, east // _CELL
                cells.setdefault(cell, array("i")).extend((north, east, number))
        return cells


def load_points(
    regions: Regions, path: Path = SHIPPED_FOLDER / POINTS, *, is_shipped_beside: bool = False
) -> VillagePoints:
    """Return the points in a table. Raises `TableError`.

    `is_shipped_beside`: the shipped table is read beside an operator's regions. Rows of districts that these lack are
    left out.
    """
    rows = read_table(path, _COLUMNS)
    if is_shipped_beside:
        rows = [row for row in rows if row.cells["district"] == ABROAD or regions.get(row.cells["district"])]
    points = [_read_points(row.cells["points"]) for row in rows]
    raise_faults(path, _faults(rows, points, regions))
    return VillagePoints([(row.cells["district"], units) for row, units in zip(rows, points, strict=True)])


def _read_points(cell: str) -> "array[int]":
    """Return latitudes and longitudes in turns; nothing if the cell is no list of points."""
    if not _LIST_OF_POINTS.fullmatch(cell):
        return array("i")
    units = array("i", map(int, cell.replace("|", " ").split()))
    is_on_earth = not _are_beyond(units[::2], _MAX_LATITUDE) and not _are_beyond(units[1::2], _MAX_LONGITUDE)
    return units if is_on_earth else array("i")


def _are_beyond(units: Sequence[int], degrees: int) -> bool:
    return any(abs(unit) > degrees * UNITS_PER_DEGREE for unit in (min(units, default=0), max(units, default=0)))


def _faults(rows: Sequence[TableRow], points: Sequence[Sequence[int]], regions: Regions) -> Iterator[str]:
    previous_codes: set[str] = set()
    for row, units in zip(rows, points, strict=True):
        code = row.cells["district"]
        if code != ABROAD and (code.count(".") != _DISTRICT_DOTS or regions.get(code) is None):
            yield f"line {row.line}: {code} is no district; write a code like 33.74.11, or nothing for towns abroad"
        if code in previous_codes:
            yield f"line {row.line}: {code or 'abroad'} stands twice; keep one row"
        if not units:
            yield (
                f"line {row.line}: {code or 'abroad'}: write latitude and longitude of each village in ten-thousandths"
                " of a degree, separated by |, as in -69932 1104203|-69900 1104229"
            )
        previous_codes.add(code)


def _ring(north: int, east: int, ring: int) -> Iterator[tuple[int, int]]:
    """Yield the cells at a distance of `ring` cells from a cell."""
    for row in range(north - ring, north + ring + 1):
        columns = range(-ring, ring + 1) if abs(row - north) == ring else (-ring, ring)
        yield from ((row, east + column) for column in columns)
