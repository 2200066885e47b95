"""Delay of reports in normalizer and router at several rates: measured, and as `docs/capacity.md` predicts it.

`python -m bench.queueing [REPORTS]` lets 600 or REPORTS reports (`bench.stream`) arrive at random times, at rates that
keep the normalizer busy for about 0.3, 0.5, 0.7 and 0.8 of its time. Each stage really handles what has arrived
since its last batch, as its worker does. The clock of a stage is its processor time, as if it had a core of its own:
what other processes use does not count. The database is SQLite, whose work is part of that time; the bus and its pauses
are left out.

Prints for each rate the milliseconds of a batch (`a`) and of a message in it (`b`) in both stages, by a line through
the batches of the run; the share of its time in which the normalizer is busy; and the delays from the arrival to the
dispatch, predicted from these and measured, in milliseconds. `variation` is the coefficient of variation of a batch
with one message.
"""

import json
import random
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from statistics import fmean, linear_regression, pstdev, quantiles

from pydantic import SecretStr

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from bench.stages import arrivals
from bus.port import Outgoing, Record
from bus.worker import Stage
from config import logs
from config.settings import Settings
from messages.topics import COMPLAINTS

_REPORTS = 600
_WARMING_REPORTS = 600
_BATCH_SIZE = 200
# Sizes of the batches by which the rates are chosen, and how many there are of each.
_SIZES, _REPEATS = (1, 2, 5, 10, 20), 12
_SHARES_BUSY = (0.3, 0.5, 0.7, 0.8)
# Delay in a stage as a multiple of (a + b) / (1 - share busy): see docs/capacity.md.
_P50, _P95 = 1.3, 2.8
_MILLISECONDS = 1e3


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds of a batch and of a message in it."""

    batch: float
    message: float

    def delay(self, rate: float) -> float:
        """Return (a + b) / (1 - share busy) in seconds, at so many messages a second."""
        return (self.batch + self.message) / (1 - rate * self.message)


class _Server:
    """A stage that handles what has arrived, batch by batch, on a core of its own."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._waiting: deque[tuple[float, Record]] = deque()
        self._handled: list[tuple[int, float]] = []
        self.now = 0.0

    def cost(self) -> _Cost:
        """Return the cost of the batches so far."""
        return _cost(self._handled)

    @property
    def next_start(self) -> float:
        """When the next batch begins; infinite if nothing waits."""
        return max(self.now, self._waiting[0][0]) if self._waiting else float("inf")

    def arrive(self, at: float, record: Record) -> None:
        """Let a record arrive, in the order of the times."""
        self._waiting.append((at, record))

    def handle_next(self) -> tuple[Sequence[Record], Sequence[Outgoing]]:
        """Handle the next batch; return it with its outputs, which are published at `now`."""
        self.now = self.next_start
        batch: list[Record] = []
        while self._waiting and self._waiting[0][0] <= self.now and len(batch) < _BATCH_SIZE:
            batch.append(self._waiting.popleft()[1])
        outputs, seconds = _measured(self._stage, batch)
        self._handled.append((len(batch), seconds))
        self.now += seconds
        return batch, outputs


def main(reports: int) -> dict[str, object]:
    """Run the measurement; return the costs and the delays."""
    logs.configure("ERROR", "json")
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        settings = {"home": folder, "database_url": SecretStr(f"sqlite:///{folder}/bench.db")}
        parts = Parts(
            Settings.model_validate({**settings, "public_url": "https://x.contoh.id"}), CHANNELS, system_surroundings()
        )
        migrate(parts.engine)
        needed = _WARMING_REPORTS + _REPEATS * sum(_SIZES) + len(_SHARES_BUSY) * reports
        offsets = count()
        records = _records(arrivals(parts, needed), offsets)
        for batch in _batches(records, [_BATCH_SIZE] * (_WARMING_REPORTS // _BATCH_SIZE)):
            parts.router.stage.handle(_complaints(parts.normalizer.stage.handle(batch), offsets))
        cost, variation = _cost_of_normalizer(parts, records)
        results: dict[str, object] = {"variation": variation}
        for share in _SHARES_BUSY:
            rate = share / cost.message
            chance = random.Random(share)  # noqa: S311 - arrivals
            results[f"{rate:.0f} a second"] = _run(parts, list(islice(records, reports)), offsets, rate, chance)
        parts.engine.dispose()
    return results


def _cost_of_normalizer(parts: Parts, records: Iterator[Record]) -> tuple[_Cost, float]:
    """Return the cost from batches of several sizes in turns, and the coefficient of variation of a message alone."""
    sizes = list(_SIZES) * _REPEATS
    handled = [(len(batch), _measured(parts.normalizer.stage, batch)[1]) for batch in _batches(records, sizes)]
    alone = [seconds for size, seconds in handled if size == 1]
    return _cost(handled), round(pstdev(alone) / fmean(alone), 2)


def _cost(handled: Sequence[tuple[int, float]]) -> _Cost:
    """Return the line through the sizes and seconds of batches."""
    sizes, seconds = zip(*handled, strict=True)
    if len(set(sizes)) == 1:
        return _Cost(0.0, sum(seconds) / sum(sizes))
    message, batch = linear_regression(sizes, seconds)
    return _Cost(batch, message)


def _run(
    parts: Parts, reports: Sequence[Record], offsets: Iterator[int], rate: float, chance: random.Random
) -> dict[str, object]:
    """Let the reports arrive at this rate; return the costs and the delays until the dispatch."""
    normalizer, router = _Server(parts.normalizer.stage), _Server(parts.router.stage)
    arrived_at: dict[int, float] = {}
    at = 0.0
    for record in reports:
        at += chance.expovariate(rate)
        arrived_at[record.offset] = at
        normalizer.arrive(at, record)
    delays: list[float] = []
    origins: dict[int, float] = {}
    while min(normalizer.next_start, router.next_start) < float("inf"):
        if normalizer.next_start <= router.next_start:
            batch, outputs = normalizer.handle_next()
            for record, complaint in zip(batch, _complaints(outputs, offsets), strict=False):
                origins[complaint.offset] = arrived_at[record.offset]
                router.arrive(normalizer.now, complaint)
        else:
            batch, _ = router.handle_next()
            delays.extend(router.now - origins[complaint.offset] for complaint in batch)
    costs = {"normalizer": normalizer.cost(), "router": router.cost()}
    base = sum(cost.delay(rate) for cost in costs.values())
    twentieths = quantiles(delays, n=20)
    return {
        **{name: {"a": _milliseconds(cost.batch), "b": _milliseconds(cost.message)} for name, cost in costs.items()},
        "busy": round(rate * costs["normalizer"].message, 2),
        "p50": {"predicted": _milliseconds(_P50 * base), "measured": _milliseconds(twentieths[9])},
        "p95": {"predicted": _milliseconds(_P95 * base), "measured": _milliseconds(twentieths[18])},
    }


def _measured(stage: Stage, records: Sequence[Record]) -> tuple[Sequence[Outgoing], float]:
    began = time.process_time()
    outputs = stage.handle(records)
    return outputs, time.process_time() - began


def _complaints(outputs: Sequence[Outgoing], offsets: Iterator[int]) -> list[Record]:
    return list(_records((output for output in outputs if output.topic == COMPLAINTS), offsets))


def _batches(records: Iterator[Record], sizes: Sequence[int]) -> Iterator[list[Record]]:
    return (list(islice(records, size)) for size in sizes)


def _records(outputs: Iterator[Outgoing], offsets: Iterator[int]) -> Iterator[Record]:
    for output in outputs:
        yield Record(output.topic, 0, next(offsets), 0, output.key, output.value, output.headers)


def _milliseconds(seconds: float) -> float:
    return round(seconds * _MILLISECONDS, 1)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else _REPORTS), indent=2))  # noqa: T201
