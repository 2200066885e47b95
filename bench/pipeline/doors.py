"""Measures the processor time of the doors for a report, beside an echo that stores nothing.

The doors run in a process of their own. Each gets invented reports: JSON of the web form, SMS signed by Twilio, reports
of the app. The same requests go to `bench.pipeline.echo`. The processor time of the serving process counts, that of the
client and of the broker does not. Connections stay open.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from app.clock import system_clock
from app.simulator.wait import wait_until_ready
from bench.pipeline.backends import BusKind, running_backend
from bench.pipeline.door_requests import CHANNEL_REQUESTS, DoorRequest, check_accepted, door_requests, send_all
from bench.pipeline.service import SERVICE, MeasuredService, running_service, stop_processes
from bench.processes import tree_cpu_seconds
from tests.support.ports import free_port

# Reports before the measurement, as a share of it: everything is loaded then.
_WARM_UP_SHARE = 0.25
_ECHO_PATHS = {"web": "/json", "mobile": "/json", "SMS": "/form"}
_MICROSECONDS = 1e6


def measure_doors(bus: BusKind, reports: int) -> Mapping[str, Mapping[str, float]]:
    """Return microseconds for a request by channel, of the door and of the echo."""
    with running_backend(bus, "sqlite") as backend, running_service(backend, "ingest") as service, _echo() as echo:
        return {
            channel: _measure_channel(service, echo, channel, seed, reports)
            for seed, channel in enumerate(CHANNEL_REQUESTS, start=10)
        }


def _measure_channel(
    service: MeasuredService, echo: tuple[int, int], channel: str, seed: int, reports: int
) -> Mapping[str, float]:
    stream = door_requests(CHANNEL_REQUESTS[channel], service.parts, seed)
    warm_up, requests = (list(islice(stream, number)) for number in (round(reports * _WARM_UP_SHARE), reports))
    port, echo_port = service.settings.port, echo[1]
    echoed = [request._replace(path=_ECHO_PATHS[channel]) for request in requests]
    check_accepted(send_all(port, warm_up))
    began = service.cpu_seconds()[SERVICE]
    check_accepted(send_all(port, requests))
    door = service.cpu_seconds()[SERVICE] - began
    return {"door": door / reports * _MICROSECONDS, "echo": _measure_echo(echo[0], echo_port, echoed)}


def _measure_echo(pid: int, port: int, requests: list[DoorRequest]) -> float:
    check_accepted(send_all(port, requests[: round(len(requests) * _WARM_UP_SHARE)]))
    began = tree_cpu_seconds(pid)
    check_accepted(send_all(port, requests))
    return (tree_cpu_seconds(pid) - began) / len(requests) * _MICROSECONDS


@contextmanager
def _echo() -> Iterator[tuple[int, int]]:
    """Yield the process id and the port of a running echo."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.pipeline.echo", str(port)])  # noqa: S603 - our own module
    try:
        wait_until_ready(port, process, system_clock())
        yield process.pid, port
    finally:
        stop_processes(process)
