"""A service on a broker and PostgreSQL, with two processes of each stage, of which each may be killed and frozen."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import text

from app.clock import system_clock
from app.simulator.wait import wait_until_ready
from config.database import DatabaseUnavailable, read_transaction
from tests.bus.kafka.node import Node
from tests.support.ports import free_port
from tests.support.postgresql import frozen, start_postgres
from tests.support.program import Program
from tests.support.service import RunningService

# Stages with two processes each. The doors of each pair have a port of their own.
WORKING_STAGES = ("normalize", "router", "cases", "sinks", "desk", "oversight", "ingest")
_INSTANCES = ("a", "b")
# `broker.session.timeout.ms` of the broker. The timeouts of the service follow from it.
BROKER_SESSION_SECONDS = 3
_STOP_SECONDS = 60
# A broker that was killed reads its log again, on a machine that has much else to do.
_BROKER_START_SECONDS = 300.0
# For so long a transaction is waited for, and with this pause.
_SEARCH_SECONDS, _SEARCH_PAUSE_SECONDS = 10.0, 0.03
# A transaction has an id from its first row on.
_WRITING = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND backend_xid IS NOT NULL")
_LIMITED_REQUESTS = (
    *("web", "mobile", "sms-unsigned", "follow-up", "requests", "status"),
    *("agency-read", "agency-answer", "agency-refused"),
)


class Target(Protocol):
    """A process, or the processes of a server, that a fault may concern."""

    def kill(self) -> None:
        """Kill it, as a power cut would."""

    def restart(self) -> None:
        """Start it again after `kill`."""

    def freeze(self) -> None:
        """Stop it: it keeps its connections, and does nothing."""

    def freeze_in_transaction(self) -> None:
        """Do so while a transaction of the database is open, if it has any."""

    def resume(self) -> None:
        """Let it continue after `freeze`."""


class Worker:
    """A process of one stage. `settings` are its own, beside those of the service.

    Its connections to PostgreSQL have its name.
    """

    def __init__(self, service: RunningService, stage: str, instance: str, settings: Mapping[str, str]) -> None:
        self.name = f"{stage}-{instance}"
        self.log = service.settings.home / f"{self.name}.log"
        database_url = f"{service.environment['SATUPINTU_DATABASE_URL']}&application_name={self.name}"
        own = {"instance": self.name, "ops_port": "0", "database_url": database_url, **settings}
        self._engine = service.parts.engine
        self._environment = {
            **service.environment,
            **{f"SATUPINTU_{name.upper()}": value for name, value in own.items()},
        }
        self._stage = stage
        self._lock = threading.Lock()
        self.process = self._start()
        # It was killed and is not started again yet.
        self._is_away = False

    def kill(self) -> None:
        """See `Target`."""
        with self._lock:
            self._is_away = True
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """See `Target`."""
        with self._lock:
            self.process, self._is_away = self._start(), False

    def freeze(self) -> None:
        """See `Target`."""
        self.process.send_signal(signal.SIGSTOP)

    def freeze_in_transaction(self) -> None:
        """Freeze it at a moment at which it has written in a transaction, or after some seconds without one."""
        deadline = time.monotonic() + _SEARCH_SECONDS
        self.freeze()
        while not self._is_writing() and time.monotonic() < deadline:
            self.resume()
            time.sleep(_SEARCH_PAUSE_SECONDS)
            self.freeze()

    def resume(self) -> None:
        """See `Target`."""
        self.process.send_signal(signal.SIGCONT)

    def _is_writing(self) -> bool:
        """Return whether it has an open transaction that has written. Without an answer of the database it counts."""
        try:
            with read_transaction(self._engine) as connection:
                return bool(connection.execute(_WRITING, {"name": self.name}).scalar_one())
        except DatabaseUnavailable:
            return True

    def code_of_end(self) -> int | None:
        """Return the exit code if the process has ended by itself, and start it again, as a supervisor does."""
        with self._lock:
            if self._is_away or (code := self.process.poll()) is None:
                return None
            self.process = self._start()
            return code

    def _start(self) -> Program:
        return Program(("run", "--quiet", self._stage), self._environment, self.log, self.log, Path.cwd())


class Broker:
    """The broker as a target."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.kill, self.restart, self.freeze, self.resume = node.kill, node.start, node.pause, node.resume
        self.freeze_in_transaction = self.freeze


class Postgresql:
    """PostgreSQL as a target. Its data are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = start_postgres(folder)
        self._frozen = ExitStack()

    @property
    def url(self) -> str:
        """Address for clients."""
        url: str = self._server.get_uri()
        return url

    def kill(self) -> None:
        """See `Target`. All its processes end at once."""
        with frozen(self._folder) as processes:
            for process in processes:
                os.kill(process, signal.SIGKILL)
        for process in processes:
            _wait_until_ended(process)

    def restart(self) -> None:
        """See `Target`. It recovers from its log."""
        self._server.ensure_postgres_running()

    def freeze(self) -> None:
        """See `Target`."""
        self._frozen.enter_context(frozen(self._folder))

    def freeze_in_transaction(self) -> None:
        """See `Target`. It always has some."""
        self.freeze()

    def resume(self) -> None:
        """See `Target`."""
        self._frozen.close()

    def close(self) -> None:
        """End it."""
        self._server.cleanup()


class Installation:
    """A running service with its broker and its database. `folder` is empty. `close` ends everything."""

    def __init__(self, folder: Path, note: Callable[[str], None]) -> None:
        self._stack = ExitStack()
        try:
            node = Node(ready=_BROKER_START_SECONDS)
            self._stack.callback(node.close)
            note("starting Apache Kafka and PostgreSQL")
            node.start()
            # PostgreSQL runs as a user of its own, who may not enter the folder of the service.
            data, home = folder / "postgresql", folder / "service"
            home.mkdir(mode=0o700)
            database = Postgresql(data)
            self._stack.callback(database.close)
            rates = ",".join(f"{name}=1000000/minute" for name in _LIMITED_REQUESTS)
            self.service = RunningService(
                home,
                node.bootstrap,
                database_url=database.url,
                kafka_broker_session_seconds=str(BROKER_SESSION_SECONDS),
                database_statement_seconds="5",
                rates=rates,
                audit_minutes="0",
            )
            self._stack.callback(self.service.close)
            note("starting two processes of each stage")
            self.doors = [free_port() for _ in _INSTANCES]
            self.desks = [free_port() for _ in _INSTANCES]
            self.workers = self._start_workers()
            self.targets: Mapping[str, Target] = {
                **{worker.name: worker for worker in self.workers},
                "broker": Broker(node),
                "postgresql": database,
            }
        except BaseException:
            self.close()
            raise

    @property
    def servers(self) -> Sequence[str]:
        """Names of the targets that are no processes of the service."""
        return ["broker", "postgresql"]

    def codes_of_ends(self) -> Mapping[str, int]:
        """Return the exit codes of processes that have ended by themselves since the last call. They run again."""
        codes = {worker.name: worker.code_of_end() for worker in self.workers}
        return {name: code for name, code in codes.items() if code is not None}

    def close(self) -> None:
        """End everything."""
        self._stack.close()

    def _start_workers(self) -> Sequence[Worker]:
        workers = [self._start_worker("monitor", "a", {})]
        for number, instance in enumerate(_INSTANCES):
            ports = {"port": str(self.doors[number]), "desk_port": str(self.desks[number])}
            workers += [self._start_worker(stage, instance, ports) for stage in WORKING_STAGES]
        for port, worker in zip(self.doors, [item for item in workers if item.name.startswith("ingest")], strict=True):
            wait_until_ready(port, worker.process, system_clock())
        return workers

    def _start_worker(self, stage: str, instance: str, settings: Mapping[str, str]) -> Worker:
        worker = Worker(self.service, stage, instance, settings)
        self._stack.callback(_end, worker)
        return worker


def _end(worker: Worker) -> None:
    worker.resume()
    worker.process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        worker.process.wait(_STOP_SECONDS)
        return
    worker.process.kill()
    worker.process.wait()


def _wait_until_ended(process: int) -> None:
    """Return when a process is no more, or waits only for its parent to read its exit code."""
    with suppress(OSError):
        while (Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]) not in {"Z", "X"}:
            time.sleep(0.01)
