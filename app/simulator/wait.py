"""Waiting for a service: until it answers, and until it has processed every accepted message."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import requests

from app.assembly.parts import Parts
from app.clock import Clock
from bus.errors import Retry
from config.settings import Settings
from monitor.audit.audit import Audit, ProgressReport

_START_SECONDS = 120.0
_POLL_SECONDS = 0.2


class Running(Protocol):
    """Started process."""

    def poll(self) -> int | None:
        """Return the exit code after the process has ended, else `None`."""
        ...


@contextmanager
def running_service(settings: Settings, report: Callable[[str], None], clock: Clock) -> Iterator[None]:
    """Use the running service at this port, or start one with the same settings until the block ends."""
    if answers(settings.port):
        yield
        return
    report(f"no service on port {settings.port}: starting a temporary one")
    with started({}) as process:
        wait_until_ready(settings.port, process, clock)
        yield


@contextmanager
def started(environment: Mapping[str, str], *stages: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a service in another process until the block ends."""
    command = [sys.executable, "-m", "app.cli", "run", "--quiet", *stages]
    log_level = {"SATUPINTU_LOG_LEVEL": os.environ.get("SATUPINTU_LOG_LEVEL", "warning")}
    variables = {**os.environ, **log_level, **environment}
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL)  # noqa: S603 - this program
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port: int, path: str = "/live") -> bool:
    """Return whether a service answers at this port."""
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=10).ok
    except requests.RequestException:
        return False


def wait_until_ready(port: int, process: Running, clock: Clock) -> None:
    """Return when the service is ready. Raises `Retry` if it ends, or is not ready within two minutes."""
    deadline = clock.monotonic() + _START_SECONDS
    while clock.monotonic() < deadline and process.poll() is None:
        if answers(port, "/ready"):
            return
        clock.sleep(_POLL_SECONDS)
    raise Retry(f"the service on port {port} did not become ready within {_START_SECONDS:.0f} s")


def insist(send: Callable[[], requests.Response], patience: float, clock: Clock) -> requests.Response | None:
    """Send again while the service is away or answers 5xx. Return its answer, or `None` after `patience` seconds."""
    deadline = clock.monotonic() + patience
    while clock.monotonic() < deadline:
        try:
            response = send()
            if response.status_code < requests.codes.server_error:
                return response
        except requests.RequestException:
            pass
        clock.sleep(_POLL_SECONDS)
    return None


def wait_until_polled(x_url: str, newest_id: int, patience: float, clock: Clock) -> None:
    """Return when the service has polled the practice X's posts up to this id.

    Raises `Retry` after `patience` seconds.
    """
    deadline = clock.monotonic() + patience
    while newest_id and clock.monotonic() < deadline:
        answer = insist(lambda: requests.get(f"{x_url}/practice/seen", timeout=5), patience, clock)
        if answer is not None and (not answer.ok or int(answer.json()["since_id"]) >= newest_id):
            return
        clock.sleep(_POLL_SECONDS)
    if newest_id:
        raise Retry("the service did not poll the practice X: is it running with the same settings?")


def settled_audit(
    parts: Parts, patience: float, *, full: bool = False, progress: ProgressReport | None = None
) -> Audit:
    """Return the audit when nothing is pending, or the last one after `patience` seconds.

    `full`: each reads everything. `progress` is called while one reads. Raises `Retry` if the bus stays away. Between
    two audits it waits as long as one takes.
    """
    clock = parts.clock
    deadline = clock.monotonic() + patience
    while True:
        start = clock.monotonic()
        try:
            audit = parts.audit(full=full, progress=progress)
        except Retry:
            if clock.monotonic() >= deadline:
                raise
        else:
            if not audit.pending or clock.monotonic() >= deadline:
                return audit
        clock.sleep(max(_POLL_SECONDS, clock.monotonic() - start))
