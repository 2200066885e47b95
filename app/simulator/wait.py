"""Waiting for a service: to answer, and to have worked what it accepted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import requests

from app.assembly.parts import Parts
from bus.errors import Retry
from config.settings import Settings
from monitor.audit.audit import Audit

_START_SECONDS = 120.0
_LOOK_SECONDS = 0.2


class Running(Protocol):
    """A process that was started."""

    def poll(self) -> int | None:
        """Its exit code, once it has ended."""
        ...


@contextmanager
def running_service(settings: Settings, tell: Callable[[str], None]) -> Iterator[None]:
    """The service at this port: the one that is running, or one started for the while with the same settings."""
    if answers(settings.port):
        yield
        return
    tell(f"no service on port {settings.port}: starting one for the while")
    with started({}) as process:
        wait_until_ready(settings.port, process)
        yield


@contextmanager
def started(environment: Mapping[str, str], *stages: str) -> Iterator[subprocess.Popen[bytes]]:
    """A service of its own in another process, ended with the block."""
    command = [sys.executable, "-m", "app.cli", "run", "--quiet", *stages]
    quiet = {"SATUPINTU_LOG_LEVEL": os.environ.get("SATUPINTU_LOG_LEVEL", "warning")}
    known = {**os.environ, **quiet, **environment}
    process = subprocess.Popen(command, env=known, stdout=subprocess.DEVNULL)  # noqa: S603 - this very program
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
    """Whether a service lives at this port."""
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=10).ok
    except requests.RequestException:
        return False


def wait_until_ready(port: int, process: Running) -> None:
    """Return when the service can work. Raises `Retry` when it does not become ready, or has ended."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if answers(port, "/ready"):
            return
        time.sleep(_LOOK_SECONDS)
    raise Retry(f"the service on port {port} did not become ready within {_START_SECONDS:.0f} s")


def insist(send: Callable[[], requests.Response], patience: float) -> requests.Response | None:
    """The service's answer, waiting out one that is away or says 5xx; `None` when patience (seconds) ends."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            response = send()
            if response.status_code < requests.codes.server_error:
                return response
        except requests.RequestException:
            pass
        time.sleep(_LOOK_SECONDS)
    return None


def wait_until_polled(x_url: str, newest: int, patience: float) -> None:
    """Return when the service has taken over the practice X's posts up to this id: when it asks for what comes after.

    Raises `Retry` after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while newest and time.monotonic() < deadline:
        seen = insist(lambda: requests.get(f"{x_url}/practice/seen", timeout=5), patience)
        if seen is not None and (not seen.ok or int(seen.json()["since_id"]) >= newest):
            return
        time.sleep(_LOOK_SECONDS)
    if newest:
        raise Retry("the service did not poll the practice X: is it running with the same settings?")


def settled_audit(parts: Parts, patience: float) -> Audit:
    """The audit once nothing is pending, or after so many seconds the last one; `Retry` if the bus stays away.

    Between two it waits as long as one takes: of much that is there it reads all each time.
    """
    deadline = time.monotonic() + patience
    while True:
        began = time.monotonic()
        try:
            audit = parts.audit()
        except Retry:
            if time.monotonic() >= deadline:
                raise
        else:
            if not audit.pending or time.monotonic() >= deadline:
                return audit
        time.sleep(max(_LOOK_SECONDS, time.monotonic() - began))
