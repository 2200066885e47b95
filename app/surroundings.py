"""Everything outside a process that gives other values at each run, apart from its files, databases and network."""

from dataclasses import dataclass

from app.clock import Clock, system_clock
from app.randomness import Randomness, system_randomness
from app.threads import Threads, system_threads


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Time, randomness and threads of one process."""

    clock: Clock
    randomness: Randomness
    threads: Threads


def system_surroundings() -> Surroundings:
    """Return those of this machine. Called only where a process begins."""
    return Surroundings(system_clock(), system_randomness(), system_threads())
