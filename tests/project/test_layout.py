"""The house: packaged = linted = present, nobody else claims our names, and every wall was seen to hold."""

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = {"app", "bus", "config", "ingest", "language", "messages", "monitor", "normalize", "router", "sinks"}


def test_every_room_is_packaged_linted_and_present() -> None:
    """A new top-level package is added everywhere or nowhere."""
    present = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    packaged = {name.removesuffix("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    linted = set(PROJECT["tool"]["importlinter"]["root_packages"])
    typed = set(PROJECT["tool"]["mypy"]["packages"]) - {"tests", "bench"}
    assert present == packaged == linted == typed == ROOMS


def test_no_other_distribution_claims_our_names() -> None:
    """Flat names are ours alone in this environment."""
    for room in ROOMS:
        assert set(packages_distributions().get(room, ["satu-pintu"])) == {"satu-pintu"}, room


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_every_module_says_what_it_is(room: str) -> None:
    """Each begins with a sentence."""
    for path in (ROOT / room).rglob("*.py"):
        assert path.read_text().startswith('"""'), path


WALLS = {
    "messages, bus and config know nothing of ours, not even each other": ("messages/ids.py", "import bus.port"),
    "messages, bus and config import no stage, nor language": ("config/logs.py", "import router.decision"),
    "language knows config alone": ("language/text.py", "import messages.ids"),
    "stages meet only at topics": ("normalize/decision.py", "import router.decision"),
    "only app assembles": ("monitor/snapshot_collector.py", "import app.cli"),
    "channels do not know each other": ("ingest/sms/adapter.py", "import ingest.web.adapter"),
    "the two buses do not know each other": ("bus/local/log.py", "import bus.kafka.settings"),
    "kafka-python is imported by bus.kafka alone": ("router/stage.py", "import kafka"),
    "opentelemetry is imported by monitor.traces.collector alone": (
        "app/assembly/traces.py",
        "import opentelemetry.sdk",
    ),
    "messages is pure: no network, database or logging": ("messages/codec.py", "import structlog"),
}


def test_every_contract_has_its_planted_import() -> None:
    """A contract that was never seen to fail proves nothing."""
    assert {contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]} == set(WALLS)


@pytest.mark.parametrize("contract", WALLS)
def test_a_planted_import_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    """The very wall that is meant to hold does."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file, planted = WALLS[contract]
    path = tmp_path / file
    path.write_text(path.read_text() + f"\n{planted}\n")
    linter = Path(sys.executable).parent / "lint-imports"
    found = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert f"{contract} BROKEN" in found.stdout
