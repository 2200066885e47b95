"""The packages: listed everywhere, named by nobody else, and separated by import contracts that were seen to fail."""

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.import_graph import PACKAGES
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# A file and an import in it that breaks the contract, for each contract by its name.
FORBIDDEN_IMPORTS = {
    "messages, bus and config do not import each other": ("messages/ids.py", "import bus.port"),
    "messages, bus and config import no other package of ours": ("config/logs.py", "import router.decision"),
    "language imports only config": ("language/text.py", "import messages.ids"),
    "accounts imports only config": ("accounts/__init__.py", "import messages.ids"),
    "only desk and oversight sign persons in": ("sinks/__init__.py", "import accounts"),
    "privacy imports only messages, bus and config": ("privacy/tables.py", "import language.text"),
    "stages do not import each other": ("normalize/decision.py", "import router.decision"),
    "oversight imports only messages, bus, config and accounts": ("oversight/__init__.py", "import language.text"),
    "stages do not import app": ("monitor/snapshot_collector.py", "import app.cli"),
    "channels do not import each other": ("ingest/sms/adapter.py", "import ingest.web.adapter"),
    "the two buses do not import each other": ("bus/local/log.py", "import bus.kafka.settings"),
    "only bus.kafka imports kafka-python": ("router/stage.py", "import kafka"),
    "messages is pure: no network, database or logging": ("messages/codec.py", "import structlog"),
}


def test_every_package_is_listed_everywhere() -> None:
    """A top-level package is packaged, linted, typed and part of the import graph."""
    present = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    packaged = {name.removesuffix("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    linted = set(PROJECT["tool"]["importlinter"]["root_packages"])
    typed = set(PROJECT["tool"]["mypy"]["packages"]) - {"tests", "bench"}
    assert present == packaged == linted == typed == set(PACKAGES)


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
    assert {contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]} == set(FORBIDDEN_IMPORTS)


@pytest.mark.parametrize("contract", FORBIDDEN_IMPORTS)
def test_a_forbidden_import_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    """An import that the contract forbids is added to a copy of the code, and the linter names the contract."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file, forbidden_import = FORBIDDEN_IMPORTS[contract]
    path = tmp_path / file
    path.write_text(path.read_text() + f"\n{forbidden_import}\n")
    linter = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"{contract} BROKEN" in run.stdout
