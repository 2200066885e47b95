"""The packages: listed everywhere, named by nobody else, and separated by import contracts that were seen to fail."""

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.import_graph import LINTER, PACKAGES
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Files with an import that breaks the contract, for each contract by its name.
FORBIDDEN_IMPORTS = {
    "packages import those of lower layers only": {
        "messages/ids.py": "bus.port",
        "config/logs.py": "router.decision",
        "language/text.py": "messages.ids",
        "pages/csrf.py": "accounts.permissions",
        "privacy/tables.py": "cases.course.verdicts",
        "cases/course/verdicts.py": "sinks.ledger.tables",
        "normalize/decision.py": "router.decision",
        "monitor/snapshot_collector.py": "app.cli",
    },
    "messages and bus import no other package of ours": {
        "messages/ids.py": "config.settings",
        "bus/worker.py": "config.settings",
    },
    "accounts and what pages share use no bus and read no words": {
        "accounts/permissions.py": "bus.port",
        "pages/csrf.py": "language.text",
    },
    "only desk and oversight sign persons in": {
        "sinks/ledger/page.py": "accounts.permissions",
        "privacy/tables.py": "accounts.permissions",
    },
    "only normalize, router and desk read words": {
        "oversight/figures/counts.py": "language.text",
        "privacy/tables.py": "language.text",
    },
    "oversight and the monitor know facts of cases, and no words": {
        "oversight/read_model/fact_reader.py": "cases.words.tables",
        "monitor/snapshot_collector.py": "cases.words.tables",
    },
    "doors and the monitor know no course of a case": {
        "ingest/wrap.py": "cases.course.verdicts",
        "monitor/snapshot_collector.py": "cases.clocks.deadlines",
    },
    "channels do not import each other": {"ingest/sms/adapter.py": "ingest.web.adapter"},
    "the two buses do not import each other": {"bus/local/log.py": "bus.kafka.settings"},
    "only bus.kafka imports kafka-python": {"router/stage.py": "kafka"},
    "messages is pure: no network, database or logging": {"messages/codec.py": "structlog"},
}


def test_every_package_is_listed_everywhere() -> None:
    """A top-level package is packaged, linted, typed, measured and in one of the layers."""
    present = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench", "release"}
    packaged = {name.removesuffix("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    typed = set(PROJECT["tool"]["mypy"]["packages"]) - {"tests", "bench", "release"}
    measured = set(PROJECT["tool"]["coverage"]["run"]["source_pkgs"])
    (layers,) = (contract["layers"] for contract in LINTER["contracts"] if contract["type"] == "layers")
    layered = {package for layer in layers for package in layer.split(" | ")}
    assert present == packaged == layered == typed == measured == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_has_a_package_of_this_name(package: str) -> None:
    """The short names belong to this project alone in this environment."""
    assert set(packages_distributions().get(package, ["satu-pintu"])) == {"satu-pintu"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_a_docstring(package: str) -> None:
    """Each module begins with a sentence about its content."""
    for path in (ROOT / package).rglob("*.py"):
        assert path.read_text().startswith('"""'), path


def test_every_contract_has_a_forbidden_import() -> None:
    """Each import contract is shown to fail by the test below."""
    assert {contract["name"] for contract in LINTER["contracts"]} == set(FORBIDDEN_IMPORTS)


@pytest.mark.parametrize("contract", FORBIDDEN_IMPORTS)
def test_a_forbidden_import_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    """Imports that the contract forbids are added to a copy of the code. The linter names the contract and each."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, imported in FORBIDDEN_IMPORTS[contract].items():
        path = tmp_path / file
        path.write_text(path.read_text() + f"\nimport {imported}\n")
    linter = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"{contract} BROKEN" in run.stdout
    for file, imported in FORBIDDEN_IMPORTS[contract].items():
        assert f"{file.removesuffix('.py').replace('/', '.')} -> {imported} (l." in run.stdout
