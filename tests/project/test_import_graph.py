"""The import graph has no cycles. `make graph` prints the longest chain of each package."""

import pytest

from tests.support.import_graph import PACKAGES, ImportGraph, build_graph, report


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    """The graph of all packages."""
    return build_graph()


def test_nothing_imports_in_a_circle(graph: ImportGraph) -> None:
    """Every module can be read after those that it imports."""
    assert graph.cycles() == []


def test_the_report_names_every_package_and_every_fault() -> None:
    """`make graph` prints the layers, and a cycle where there is one."""
    imports = {package: frozenset[str]() for package in PACKAGES} | {
        "bus.port": frozenset({"bus.worker"}),
        "bus.worker": frozenset({"bus.port"}),
    }
    lines = report(ImportGraph(imports)).splitlines()
    assert [line.partition(":")[0] for line in lines] == [*PACKAGES, "cycle"]
    assert lines[-1] == "cycle: bus.port bus.worker"
    assert "app: 1 layers: app" in lines
