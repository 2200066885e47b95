"""The import graph: packages import downwards only, without cycles, and chains inside a package are short."""

import pytest

from tests.support.import_graph import PACKAGES, ImportGraph, build_graph, report

# So many modules at most, one importing the next. `app/` had 11 and `router/` 13 when the graph was first drawn.
MAX_LAYERS = {"app": 8, "router": 7}


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    """The graph of all packages."""
    return build_graph()


def test_nothing_imports_in_a_circle(graph: ImportGraph) -> None:
    """Every module can be read after those that it imports."""
    assert graph.cycles() == []


def test_packages_import_downwards_only(graph: ImportGraph) -> None:
    """`app` imports the stages, they import `language` and the ground; packages of one rank import no other."""
    assert graph.upward_imports() == []


@pytest.mark.parametrize("package", MAX_LAYERS)
def test_chains_are_short(graph: ImportGraph, package: str) -> None:
    """A package has few layers."""
    chain = graph.longest_chain(package)
    assert len(chain) <= MAX_LAYERS[package], " > ".join(chain)


def test_the_report_names_every_package_and_every_fault() -> None:
    """`make graph` prints the layers, a cycle and an upward import where there is one."""
    imports = {package: frozenset[str]() for package in PACKAGES} | {
        "bus.port": frozenset({"bus.worker"}),
        "bus.worker": frozenset({"bus.port", "app"}),
    }
    lines = report(ImportGraph(imports)).splitlines()
    assert [line.partition(":")[0] for line in lines] == [*PACKAGES, "cycle", "upward"]
    assert lines[-2:] == ["cycle: bus.port bus.worker", "upward: bus.worker imports app"]
    assert "app: 1 layers: app" in lines
