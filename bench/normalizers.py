"""Several normalizers at once on one PostgreSQL: messages a second, processor time, and time under the lock.

`python -m bench.normalizers [REPORTS [NORMALIZERS ...]]` gives 2,400 or REPORTS invented reports (`bench.stream`) to 1,
2 and 4 or NORMALIZERS processes, in batches of 200 that the processes take in turns. Each process has handled 600 or a
quarter as many reports before, to warm its caches. The bus is left out. Prints for each number of processes:

* `per_second`: messages of all processes for a second of the clock;
* `cpu_us` and `server_us`: microseconds of processor time for a message, of the normalizers and of PostgreSQL;
* `waited`, `held`: shares of the time of a process in which it waits for the lock of the decisions, and holds it;
* `held_us`: microseconds of the clock for a message in which the lock is held;
* `held_cpu_us`: microseconds of processor time of the normalizers while they hold it;
* `retried`: share of the batches that began anew because the lock was not free within ten seconds;
* `read_again`: share of the batches whose earlier complaints were read twice.

With more processes than cores, times of the clock contain the waiting for a core. Times of two runs are comparable only
side by side on one machine, alternately in the same minutes.
"""

import json
import multiprocessing
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import count
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy import Engine, event

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from bench.pipeline.backends import Backend, running_backend
from bench.processes import tree_cpu_seconds
from bench.stages import arrivals
from bus.port import Record
from bus.worker import Stage
from config import logs
from config.database import DatabaseUnavailable
from config.settings import Settings

_PROCESSES = multiprocessing.get_context("spawn")
_REPORTS = 2_400
_NORMALIZERS = (1, 2, 4)
_WARMING_SHARE = 4
_BATCH_SIZE = 200
_MICROSECONDS = 1e6
_PATIENCE_SECONDS = 600.0
_LOCK = "INSERT INTO normalize_revision"
_LOOK_UP = "FROM normalize_key WHERE key = ANY"


@dataclass(slots=True)
class _Usage:
    """Seconds and numbers of one normalizer."""

    messages: int = 0
    batches: int = 0
    retries: int = 0
    look_ups: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    waited_seconds: float = 0.0
    held_seconds: float = 0.0
    held_cpu_seconds: float = 0.0


class _LockClock:
    """Measures how long the connections of an engine wait for the lock and hold it. Call `usage` when none is open."""

    def __init__(self, engine: Engine) -> None:
        self.waited_seconds = self.held_seconds = self.held_cpu_seconds = 0.0
        self.look_ups = 0
        self._asked_at = self._taken_at = self._taken_at_cpu = 0.0
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine.pool, "checkin", self._release)

    def _before(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if _LOCK in statement:
            self._asked_at = time.perf_counter()
        self.look_ups += _LOOK_UP in statement

    def _after(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if _LOCK in statement:
            self._taken_at, self._taken_at_cpu = time.perf_counter(), time.process_time()
            self.waited_seconds += self._taken_at - self._asked_at

    def _release(self, *_: Any) -> None:
        """Count the time until the transaction has ended, which released the lock."""
        if self._taken_at:
            self.held_seconds += time.perf_counter() - self._taken_at
            self.held_cpu_seconds += time.process_time() - self._taken_at_cpu
            self._taken_at = 0.0


def main(reports: int, normalizers: Sequence[int]) -> dict[str, dict[str, float]]:
    """Run the measurement; return the figures by the number of normalizers."""
    logs.configure("ERROR", "json")
    results = {}
    for number in normalizers:
        with running_backend("local", "postgresql") as backend:
            parts = _parts(backend.settings)
            migrate(parts.engine)
            parts.engine.dispose()
            results[str(number)] = _measure(backend, reports, number)
    return results


def _measure(backend: Backend, reports: int, number: int) -> dict[str, float]:
    """Let this number of processes normalize the reports."""
    start, end = _PROCESSES.Barrier(number + 1), _PROCESSES.Barrier(number + 1)
    receivers, processes = [], []
    for index in range(number):
        receiver, sender = _PROCESSES.Pipe(duplex=False)
        arguments = (backend.settings, reports, index, number, start, end, sender)
        process = _PROCESSES.Process(target=_normalize, args=arguments, daemon=True)
        process.start()
        processes.append(process)
        receivers.append(receiver)
    start.wait(_PATIENCE_SECONDS)
    servers = backend.servers.values()
    began, servers_began = time.perf_counter(), tree_cpu_seconds(*servers)
    end.wait(_PATIENCE_SECONDS)
    seconds, server_seconds = time.perf_counter() - began, tree_cpu_seconds(*servers) - servers_began
    usages = [_Usage(*receiver.recv()) for receiver in receivers]
    for process in processes:
        process.join()
    return _figures(usages, seconds, server_seconds)


def _figures(usages: Sequence[_Usage], seconds: float, server_seconds: float) -> dict[str, float]:
    messages = sum(usage.messages for usage in usages)
    busy_seconds = sum(usage.seconds for usage in usages)
    held_seconds = sum(usage.held_seconds for usage in usages)
    batches = sum(usage.batches for usage in usages)
    return {
        "per_second": round(messages / seconds, 1),
        "cpu_us": round(sum(usage.cpu_seconds for usage in usages) / messages * _MICROSECONDS),
        "server_us": round(server_seconds / messages * _MICROSECONDS),
        "waited": round(sum(usage.waited_seconds for usage in usages) / busy_seconds, 3),
        "held": round(held_seconds / busy_seconds, 3),
        "held_us": round(held_seconds / messages * _MICROSECONDS),
        "held_cpu_us": round(sum(usage.held_cpu_seconds for usage in usages) / messages * _MICROSECONDS),
        "retried": round(sum(usage.retries for usage in usages) / batches, 2),
        "read_again": round(sum(usage.look_ups for usage in usages) / batches - 1, 2),
    }


def _normalize(
    settings: Mapping[str, str],
    reports: int,
    index: int,
    number: int,
    start: Barrier,
    end: Barrier,
    sender: Pipe,
) -> None:
    """Normalize the batches of one process, and send its usage. The first reports warm the caches."""
    logs.configure("ERROR", "json")
    parts = _parts(settings)
    stage = parts.normalizer.stage
    warming, batches = _batches(parts, reports, index, number)
    for batch in warming:
        _handle(stage, batch)
    start.wait(_PATIENCE_SECONDS)
    clock, usage = _LockClock(parts.engine), _Usage()
    began, cpu_began = time.perf_counter(), time.process_time()
    for batch in batches:
        usage.retries += _handle(stage, batch)
        usage.messages += len(batch)
        usage.batches += 1
    usage.seconds, usage.cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    usage.waited_seconds, usage.look_ups = clock.waited_seconds, clock.look_ups
    usage.held_seconds, usage.held_cpu_seconds = clock.held_seconds, clock.held_cpu_seconds
    end.wait(_PATIENCE_SECONDS)
    sender.send(astuple(usage))
    parts.engine.dispose()


def _handle(stage: Stage, batch: Sequence[Record]) -> int:
    """Let the stage handle a batch, as its worker does. Return how often it began anew."""
    retries = 0
    while True:
        try:
            stage.handle(batch)
        except DatabaseUnavailable:
            retries += 1
        else:
            return retries


def _batches(parts: Parts, reports: int, index: int, number: int) -> tuple[list[list[Record]], list[list[Record]]]:
    """Return the batches of one process: those that warm the caches, and those that count."""
    warming_reports = max(1, reports // _WARMING_SHARE)
    offsets = count()
    records = [
        Record(output.topic, 0, next(offsets), 0, output.key, output.value, output.headers)
        for output in arrivals(parts, reports + number * warming_reports)
    ]
    warming = records[index * warming_reports : (index + 1) * warming_reports]
    measured = records[number * warming_reports :]
    return _split(warming), _split(measured)[index::number]


def _split(records: Sequence[Record]) -> list[list[Record]]:
    return [list(records[first : first + _BATCH_SIZE]) for first in range(0, len(records), _BATCH_SIZE)]


def _parts(settings: Mapping[str, str]) -> Parts:
    return Parts(Settings.model_validate(settings), CHANNELS, system_surroundings())


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    print(json.dumps(main((numbers or [_REPORTS])[0], numbers[1:] or _NORMALIZERS), indent=2))  # noqa: T201
