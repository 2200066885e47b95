"""Measures how long a door needs to answer at 80 % of its capacity: p50, p99 and their ratio, by channel.

`python -m bench.pipeline.door_delays [REPORTS] [--channel web] [--bus local]`

First the capacity: reports of clients that send the next one as soon as they have an answer. Then 80 % of that rate,
with random gaps between the reports (a Poisson process), on connections enough that none waits for an answer. A delay
counts from when the report was due. Twice: with the doors alone, and with all stages (`satupintu run`), whose capacity
is another one. The clients and other programs use the same processors, so the load average is printed beside it.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from statistics import quantiles

from bench.pipeline.backends import BusKind, running_backend
from bench.pipeline.door_requests import CHANNEL_REQUESTS, DoorRequest, check_accepted, door_requests, send_all
from bench.pipeline.service import running_service

# Requests in progress at once. More come only if answers take longer than a second at usual rates.
_CLOSED_CONNECTIONS, _OPEN_CONNECTIONS = 16, 128
_OFFERED_SHARE = 0.8
_WARM_UP_SHARE = 0.25
_MILLISECONDS = 1e3
_ARRANGEMENTS = {"doors alone": ("ingest",), "all stages": ()}


@dataclass(frozen=True, slots=True)
class Delays:
    """Result: `capacity` and `offered` in reports a second, `p50` and `p99` in milliseconds."""

    capacity: float
    offered: float
    p50: float
    p99: float

    @property
    def ratio(self) -> float:
        """Return how many times longer the slowest of a hundred answers takes than the middle one."""
        return self.p99 / self.p50


def measure_delays(bus: BusKind, channel: str, reports: int, arguments: Sequence[str]) -> Delays:
    """Start a service with these arguments of `satupintu run`, and measure one channel with `reports` reports."""
    with running_backend(bus, "sqlite") as backend, running_service(backend, *arguments) as service:
        port, stream = service.settings.port, door_requests(CHANNEL_REQUESTS[channel], service.parts, seed=30)
        warm_up, closed, offered = (
            list(islice(stream, count)) for count in (round(reports * _WARM_UP_SHARE), reports // 2, reports)
        )
        check_accepted(send_all(port, warm_up, connections=_CLOSED_CONNECTIONS))
        began = time.time()
        check_accepted(send_all(port, closed, connections=_CLOSED_CONNECTIONS))
        capacity = len(closed) / (time.time() - began)
        return _offer(port, offered, capacity)


def _offer(port: int, requests: Sequence[DoorRequest], capacity: float) -> Delays:
    rate, dice = capacity * _OFFERED_SHARE, random.Random(1)  # noqa: S311 - the same gaps in every run
    due = list(accumulate(dice.expovariate(rate) for _ in requests))
    answers = send_all(port, requests, due, connections=_OPEN_CONNECTIONS)
    check_accepted(answers)
    delays = [(answer.answered_at - answer.due_at) * _MILLISECONDS for answer in answers]
    cuts = quantiles(delays, n=100)
    return Delays(capacity, rate, cuts[49], cuts[98])


def main(arguments: Sequence[str]) -> None:
    """Print the delays of each arrangement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=int, nargs="?", default=3_000)
    parser.add_argument("--channel", choices=sorted(CHANNEL_REQUESTS), default="web")
    parser.add_argument("--bus", choices=("local", "kafka"), default="local")
    options = parser.parse_args(arguments)
    for name, run_arguments in _ARRANGEMENTS.items():
        delays = measure_delays(options.bus, options.channel, options.reports, run_arguments)
        rates = f"capacity {delays.capacity:.0f}/s, offered {delays.offered:.0f}/s"
        times = f"p50 {delays.p50:.1f} ms, p99 {delays.p99:.1f} ms, ratio {delays.ratio:.1f}"
        print(f"{options.channel}, {options.bus}, {name}: {rates}, {times}, load {os.getloadavg()[0]:.1f}")  # noqa: T201 - the result


if __name__ == "__main__":
    main(sys.argv[1:])
