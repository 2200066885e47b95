"""Runs seeds of the simulation: `make simulate`.

`python -m tests.simulation [--seeds 50] [--from 1]` lets the whole service run in one thread on a bus in memory and a
real SQLite file: two processes of each stage, citizens, officers and staff, and faults at any call of bus and database.
Afterwards all work must be done, the audit clean, and all models equal to the topics. Prints each seed with what it
found; the last line is the sums in JSON. Exits with 1 if anything was found. A seed makes the same run again.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.simulation.run import RunPlan, Template, quiet, run

# Differences that are printed of each seed.
_PRINTED = 12
_WITH_HASH_SEED = {**os.environ, "PYTHONHASHSEED": "0"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=50, help="how many")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first one")
    chosen = parser.parse_args(arguments)
    quiet()
    sums, found, hours = Counter[str](), Counter[str](), 0.0
    with tempfile.TemporaryDirectory(prefix="satupintu-simulation-") as root:
        template = Template.new(Path(root))
        for seed in range(chosen.first, chosen.first + chosen.seeds):
            began_at = time.monotonic()
            with tempfile.TemporaryDirectory(prefix=f"seed-{seed}-", dir=root) as folder:
                result = run(seed, Path(folder), template)
            faults = sum(result.faults.values())
            sums.update(seeds=1, messages=result.done.get("messages", 0), faults=faults, steps=result.steps)
            found.update(difference.comparison for difference in result.differences)
            hours += result.hours
            seconds = time.monotonic() - began_at
            _note(f"seed {seed}: {dict(result.done)}, {faults} faults, {result.hours:.1f} h, {seconds:.1f} s")
            for difference in result.differences[:_PRINTED]:
                _note(f"  FOUND {difference.comparison}: {difference.subject}: {difference.text}")
            if result.differences:
                _note(f"  {RunPlan.of_seed(seed)}")
    _note(json.dumps({**sums, "logical_hours": round(hours, 1), "found": found}))
    return 1 if found else 0


def _note(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # The order of a set of texts follows from it, and with it the order of some calls.
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], _WITH_HASH_SEED)  # noqa: S606 - itself
    sys.exit(main())
