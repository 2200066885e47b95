"""Names the tests of what was changed: `make changed`.

`python -m tests.support.changed_tests [COMMIT]` prints the test files that import a module that differs from the commit
(`HEAD` by default), directly or through other modules of the tests, and those in the folder that mirrors the module's.
A changed page, table or catalog stands for its folder. It is a selection to work with: `make test` runs everything.
"""

import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

import grimp

from tests.support.import_graph import PACKAGES
from tests.support.paths import ROOT

# Modules of the tests that import each module directly.
Importers = Mapping[str, Collection[str]]


def select_tests(
    changed: Iterable[PurePosixPath], importers: Importers, folders: Collection[PurePosixPath]
) -> list[str]:
    """Return the files and folders of the tests of changed files, without those that are in a folder of the list.

    `folders` are those that exist below `tests`.
    """
    found: set[PurePosixPath] = set()
    for path in changed:
        if path.name == "conftest.py" and path.parts[0] == "tests":
            found.add(path.parent)
        elif path.suffix == ".py":
            found |= _test_files(_module(path), importers)
        if path.parts[0] in PACKAGES:
            mirrored = (PurePosixPath("tests") / parent for parent in path.parents)
            found.update(next(([folder] for folder in mirrored if folder in folders and len(folder.parts) > 1), []))
    return sorted(str(path) for path in found if not found & set(path.parents))


def _test_files(module: str, importers: Importers) -> set[PurePosixPath]:
    """Return the test files that import a module directly or through other modules of the tests, and itself."""
    reached, waiting = {module}, [module]
    while waiting:
        new = set(importers.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    paths = (PurePosixPath(*name.split(".")).with_suffix(".py") for name in reached)
    return {path for path in paths if path.parts[0] == "tests" and path.name.startswith("test_")}


def _module(path: PurePosixPath) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _changed_files(commit: str) -> list[PurePosixPath]:
    """Return the files that differ from a commit, and new ones that git does not ignore."""
    commands = (["git", "diff", "--name-only", commit], ["git", "ls-files", "--others", "--exclude-standard"])
    outputs = (subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True) for command in commands)
    return [PurePosixPath(line) for output in outputs for line in output.stdout.splitlines()]


def main() -> int:
    """Print the tests, one a line; exit with 1 if there is none."""
    graph = grimp.build_graph(*PACKAGES, "tests", cache_dir=None)
    importers = {
        module: [name for name in graph.find_modules_that_directly_import(module) if name.startswith("tests.")]
        for module in graph.modules
    }
    folders = {PurePosixPath(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("*") if path.is_dir()}
    commit = sys.argv[1] if len(sys.argv) > 1 else "HEAD"
    tests = select_tests(_changed_files(commit), importers, folders)
    for test in tests:
        if (ROOT / test).exists():
            sys.stdout.write(f"{test}\n")
    return 0 if tests else 1


if __name__ == "__main__":
    sys.exit(main())
