"""Measures the processor time of the start of commands and of the service.

`help` is `satupintu --help`, `status` is `satupintu status` of a number that nobody has, `imports` imports the packages
of others that the service uses. Each starts twice, and the lesser time counts. `run` starts the whole service
once, until the door has accepted a report; all its processes count.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from uuid import UUID

import requests

from bench.pipeline.backends import Backend, running_backend
from bench.pipeline.door_requests import door_requests, web_request
from bench.pipeline.service import MeasuredService, environment, start_service, stop_processes
from bench.processes import run_measured, tree_cpu_seconds
from messages.tracking import tracking_number

_STARTS = 2
_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 300
_UNKNOWN_NUMBER = tracking_number(UUID(int=0), b"bench")
# Prints the packages of others that the service imports: those in the folder of installed packages.
_LIST_DEPENDENCIES = """
import sys, sysconfig
import app.commands.service
from app.assembly.startup.loading import import_modules
from app.stage_names import STAGES
from config.settings import load
import_modules(load(), STAGES)
installed = sysconfig.get_path("purelib")
names = {name.partition(".")[0] for name, module in list(sys.modules.items())
         if (getattr(module, "__file__", "") or "").startswith(installed)}
print(*sorted(name for name in names if name.isidentifier() and not name.startswith("_")), sep=",")
"""


def measure_start() -> Mapping[str, float]:
    """Return seconds of processor time by command."""
    with running_backend("local", "sqlite") as backend:
        dependencies = _run_python(backend, _LIST_DEPENDENCIES).strip()
        commands = {
            "help": ["-m", "app.cli", "--help"],
            "status": ["-m", "app.cli", "status", _UNKNOWN_NUMBER],
            "imports": ["-c", f"import {dependencies}"],
        }
        seconds = {"run": _seconds_to_first_report(backend)}
        for name, arguments in commands.items():
            # An unknown number is exit code 1.
            runs = (run_measured([sys.executable, *arguments], environment(backend), {0, 1}) for _ in range(_STARTS))
            seconds[name] = min(usage.cpu_seconds for usage in runs)
    return seconds


def _seconds_to_first_report(backend: Backend) -> float:
    process = start_service(backend)
    try:
        service = MeasuredService(backend, process)
        request = next(door_requests(web_request, service.parts, seed=30))
        for _ in _attempts():
            service.check_running()
            try:
                answer = requests.post(
                    service.address + request.path, request.body, headers=request.headers, timeout=30
                )
            except requests.ConnectionError:
                continue
            if answer.status_code == HTTPStatus.ACCEPTED:
                return tree_cpu_seconds(process.pid)
        raise TimeoutError(f"the door accepted no report in {_PATIENCE_SECONDS} s")
    finally:
        stop_processes(process)


def _attempts() -> Iterator[None]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(_POLL_SECONDS)


def _run_python(backend: Backend, code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment(backend), check=True, capture_output=True, text=True).stdout  # noqa: S603
