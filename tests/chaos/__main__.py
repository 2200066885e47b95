"""Makes random faults in a running service, then compares all models: `make chaos`.

`python -m tests.chaos [--seconds 600] [--seed NUMBER] [--only NAMES]` starts Apache Kafka (`make kafka`), PostgreSQL,
and two processes of each stage. Citizens, agencies and staff write; every process, the broker and PostgreSQL are killed
and frozen at random. Afterwards every accepted message must be known, the audit clean, each complaint at the same place
and in the same state in every model, what is stored on the topics and what is on the topics stored, and desk, oversight
and the counts of the queues equal to themselves made again. Prints each difference with the id of the complaint, and
exits with 1 if there is one. The seed is printed; it decides the faults. The moments at which they meet the service
differ.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.bus.kafka.node import UnavailableError
from tests.chaos.run import ChaosRun, Settings

_SECONDS = 600.0
_LARGEST_SEED = 10_000
# Differences that are printed of each comparison.
_PRINTED = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="how long faults are made")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(_LARGEST_SEED))
    parser.add_argument(
        "--only", metavar="NAMES", default="", help="faults of these alone, as in router-a,router-b,broker"
    )
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    chosen = parser.parse_args(arguments)
    _note(f"seed {chosen.seed}, {chosen.seconds:g} s")
    settings = Settings(chosen.seed, chosen.seconds, frozenset(filter(None, chosen.only.split(","))))
    folder = Path(tempfile.mkdtemp(prefix="satupintu-chaos-"))
    # PostgreSQL runs as a user of its own.
    folder.chmod(0o755)
    began_at = time.monotonic()
    counts: Counter[str] = Counter()
    has_ended = False
    try:
        for difference in ChaosRun(settings, folder, _note).run():
            counts[difference.comparison] += 1
            if counts[difference.comparison] <= _PRINTED:
                _note(f"DIFFERENCE {difference.comparison}: {difference.subject}: {difference.text}")
        has_ended = True
    except UnavailableError as error:
        _note(str(error))
        return 1
    finally:
        if chosen.keep or not has_ended:
            _note(f"logs and data: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for comparison, count in counts.items():
        if count > _PRINTED:
            _note(f"{comparison}: {count - _PRINTED} more")
    _note(f"seed {chosen.seed}: {counts.total()} differences, {time.monotonic() - began_at:.0f} s")
    return 1 if counts else 0


def _note(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
