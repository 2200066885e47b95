"""Runs stages until told to stop: each in a thread of its own, the doors in the main one."""

import signal
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

import structlog
import uvicorn
from starlette.types import ASGIApp

from app.assembly import http, operations_http, traces
from app.assembly.installed_channel import InstalledChannel
from app.assembly.migrate import migrate
from app.assembly.monitoring import watch
from app.assembly.parts import EX_CONFIG, EX_TEMPFAIL, Parts
from app.assembly.practice_x import practice_x_threads
from app.assembly.process_health import http_doors
from app.assembly.reply_senders import reply_senders
from app.clock import utc_now
from bus.errors import Retry, Stop
from bus.port import Membership, Producer
from bus.worker import Stage, Worker
from bus.worker_health import WorkerHealth
from config.database import DatabaseUnavailable
from config.settings import Settings
from ingest.spool_drain import SpoolDrain, SpoolingProducer
from messages import topics
from messages.topics import ConsumerGroup
from monitor.audit.schedule import AuditSchedule
from monitor.health import ProcessHealth
from monitor.monitor_loop import MonitorLoop
from router.stage import RouterStage
from sinks.ledger.sink import LedgerSink
from sinks.replies.sink import ReplySink

STAGES = ("ingest", "normalize", "router", "sinks", "monitor")
# After how long an audit that found something is made again: any stage has worked what it had by then.
_AGAIN_SECONDS = 60.0

_log = structlog.get_logger()


class Service:
    """One process. `stages` are the ones it runs; `stop` (or SIGTERM, SIGINT) lets each finish what it has in hand."""

    def __init__(self, parts: Parts, stages: Iterable[str]) -> None:
        self._parts = parts
        self._stages = set(stages)
        self._stopping = threading.Event()
        # 0, or why the process ended by itself; the first reason counts.
        self._code = 0
        self._server: uvicorn.Server | None = None
        self._pulse = ProcessHealth()
        # Why each door of this process is shut.
        self._doors: dict[str, Callable[[], str]] = http_doors(parts) if "ingest" in self._stages else {}

    def run(self) -> int:
        """Run; returns the process's exit code. Raises what makes a start impossible."""
        migrate(self._parts.engine)
        self._ensure_topics()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        producer = SpoolingProducer(self._parts.door_producer(), self._parts.spool)
        threads = [
            threading.Thread(target=partial(self._guard, name, run), name=name) for name, run in self._threads(producer)
        ]
        for thread in threads:
            thread.start()
        self._pulse.started.set()
        _log.info("service.started", stages=sorted(self._stages), bus=self._parts.settings.bus)
        try:
            self._serve(producer)
        finally:
            self.stop()
            for thread in threads:
                thread.join()
            producer.close()
        _log.info("service.stopped", code=self._code)
        return self._code

    def stop(self) -> None:
        """Ask every part to finish what it has in hand."""
        self._stopping.set()
        if self._server:
            self._server.should_exit = True

    def _ensure_topics(self) -> None:
        """A door opens without the bus, for it has its spool; what works on the bus waits for it."""
        try:
            self._parts.ensure_topics()
        except Retry as error:
            _log.warning("service.bus_away", cause=str(error))

    def _drain(self) -> None:
        producer = self._parts.bus.producer()
        try:
            lock = self._parts.settings.home / "spool.lock"
            SpoolDrain(self._parts.spool, producer, lock, self._parts.ensure_topics, self._stopping).run()
        finally:
            producer.close()

    def _serve(self, producer: Producer) -> None:
        if "ingest" not in self._stages:
            self._stopping.wait()
            return
        settings = self._parts.settings
        app = http.build(self._parts, producer, self._pulse, self._doors)
        self._server = uvicorn.Server(server_config(app, settings))
        if not self._stopping.is_set():
            self._server.run()

    def _threads(self, producer: Producer) -> Iterable[tuple[str, Callable[[], None]]]:
        """Return everything that runs in a thread, by name."""
        parts = self._parts
        if "ingest" in self._stages:
            yield "spool", self._drain
            for channel in parts.installed_channels:
                yield from self._background_doors(channel, producer)
            yield from practice_x_threads(parts, self._stopping)
        for package, group, stage in self._stage_workers():
            if package in self._stages:
                yield group, self._worker(parts.consumer_groups[group], stage())
        if "sinks" in self._stages:
            yield from reply_senders(parts, self._stopping)
        yield from self._operations()

    def _background_doors(
        self, channel: InstalledChannel, producer: Producer
    ) -> Iterable[tuple[str, Callable[[], None]]]:
        for door in channel.background_doors(self._parts, producer, self._stopping):
            self._doors[door.name] = door.why_shut
            yield from door.threads

    def _stage_workers(self) -> Iterable[tuple[str, str, Callable[[], Stage]]]:
        """Return the package, the consumer group and the constructor of each stage."""
        parts = self._parts
        return (
            ("normalize", "normalize", lambda: parts.normalizer),
            (
                "router",
                "router",
                lambda: RouterStage(parts.engine, parts.reloading_rules, utc_now, parts.channels),
            ),
            ("sinks", "ledger", lambda: LedgerSink(parts.engine, parts.channels.names)),
            ("sinks", "replies", lambda: ReplySink(parts.engine, parts.channels)),
        )

    def _operations(self) -> Iterable[tuple[str, Callable[[], None]]]:
        """Return the monitor where it is among the stages, and the operations' port where there is one."""
        parts, watching = self._parts, None
        if "monitor" in self._stages:
            looking = watch(parts, steadily=True)
            watching = MonitorLoop(looking.collect, parts.channels, self._stopping, parts.settings.ops_seconds)
            yield "monitor", watching.run
            if minutes := parts.settings.audit_minutes:
                audits = AuditSchedule(parts.audit, looking.record_audit, self._stopping, minutes * 60, _AGAIN_SECONDS)
                yield "audit", audits.run
            if parts.settings.otlp_endpoint:
                # It rejects nothing, so that nothing of it ever lies among the dead letters.
                yield "traces", self._worker(traces.group(parts), traces.stage(parts))
        if port := parts.settings.ops_port_of(self._stages):
            app = operations_http.build(parts, self._pulse, self._doors, watching)
            yield "ops", operations_http.OpsServer(app, parts.settings.ops_host, port, self._stopping).run

    def _worker(self, group: ConsumerGroup, stage: Stage) -> Callable[[], None]:
        parts = self._parts
        membership = Membership(group.name, parts.settings.instance, group.topics_with(parts.queues))
        self._pulse.worker_health[group.name] = worker_health = WorkerHealth(time.monotonic)
        return Worker(
            group.name,
            partial(parts.bus.consumer, membership),
            stage,
            topics.dead_letter_topic(group.dead_letters),
            self._stopping,
            transient=(DatabaseUnavailable,),
            worker_health=worker_health,
        ).run

    def _guard(self, name: str, run: Callable[[], None]) -> None:
        """A part that ends by itself ends the process: half a service looks alive and loses time."""
        code = EX_TEMPFAIL
        try:
            run()
        except Stop as error:
            # Starting again would only do the same again, and put nine more messages aside each time.
            code = EX_CONFIG
            _log.critical("part.stopped", part=name, cause=str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the thread's last words; uvicorn's are an exit
            _log.critical("part.crashed", part=name, exc_info=error)
        if not self._stopping.is_set():
            self._code = code
            self.stop()


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return the configuration of the HTTP server; only trusted proxies may name the address of a client."""
    return uvicorn.Config(
        app,
        settings.host,
        settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=20,
        forwarded_allow_ips=settings.trusted_proxies,
    )
