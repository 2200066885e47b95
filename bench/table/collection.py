"""Runs the sections of the table and collects their figures."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from bench.table import part_sections, pipeline_sections
from bench.table.figures import Figure, Results
from bench.table.reference_loop import reference_loop_us
from bench.table.scale import Scale

Section = Callable[[Scale], Iterable[Figure]]
SECTIONS: Mapping[str, Section] = {
    "doors": pipeline_sections.doors,
    "stages": pipeline_sections.stages,
    "whole way": pipeline_sections.whole_way,
    "start": pipeline_sections.start,
    "memory": pipeline_sections.memory,
    "growth": part_sections.growth,
    "routing": part_sections.routing,
    "desk": part_sections.desk,
    "oversight": part_sections.oversight,
    "console": part_sections.console,
    "audit": part_sections.audit,
}
# Packages of others whose versions change the figures. Not all of them install everywhere.
_MEASURED_PACKAGES = (
    "httptools",
    "kafka-python",
    "psycopg",
    "pydantic",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
)


def collect(scale: Scale, names: Collection[str], report: Callable[[str], None]) -> Results:
    """Run the named sections, and tell `report` about each. A section that fails ends the run."""
    results = Results(scale.name, dict(_versions()))
    for name in names:
        before, began = reference_loop_us(), time.monotonic()
        results.add(name, SECTIONS[name](scale))
        # The machine may have become slower or faster meanwhile.
        results.reference_us[name] = round((before + reference_loop_us()) / 2, 1)
        report(f"{name}: {time.monotonic() - began:.0f} s")
    return results


def _versions() -> Iterator[tuple[str, str]]:
    yield "python", python_version()
    for package in _MEASURED_PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            yield package, "not installed"
