"""Measures the whole way of reports, from the door to the last stage: processor time, rate, delays and memory.

The service runs in processes of its own. Invented reports are posted to the web door as fast as the door takes them,
then at a steady 60 a second.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from statistics import quantiles

from bench.pipeline.backends import Backend
from bench.pipeline.door_requests import Answer, DoorRequest, check_accepted, door_requests, send_all, web_request
from bench.pipeline.service import MeasuredService, running_service
from messages import codec
from messages.shapes import Dispatch

STEADY_RATE = 60.0
_WARM_UP_SHARE = 0.2
# Pause before the memory at rest is read.
_REST_SECONDS = 2.0
_MEASURED_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_MIN_LONGER_DELAYS = 10
_MICROSECONDS, _MILLISECONDS = 1e6, 1e3


@dataclass(frozen=True, slots=True)
class WholeWay:
    """Result of a run.

    `cpu_us`: microseconds of processor time for a report: of the service, the broker and the database server.
    `rate`: reports a second from the first request to the last dispatch.
    `delays`: milliseconds from when a request was due to its answer (`door`) and to its dispatch (`dispatch`), by
    quantile. A quantile is there only if ten or more delays are longer.
    `megabytes`: memory of the service `at rest`, after the start, and `after` the reports.
    """

    cpu_us: Mapping[str, float]
    rate: float
    delays: Mapping[str, Mapping[str, float]]
    megabytes: Mapping[str, float]


def measure_whole_way(backend: Backend, arguments: Sequence[str], burst: int, steady: int = 0) -> Iterator[WholeWay]:
    """Start a service. Yield the result of a burst of reports, then of `steady` reports at the steady rate, if any.

    `arguments` are those of `satupintu run`. Each run ends when all of its reports are processed.
    """
    with running_service(backend, *arguments) as service:
        requests = door_requests(web_request, service.parts, seed=20)
        time.sleep(_REST_SECONDS)
        megabytes_at_rest = service.megabytes()
        _send(service, list(islice(requests, round(burst * _WARM_UP_SHARE))), 0.0)
        yield _measure_run(service, list(islice(requests, burst)), 0.0, megabytes_at_rest)
        if steady:
            yield _measure_run(service, list(islice(requests, steady)), STEADY_RATE, megabytes_at_rest)


def _measure_run(
    service: MeasuredService, requests: Sequence[DoorRequest], rate: float, megabytes_at_rest: float
) -> WholeWay:
    cpu_before = service.cpu_seconds()
    answers = _send(service, requests, rate)
    cpu_after = service.cpu_seconds()
    dispatched_at = _dispatch_times(service)
    seconds = max(dispatched_at.values()) - min(answer.due_at for answer in answers)
    return WholeWay(
        {name: (cpu_after[name] - cpu_before[name]) / len(requests) * _MICROSECONDS for name in cpu_after},
        len(requests) / seconds,
        _delays(answers, dispatched_at),
        {"at rest": megabytes_at_rest, "after": service.megabytes()},
    )


def _send(service: MeasuredService, requests: Sequence[DoorRequest], rate: float) -> Sequence[Answer]:
    """Send the requests, `rate` in a second or as fast as the door takes them, and wait until all are processed."""
    due = [number / rate for number in range(len(requests))] if rate else ()
    answers = send_all(service.settings.port, requests, due)
    check_accepted(answers)
    service.wait_until_processed()
    return answers


def _dispatch_times(service: MeasuredService) -> Mapping[str, float]:
    """Return when the bus took the first dispatch of each report (seconds since 1970 UTC), by tracking number."""
    times: dict[str, float] = {}
    with closing(service.parts.bus.reader()) as reader:
        for record in reader.read(service.parts.queues):
            tracking = codec.decode(Dispatch, record.value, record.headers).tracking
            times[tracking] = min(record.timestamp / _MILLISECONDS, times.get(tracking, float("inf")))
    return times


def _delays(answers: Sequence[Answer], dispatched_at: Mapping[str, float]) -> Mapping[str, Mapping[str, float]]:
    trackings = [json.loads(answer.body)["tracking"] for answer in answers]
    dispatch_delays = [
        dispatched_at[tracking] - answer.due_at
        for tracking, answer in zip(trackings, answers, strict=True)
        if tracking in dispatched_at
    ]
    return {
        "door": _quantiles([answer.answered_at - answer.due_at for answer in answers]),
        "dispatch": _quantiles(dispatch_delays),
    }


def _quantiles(delays: Sequence[float]) -> Mapping[str, float]:
    """Return milliseconds by the name of the quantile."""
    thousandths = quantiles(delays, n=1_000)
    return {
        name: thousandths[round(share * 1_000) - 1] * _MILLISECONDS
        for name, share in _MEASURED_QUANTILES.items()
        if len(delays) * (1 - share) >= _MIN_LONGER_DELAYS
    }
