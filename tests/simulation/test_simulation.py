"""The simulation finds nothing in the program, is the same run for the same seed, and finds faults that are planted."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import structlog

from tests.simulation.planted_faults import PLANTED_FAULTS
from tests.simulation.run import RunResult, Template, quiet, run
from tests.support.program import inherited_environment

pytestmark = pytest.mark.slow

# Planted faults that most seeds find. The others take longer.
_OFTEN_FOUND = (
    "worker commits before the effect",
    "worker swallows a database that is away",
    "worker publishes outside the transaction",
    "bus does not fence",
    "door confirms what nobody has",
    "spool is emptied too early",
    "normalizer decides a delivery again",
    "normalizer does not close cases",
    "router forgets what it routed",
    "router numbers a hop too high",
    "router applies no correction",
    "derivations skip a position",
    "any key signs an answer",
    "an answer needs no authenticator",
    "a request before its report is dropped",
    "a tombstone erases nothing",
    "forgotten words come back to the cases",
)
# One of so many seeds finds them.
_SEEDS = 40


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """What all runs share."""
    return Template.new(tmp_path_factory.mktemp("template"))


@pytest.fixture
def run_seed(template: Template, tmp_path: Path) -> Iterator[Callable[[int, str], RunResult]]:
    """Return a function that makes the run of a seed in a new folder."""
    logging_before = structlog.get_config()
    quiet()

    def run_in(seed: int, name: str) -> RunResult:
        folder = tmp_path / name
        folder.mkdir(mode=0o700)
        return run(seed, folder, template)

    yield run_in
    structlog.configure(**logging_before)


def test_runs_break_no_promise() -> None:
    """All that doors accepted is known, once, at one agency, in all models. The command's last line has the sums."""
    command = [sys.executable, "-m", "tests.simulation", "--seeds", "9", "--from", "1"]
    done = subprocess.run(command, env=inherited_environment(), capture_output=True, text=True, check=False)
    sums = json.loads(done.stdout.splitlines()[-1])
    assert (sums["found"], done.returncode) == ({}, 0), done.stdout
    assert sums["seeds"] == 9
    assert min(sums["messages"], sums["faults"]) > 0


def test_a_seed_makes_the_same_run(run_seed: Callable[[int, str], RunResult]) -> None:
    """Acts, faults, steps and time are equal in two runs of a seed, and differ for another seed."""
    first, again, other = run_seed(7, "first"), run_seed(7, "again"), run_seed(4, "other")
    assert asdict(first) == asdict(again)
    assert first.steps != other.steps


@pytest.mark.parametrize("name", _OFTEN_FOUND)
def test_a_planted_fault_is_found(name: str, run_seed: Callable[[int, str], RunResult]) -> None:
    """The judges name a difference in the run of a seed."""
    with PLANTED_FAULTS[name]():
        assert any(run_seed(seed, str(seed)).differences for seed in range(1, _SEEDS + 1))
