"""Processor time and memory of processes, also of those that they have started. Linux only: it reads `/proc`."""

import os
import subprocess
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_KILOBYTES_PER_MEGABYTE = 1024


class Usage(NamedTuple):
    """Processor seconds and the peak resident megabytes of a command that has ended."""

    cpu_seconds: float
    peak_megabytes: float


def process_tree(*roots: int) -> set[int]:
    """Return processes and their descendants."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(_stat_fields(path)[1])
        except OSError:
            continue
    tree = set(roots)
    while children := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= children
    return tree


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time of processes and of their ended children; a process that has ended counts nothing."""
    return sum(map(_cpu_seconds_of, pids))


def tree_cpu_seconds(*roots: int) -> float:
    """Return the processor time of processes and their descendants."""
    return cpu_seconds(process_tree(*roots))


def tree_megabytes(*roots: int) -> float:
    """Return the memory of processes and their descendants. A page that several use counts once in all (PSS)."""
    return sum(map(megabytes, process_tree(*roots)))


def run_measured(
    command: Sequence[str], environment: Mapping[str, str], expected_codes: Collection[int] = frozenset({0})
) -> Usage:
    """Run a command to its end, without output. Raises `CalledProcessError` if its exit code is not expected."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expected_codes:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / _KILOBYTES_PER_MEGABYTE)


def _cpu_seconds_of(pid: int) -> float:
    try:
        ticks_of_ended_children = sum(map(int, _stat_fields(Path(f"/proc/{pid}/stat"))[13:15]))
        # The clock of another process: see `clock_getcpuclockid(3)`. `/proc` has only hundredths of a second.
        own_seconds = time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0
    return own_seconds + ticks_of_ended_children / _TICKS_PER_SECOND


def megabytes(pid: int) -> float:
    """Return the memory of a process (PSS); of one that has ended 0."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return kilobytes / _KILOBYTES_PER_MEGABYTE


def _stat_fields(path: Path) -> list[str]:
    """Return the fields after the name of the process: its state is the first, its parent the second."""
    return path.read_text().rpartition(")")[2].split()
