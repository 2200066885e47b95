"""Measures the import graph: layers of each package, and cycles. import-linter checks imports between packages.

`make graph` prints it.
"""

import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import grimp

from tests.support.paths import ROOT

LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES: Sequence[str] = tuple(LINTER["root_packages"])


@dataclass(frozen=True, slots=True)
class ImportGraph:
    """For each module of our packages, the modules of ours that it imports directly."""

    imports: Mapping[str, frozenset[str]]

    def cycles(self) -> list[tuple[str, ...]]:
        """Return every group of modules that import each other, directly or through others."""
        return [tuple(sorted(group)) for group in _strong_components(self.imports) if len(group) > 1]

    def longest_chain(self, package: str) -> list[str]:
        """Return the longest chain of imports inside a package; without cycles its length is the number of layers."""
        members = {module for module in self.imports if _package(module) == package}
        chains: dict[str, list[str]] = {}

        def chain(module: str) -> list[str]:
            if module not in chains:
                chains[module] = [module]  # ends a walk around a cycle, which `cycles` reports
                below = (chain(imported) for imported in sorted(self.imports[module] & members))
                chains[module] = [module, *max(below, key=len, default=[])]
            return chains[module]

        return max((chain(module) for module in sorted(members)), key=len)


def build_graph() -> ImportGraph:
    """Return the graph of all packages."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return ImportGraph({module: frozenset(graph.find_modules_directly_imported_by(module)) for module in graph.modules})


def _package(module: str) -> str:
    return module.partition(".")[0]


def _strong_components(imports: Mapping[str, Collection[str]]) -> Iterator[frozenset[str]]:
    """Yield groups of modules that reach each other (Kosaraju: two walks, the second against the direction)."""
    order: list[str] = []
    visited: set[str] = set()
    for module in sorted(imports):
        _walk(module, imports, visited, order)
    importers: dict[str, set[str]] = {module: set() for module in imports}
    for module, all_imported in imports.items():
        for imported in all_imported:
            importers[imported].add(module)
    visited.clear()
    for module in reversed(order):
        group: list[str] = []
        _walk(module, importers, visited, group)
        if group:
            yield frozenset(group)


def _walk(start: str, edges: Mapping[str, Collection[str]], visited: set[str], finished: list[str]) -> None:
    if start in visited:
        return
    visited.add(start)
    for neighbour in sorted(edges[start]):
        _walk(neighbour, edges, visited, finished)
    finished.append(start)


def report(graph: ImportGraph) -> str:
    """Return the layers of each package, and every cycle, as lines of text."""
    lines = []
    for package in PACKAGES:
        chain = graph.longest_chain(package)
        lines.append(f"{package}: {len(chain)} layers: {' > '.join(chain)}")
    lines += [f"cycle: {' '.join(cycle)}" for cycle in graph.cycles()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.stdout.write(report(build_graph()))
