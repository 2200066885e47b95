"""Runs the stages of a process until it is stopped: each in its own thread, the HTTP doors in the main thread."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

import structlog
import uvicorn
from starlette.types import ASGIApp

from app.assembly import http, operations_http, traces
from app.assembly.desk import http as desk_http
from app.assembly.desk.parts import DeskParts
from app.assembly.doors.public_view import public_read_model
from app.assembly.installed_channel import InstalledChannel
from app.assembly.migrate import migrate_databases
from app.assembly.monitoring import snapshot_collector
from app.assembly.oversight import parts as oversight
from app.assembly.oversight.reveal_report import reveal_report
from app.assembly.parts import Parts
from app.assembly.practice_x import practice_x_threads
from app.assembly.process_health import http_doors
from app.assembly.processes.batch_pauses import batch_pause
from app.assembly.queues import membership
from app.assembly.replies.senders import reply_senders
from app.assembly.safekeeping.archive import archive_schedule
from app.assembly.safekeeping.forgetting import destruction_loop, forget_stage
from app.assembly.safekeeping.retention import retention_schedule
from app.assembly.startup.preparation import Preparation
from app.clock import utc_now
from app.exit_codes import EX_CONFIG, EX_TEMPFAIL
from app.operations.audit_log import AuditHeadSchedule
from bus.ensured_topics import EnsuringConsumer, RedirectingStage
from bus.errors import Stop
from bus.port import Producer
from bus.worker import Stage, Worker
from bus.worker_health import WorkerHealth
from config.database import DatabaseUnavailable
from config.settings import Settings
from ingest.http.connection_deadlines import Deadlines, deadline_protocol
from ingest.spool_drain import SpoolDrain, SpoolingProducer
from messages import topics
from messages.codec import NewerVersionError
from messages.topics import ConsumerGroup
from monitor.audit.schedule import AuditSchedule
from monitor.health import ProcessHealth
from monitor.monitor_loop import MonitorLoop
from sinks.ledger.sink import LedgerSink
from sinks.replies.sink import ReplySink

# Errors for which a stage waits and tries the same records again.
STAGE_RETRIES = (DatabaseUnavailable, NewerVersionError)
# Pause before an audit that found differences is repeated. Every stage has processed its backlog of then by then.
_REPEAT_AUDIT_SECONDS = 60.0
# Pause between two heads of the audit log on the bus, besides the one of each row.
_AUDIT_HEAD_SECONDS = 3_600.0
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
        self._stages = set(stages)
        self._stopping = threading.Event()
        # 0, or the code of the first error that ended the process.
        self._exit_code = 0
        self._server: uvicorn.Server | None = None
        self._desk = DeskParts(parts)
        # For each door of this process a function that returns why it is shut.
        self._doors: dict[str, Callable[[], str]] = http_doors(parts) if "ingest" in self._stages else {}
        self._preparation = Preparation(
            {"database": lambda: migrate_databases(parts), "topics": parts.ensure_topics},
            self._stopping,
            has_doors=bool(self._doors),
            recheck=self._recheck_topics,
        )
        self._health = ProcessHealth(unprepared=lambda: self._preparation.waits_for)

    def run(self) -> int:
        """Run until stopped; return the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        producer = SpoolingProducer(self._parts.door_producer(), self._parts.spool)
        threads = [
            threading.Thread(target=partial(self._guard, name, run), name=name) for name, run in self._threads(producer)
        ]
        for thread in threads:
            thread.start()
        self._preparation.wait(_DOOR_PATIENCE_SECONDS)
        self._health.started.set()
        _log.info("service.started", stages=sorted(self._stages), bus=self._parts.settings.bus)
        try:
            self._serve(producer)
        finally:
            self.stop()
            for thread in threads:
                thread.join()
            producer.close()
            self._desk.close()
            self._parts.audit_heads.close()
        _log.info("service.stopped", code=self._exit_code)
        return self._exit_code

    def stop(self) -> None:
        """Ask every thread to finish its current batch and end."""
        self._stopping.set()
        if self._server:
            self._server.should_exit = True

    def _recheck_topics(self) -> None:
        """Try again to create the topics that the bus refused."""
        if self._parts.ensured_topics.refused:
            self._parts.ensure_topics()

    def _drain_spool(self) -> None:
        producer = self._parts.bus.producer()
        try:
            lock = self._parts.settings.home / "spool.lock"
            SpoolDrain(self._parts.spool, producer, lock, self._parts.ensure_topics, self._stopping).run()
        finally:
            producer.close()

    def _serve(self, producer: Producer) -> None:
        app = self._public_application(producer)
        if app is None:
            self._stopping.wait()
            return
        self._server = uvicorn.Server(server_config(app, self._parts.settings))
        if not self._stopping.is_set():
            self._server.run()

    def _public_application(self, producer: Producer) -> ASGIApp | None:
        """Return what this process serves on its public port: doors, desk, both or nothing."""
        doors = http.build(self._parts, producer, self._health, self._doors) if "ingest" in self._stages else None
        if "desk" not in self._stages or self._parts.settings.desk_port:
            return doors
        desk = desk_http.build(self._parts, self._desk)
        return desk_http.SplitByPath(dict.fromkeys(desk_http.PREFIXES, desk), doors) if doors else desk

    def _desk_threads(self) -> Iterable[NamedThread]:
        yield from ((name, self._preparation.then(run)) for name, run in self._desk.threads(self._stopping))
        if port := self._parts.settings.desk_port:
            app = desk_http.build(self._parts, self._desk)
            yield "desk-http", operations_http.OpsServer(app, self._parts.settings.host, port, self._stopping).run

    def _threads(self, producer: Producer) -> Iterable[NamedThread]:
        """Return everything that runs in a thread."""
        parts = self._parts
        yield "preparation", self._preparation.run
        if "ingest" in self._stages:
            yield "spool", self._drain_spool
            for channel in parts.installed_channels:
                yield from self._background_doors(channel, producer)
            yield from practice_x_threads(parts, self._stopping)
        for package, group, build_stage in self._stage_workers():
            if package in self._stages:
                yield group, self._worker(parts.consumer_groups[group], build_stage())
        if "sinks" in self._stages:
            for name, run in reply_senders(parts, self._stopping):
                yield name, self._preparation.then(run)
            yield "person-keys", self._preparation.then(destruction_loop(parts, self._stopping))
        if "desk" in self._stages:
            yield from self._desk_threads()
        if "oversight" in self._stages:
            for name, run in oversight.threads(parts, self._stopping):
                yield name, self._preparation.then(run)
        yield from self._operations()

    def _background_doors(self, channel: InstalledChannel, producer: Producer) -> Iterable[NamedThread]:
        for door in channel.background_doors(self._parts, producer, self._stopping):
            self._doors[door.name] = door.why_shut
            yield from door.threads

    def _stage_workers(self) -> Iterable[tuple[str, str, Callable[[], Stage]]]:
        """Return the package, the consumer group and the builder of each stage."""
        parts = self._parts
        return (
            ("normalize", "normalize", lambda: parts.normalizer),
            ("router", "router", lambda: parts.router),
            (
                "sinks",
                "ledger",
                lambda: LedgerSink(
                    parts.engine,
                    parts.channels.names,
                    parts.answer_check,
                    lambda: parts.registry.institutions,
                    public_read_model(parts).handle if parts.settings.public_view else None,
                ),
            ),
            ("sinks", "replies", lambda: ReplySink(parts.engine, parts.channels)),
            ("desk", "desk", lambda: self._desk.sink),
            ("oversight", "oversight", lambda: oversight.sink(parts)),
            ("sinks", "forget", lambda: forget_stage(parts)),
        )

    def _operations(self) -> Iterable[NamedThread]:
        """Return the monitor, if it is among the stages, and the operations' port, if the process has one."""
        parts, monitor_loop = self._parts, None
        if "monitor" in self._stages:
            collector = snapshot_collector(parts, repeated=True)
            monitor_loop = MonitorLoop(collector.collect, parts.channels, self._stopping, parts.settings.ops_seconds)
            yield "monitor", monitor_loop.run
            if minutes := parts.settings.audit_minutes:
                record = collector.record_audit
                schedule = AuditSchedule(parts.audit, record, self._stopping, minutes * 60, _REPEAT_AUDIT_SECONDS)
                yield "audit", schedule.run
            head_schedule = AuditHeadSchedule(parts.audit_log, self._stopping, utc_now, _AUDIT_HEAD_SECONDS)
            yield "audit-heads", head_schedule.run
            yield "reveals", self._preparation.then(reveal_report(parts, self._stopping).run)
            yield "retention", self._preparation.then(retention_schedule(parts, self._stopping).run)
            if folder := parts.settings.archive_folder:
                yield "archive", self._preparation.then(archive_schedule(parts, folder, self._stopping).run)
            if parts.settings.otlp_endpoint:
                # This stage rejects nothing, so it never writes a dead letter.
                yield "traces", self._worker(traces.consumer_group(parts), traces.stage(parts))
        if port := parts.settings.ops_port_of(self._stages):
            app = operations_http.build(parts, self._health, self._doors, monitor_loop)
            host, listener = parts.settings.ops_host, self._ops_socket
            yield "ops", operations_http.OpsServer(app, host, port, self._stopping, listener).run

    def _worker(self, group: ConsumerGroup, stage: Stage) -> Callable[[], None]:
        parts = self._parts
        self._health.worker_health[group.name] = worker_health = WorkerHealth(time.monotonic)
        new_membership = partial(membership, parts.bus, group, parts.settings.instance, parts.queues)
        ensured_topics, dead_letter_topic = parts.ensured_topics, topics.dead_letter_topic(group.dead_letters)
        worker = Worker(
            group.name,
            lambda: EnsuringConsumer(parts.bus.consumer(new_membership()), ensured_topics),
            RedirectingStage(group.name, stage, ensured_topics, dead_letter_topic),
            dead_letter_topic,
            self._stopping,
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


def server_config(app: ASGIApp, settings: Settings, deadlines: Deadlines = Deadlines()) -> uvicorn.Config:  # noqa: B008 - immutable
    """Return the configuration of the HTTP server; only trusted proxies may name the address of a client."""
    return uvicorn.Config(
        app,
        settings.host,
        settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=20,
        # uvicorn's type is a class. It calls the value as a function.
        http=cast("type[asyncio.Protocol]", deadline_protocol(deadlines)),
        # A WebSocket would have another protocol, without deadlines.
        ws="none",
        forwarded_allow_ips=settings.trusted_proxies,
    )
