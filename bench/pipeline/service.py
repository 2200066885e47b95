"""A service whose processes are measured."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.clock import system_clock
from app.simulator.wait import wait_until_ready
from app.surroundings import system_surroundings
from bench.pipeline.backends import Backend
from bench.processes import tree_cpu_seconds, tree_megabytes
from bus.port import Reader
from config.settings import Settings
from messages.topics import ConsumerGroup

# Name of the service's own processes, beside those of broker and database server.
SERVICE = "service"
_STOP_SECONDS = 60
# Pause between two questions whether all records are processed, and how long they may take.
_POLL_SECONDS, _PATIENCE_SECONDS = 0.5, 900


class MeasuredService:
    """A running `satupintu run`, with the processes that it has started."""

    def __init__(self, backend: Backend, process: subprocess.Popen[bytes]) -> None:
        self._roots = {SERVICE: process.pid, **backend.servers}
        self._process = process
        self.settings = Settings.model_validate(backend.settings)

    @cached_property
    def parts(self) -> Parts:
        """Parts with the same settings, to read what the service wrote."""
        return Parts(self.settings, CHANNELS, system_surroundings())

    @property
    def address(self) -> str:
        """Address of the doors."""
        return f"http://127.0.0.1:{self.settings.port}"

    def check_running(self) -> None:
        """Raise `RuntimeError` if the service has ended."""
        if (code := self._process.poll()) is not None:
            raise RuntimeError(f"the service has ended with code {code}; its messages are above")

    def cpu_seconds(self) -> Mapping[str, float]:
        """Return the processor time of the service, of the broker and of the database server, by name."""
        return {name: tree_cpu_seconds(pid) for name, pid in self._roots.items()}

    def megabytes(self) -> float:
        """Return the memory of the service."""
        return tree_megabytes(self._process.pid)

    def waiting_records(self) -> int:
        """Return how many records the consumer groups have not processed, in all."""
        with closing(self.parts.bus.reader()) as reader:
            return sum(self._waiting_for(reader, group) for group in self.parts.consumer_groups.values())

    def wait_until_processed(self) -> float:
        """Return the seconds until every consumer group has processed every record. Raises `TimeoutError`."""
        began = time.monotonic()
        while self.waiting_records():
            self.check_running()
            if time.monotonic() - began > _PATIENCE_SECONDS:
                raise TimeoutError(f"the stages did not process all records in {_PATIENCE_SECONDS} s")
            time.sleep(_POLL_SECONDS)
        return time.monotonic() - began

    def _waiting_for(self, reader: Reader, group: ConsumerGroup) -> int:
        topics = group.topics_with(self.parts.queues)
        committed = reader.committed(group.name, topics)
        spans = reader.offset_ranges(topics).items()
        return sum(max(0, span.end - max(span.start, committed.get(partition, 0))) for partition, span in spans)


@contextmanager
def running_service(backend: Backend, *arguments: str) -> Iterator[MeasuredService]:
    """Start `satupintu run` with these arguments, and yield when its doors are ready. It ends with the block."""
    process = start_service(backend, *arguments)
    service = MeasuredService(backend, process)
    try:
        wait_until_ready(service.settings.port, process, system_clock())
        yield service
    finally:
        stop_processes(process)
        service.parts.engine.dispose()


def start_service(backend: Backend, *arguments: str) -> subprocess.Popen[bytes]:
    """Start `satupintu run` with these arguments."""
    command = [sys.executable, "-m", "app.cli", "run", "--quiet", *arguments]
    return subprocess.Popen(command, env=environment(backend), stdout=subprocess.DEVNULL)  # noqa: S603 - our own command


def stop_processes(*processes: subprocess.Popen[bytes]) -> None:
    """End processes with SIGTERM, and kill those that do not end."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(backend: Backend) -> Mapping[str, str]:
    """Return the environment of a shell with the settings of a backend. Modules are compiled, as installed ones are."""
    left_out = ("SATUPINTU_", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**inherited, **{f"SATUPINTU_{name.upper()}": value for name, value in backend.settings.items()}}
