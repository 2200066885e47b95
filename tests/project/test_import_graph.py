"""The import graph has no cycles, and chains inside a package are short."""

import pytest

from tests.support.import_graph import PACKAGES, ImportGraph, build_graph, report

# So many modules at most, one importing the next. `app/` had 11 and `router/` 13 when the graph was first drawn.
# Of the 12 in `app/`, four are the parts of a process: its doors, its keys, its core, its clock.
MAX_LAYERS = {"app": 12, "router": 7}


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    """The graph of all packages."""
    return build_graph()


def test_nothing_imports_in_a_circle(graph: ImportGraph) -> None:
    """Every module can be read after those that it imports."""
    assert graph.cycles() == []


@pytest.mark.parametrize("package", MAX_LAYERS)
def test_chains_are_short(graph: ImportGraph, package: str) -> None:
    """A package has few layers."""
    chain = graph.longest_chain(package)
    assert len(chain) <= MAX_LAYERS[package], " > ".join(chain)


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
