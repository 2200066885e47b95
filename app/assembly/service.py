"""Runs the stages of a process until it is stopped: each in its own thread, the HTTP doors in the main thread.

A process imports the parts of its own stages only: see `app.assembly.startup.loading`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

import structlog
import uvicorn

from app.assembly.migrate import migrate
from app.assembly.process_health import http_doors
from app.assembly.processes.batch_pauses import batch_pause
from app.assembly.queues import membership
from app.assembly.startup.ports import listen_addresses, open_ports
from app.assembly.startup.preparation import Preparation
from app.exit_codes import EX_CONFIG, EX_TEMPFAIL
from bus.ensured_topics import EnsuringConsumer, RedirectingStage
from bus.errors import Stop
from bus.worker import Stage, Worker
from bus.worker_health import WorkerHealth
from config.database import DatabaseUnavailable
from messages import topics
from messages.codec import NewerVersionError
from monitor.health import ProcessHealth
from privacy.service_keys import WrongSecretKey

if TYPE_CHECKING:
    import socket

    from app.assembly.desk.parts import DeskParts
    from app.assembly.parts import Parts
    from bus.port import Producer
    from messages.topics import ConsumerGroup

# Errors for which a stage waits and tries the same records again.
STAGE_RETRIES = (DatabaseUnavailable, NewerVersionError)
# How long the doors wait for the database and the topics at start. Usually they are ready within a second; without
# them the doors open all the same.
_DOOR_PATIENCE_SECONDS = 5.0

_log = structlog.get_logger()

# A function that runs in a thread until the process stops, with the name of the thread.
NamedThread = tuple[str, Callable[[], None]]


class Service:
    """One process. `stages` are those that it runs; `stop`, SIGTERM or SIGINT lets each finish its current batch.

    `ops_socket` listens on the operations' port; without it the process opens the port that the settings name.

    It starts whatever is away: its stages begin once the database is migrated and the topics exist, and its doors
    accept what needs neither.
    """

    def __init__(self, parts: Parts, stages: Iterable[str], ops_socket: socket.socket | None = None) -> None:
        self._parts = parts
        self._ops_socket = ops_socket
        # Listening sockets by the settings that name their ports.
        self._sockets: Mapping[str, socket.socket] = {}
        self._stages = set(stages)
        self._stopping = threading.Event()
        # Set when facts of cases were stored.
        self._new_facts = threading.Event()
        # 0, or the code of the first error that ended the process.
        self._exit_code = 0
        self._server: uvicorn.Server | None = None
        # For each door of this process a function that returns why it is shut.
        self._doors: dict[str, Callable[[], str]] = http_doors(parts, self._stages)
        self._preparation = Preparation(
            {"database": self._prepare_database, "topics": parts.ensure_topics},
            self._stopping,
            has_doors="ingest" in self._stages,
            recheck=self._recheck_topics,
            ends_all=(WrongSecretKey,),
        )
        self._health = ProcessHealth(unprepared=lambda: self._preparation.waits_for)

    def run(self) -> int:
        """Run until stopped; return the exit code. Raises `Stop` at once if a port cannot be opened."""
        addresses = dict(listen_addresses(self._parts.settings, self._stages))
        if self._ops_socket:
            del addresses["OPS_PORT"]
        self._sockets = open_ports(addresses)
        try:
            return self._run()
        finally:
            for listener in self._sockets.values():
                listener.close()

    def _run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        guarded = [(partial(self._guard, name, run), name) for name, run in self._threads()]
        threads = [self._parts.threads.start(run, name) for run, name in guarded]
        self._preparation.wait(_DOOR_PATIENCE_SECONDS)
        self._health.started.set()
        _log.info("service.started", stages=sorted(self._stages), bus=self._parts.settings.bus)
        try:
            self._serve()
        finally:
            self.stop()
            for thread in threads:
                thread.join()
            self._close_producers()
        _log.info("service.stopped", code=self._exit_code)
        return self._exit_code

    def stop(self) -> None:
        """Ask every thread to finish its current batch and end."""
        self._stopping.set()
        if self._server:
            self._server.should_exit = True

    def _prepare_database(self) -> None:
        """Migrate the database, and compare the secret key with that of the service."""
        migrate(self._parts.engine)
        self._parts.keys.register_own_key()

    def _recheck_topics(self) -> None:
        """Try again to create the topics that the bus refused."""
        if self._parts.service_topics.ensured.refused:
            self._parts.ensure_topics()

    @cached_property
    def _producer(self) -> Producer:
        from app.assembly.stages import doors

        return doors.door_producer(self._parts)

    @cached_property
    def _desk(self) -> DeskParts:
        from app.assembly.desk.parts import DeskParts

        return DeskParts(self._parts)

    def _close_producers(self) -> None:
        if "_producer" in vars(self):
            self._producer.close()
        if "_desk" in vars(self):
            self._desk.close()
        self._parts.audit_heads.close()

    def _serve(self) -> None:
        """Serve the public port, if this process has one, until stopped."""
        has_doors = "ingest" in self._stages
        has_desk = "desk" in self._stages and not self._parts.settings.desk_port
        if not (has_doors or has_desk):
            self._stopping.wait()
            return
        from app.assembly.stages.public_port import public_application, server_config

        producer, desk = self._producer if has_doors else None, self._desk if has_desk else None
        application = public_application(self._parts, producer, desk, self._health, self._doors)
        self._server = uvicorn.Server(server_config(application, self._parts.settings))
        if not self._stopping.is_set():
            self._server.run([self._sockets["PORT"]])

    def _threads(self) -> Iterable[NamedThread]:
        """Return everything that runs in a thread."""
        yield "preparation", self._preparation.run
        if "ingest" in self._stages:
            from app.assembly.stages import doors

            yield from doors.threads(self._parts, self._producer, self._doors, self._stopping)
        for group, stage in self._stage_workers():
            yield group, self._worker(self._parts.consumer_groups[group], stage)
        yield from ((name, self._preparation.then(run)) for name, run in self._prepared_threads())
        yield from self._operations()

    def _stage_workers(self) -> Iterable[tuple[str, Stage]]:
        """Yield the stages that read topics, by their consumer groups."""
        parts = self._parts
        if "normalize" in self._stages:
            yield "normalize", parts.normalizer.stage
        if "router" in self._stages:
            yield "router", parts.router.stage
        if "cases" in self._stages:
            from app.assembly.stages import cases

            yield "cases", cases.case_stage(parts, self._new_facts.set)
        if "sinks" in self._stages:
            from app.assembly.stages import sinks

            yield from sinks.stages(parts)

    def _prepared_threads(self) -> Iterable[NamedThread]:
        """Yield what begins once the database and the topics are ready."""
        parts = self._parts
        if "cases" in self._stages:
            from app.assembly.stages import cases

            yield "derivations", cases.derivation_loop(parts, self._stopping, self._new_facts).run
        if "sinks" in self._stages:
            from app.assembly.stages import sinks

            yield from sinks.threads(parts, self._stopping)
        if "desk" in self._stages:
            yield from self._desk.threads(self._stopping)
        if "oversight" in self._stages:
            from app.assembly.oversight import parts as oversight

            yield from oversight.threads(parts, self._stopping)
        if "monitor" in self._stages:
            from app.assembly.oversight.reveal_report import reveal_report
            from app.assembly.safekeeping.archive import archive_schedule
            from app.assembly.safekeeping.retention import retention_schedule

            yield "reveals", reveal_report(parts, self._stopping).run
            yield "retention", retention_schedule(parts, self._stopping).run
            if folder := parts.settings.archive_folder:
                yield "archive", archive_schedule(parts, folder, self._stopping).run

    def _operations(self) -> Iterable[NamedThread]:
        """Yield the monitor, if it is among the stages, and the ports for persons: that of operations, of the desk."""
        parts, settings, monitor_loop = self._parts, self._parts.settings, None
        if "monitor" in self._stages:
            from app.assembly.stages import monitor

            collector = monitor.collector(parts)
            monitor_loop = monitor.monitor_loop(parts, collector, self._stopping)
            yield "monitor", monitor_loop.run
            yield from monitor.audit_threads(parts, collector, self._stopping)
        if port := settings.ops_port_of(self._stages):
            from app.assembly import operations_http

            app = operations_http.build(parts, self._health, self._doors, monitor_loop)
            listener = self._ops_socket or self._sockets["OPS_PORT"]
            ops_server = operations_http.OpsServer(
                app, settings.ops_host, port, self._stopping, parts.threads.start_background, listener
            )
            yield "ops", ops_server.run
        if "desk" in self._stages and settings.desk_port:
            from app.assembly.desk import http as desk_http
            from app.assembly.operations_http import OpsServer

            app = desk_http.build(parts, self._desk)
            listener, start_thread = self._sockets["DESK_PORT"], parts.threads.start_background
            desk_server = OpsServer(app, settings.host, settings.desk_port, self._stopping, start_thread, listener)
            yield "desk-http", desk_server.run

    def _worker(self, group: ConsumerGroup, stage: Stage) -> Callable[[], None]:
        parts = self._parts
        self._health.worker_health[group.name] = worker_health = WorkerHealth(parts.clock.monotonic)
        new_membership = partial(membership, parts.bus, group, parts.settings.instance, parts.queues)
        ensured_topics, dead_letter_topic = parts.service_topics.ensured, topics.dead_letter_topic(group.dead_letters)
        worker = Worker(
            group.name,
            lambda: EnsuringConsumer(parts.bus.consumer(new_membership()), ensured_topics),
            RedirectingStage(group.name, stage, ensured_topics, dead_letter_topic),
            dead_letter_topic,
            self._stopping,
            parts.clock.monotonic,
            transient=STAGE_RETRIES,
            worker_health=worker_health,
            pause=batch_pause(parts.settings, group.name),
        )
        return self._preparation.then(worker.run, worker_health)

    def _guard(self, name: str, run: Callable[[], None]) -> None:
        """Run a thread's function. If it ends by itself, end the process: half a service looks alive and is not."""
        exit_code = EX_TEMPFAIL
        try:
            run()
        except Stop as error:
            # A new start would fail in the same way, and would reject nine more messages each time.
            exit_code = EX_CONFIG
            _log.critical("part.stopped", part=name, cause=str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - logged before the thread ends; uvicorn exits
            _log.critical("part.crashed", part=name, exc_info=error)
        if not self._stopping.is_set():
            self._exit_code = exit_code
            self.stop()
