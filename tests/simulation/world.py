"""The processes of a service on the simulation's bus and one real database, and what they run."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, suppress
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar

from sqlalchemy import Connection, Dialect, Engine, PoolProxiedConnection, event

from app.assembly.channels import CHANNELS
from app.assembly.derivation_names import derivation_names
from app.assembly.oversight import parts as oversight
from app.assembly.parts import Parts
from app.assembly.queues import membership
from app.assembly.safekeeping.forgetting import destruction_loop
from app.assembly.service import STAGE_RETRIES
from app.assembly.stages import cases, doors, sinks
from app.clock import Clock
from app.database import open_database
from app.operations.not_possible import NotPossible
from app.randomness import Randomness
from app.surroundings import Surroundings
from app.threads import Threads
from bus.ensured_topics import EnsuringConsumer, RedirectingStage
from bus.errors import Retry, Stop
from bus.port import Outgoing
from bus.worker import Stage, Worker
from cases.derivations.position import read_lags
from config.database import DatabaseUnavailable, read_transaction
from config.settings import Settings
from ingest.spool_drain import SpoolDrain
from messages.topics import dead_letter_topic
from tests.conftest import NOW
from tests.simulation.hub import FaultRates, Hub, HubSurroundings, Process, SimEvent
from tests.simulation.sim_bus import SimBus, SimLog
from tests.support.arrival_ids import ROOT_SECRET
from tests.support.paths import SMALL_TABLES

T = TypeVar("T")

INSTANCES = ("a", "b")
# What a person reads as "try again".
_REFUSALS = (Retry, Stop, DatabaseUnavailable, NotPossible)
_ROLES = ("doors", "normalize", "router", "sinks", "desk")


class Running(NamedTuple):
    """What a living process has: its parts, what sets its doors in motion, and its event of the end."""

    parts: Parts
    stopping: SimEvent


class World:
    """Two processes of each role. `folder` is empty; `template` is a migrated SQLite file.

    `tables` are parts whose tables these share.
    """

    def __init__(self, seed: int, folder: Path, template: Path, rates: FaultRates, tables: Parts) -> None:
        self.hub = Hub(seed, NOW.timestamp(), rates)
        self.log = SimLog(self.hub.timestamp)
        self._folder = folder
        self._database = shutil.copy(template, folder / "satupintu.db")
        self._dialect, self._compiled_statements = self._observed_dialect(), dict[Any, Any]()
        surroundings = Surroundings(
            Clock(self.hub.now, self.hub.timestamp, self.hub.pause),
            Randomness(self.hub.random.randbytes),
            Threads(_no_thread, _no_thread, _no_pool, _no_timer),
        )
        # The parts of nobody: of the judges, and of what every process shares.
        self.parts = Parts(self._settings("judge"), CHANNELS, surroundings, tables.shared)
        self.parts.core.bus = SimBus(self.log, HubSurroundings(self.hub))
        self.parts.ensure_topics()
        self.running: dict[str, Running] = {}
        for role in _ROLES:
            for instance in INSTANCES:
                self.hub.start(Process(f"{role}-{instance}", self._start))

    def close(self) -> None:
        """Kill everything and close the databases."""
        self.hub.end()
        for running in self.running.values():
            running.parts.core.engine.dispose()
        self.parts.close()

    def request(self, role: str, act: Callable[[Parts], T]) -> T | None:
        """Let a process of this role do something for a person, who waits. Return `None` if it was killed or refused.

        The person does not know then whether it was done.
        """
        processes = [each for each in self.hub.processes if each.name.startswith(f"{role}-") and not each.is_dead]
        if not processes:
            return None
        process = self.hub.random.choice(processes)
        answers: list[T] = []
        has_ended = SimEvent(self.hub)

        def work() -> None:
            try:
                with suppress(*_REFUSALS):
                    answers.append(act(self.running[process.name].parts))
            finally:
                has_ended.set()

        self.hub.add_request(process, work)
        has_ended.wait(60.0)
        return answers[0] if answers else None

    def publish(self, message: Outgoing) -> bool:
        """Let a door accept a message; return True if it confirmed it."""

        def accept(parts: Parts) -> bool:
            with closing(doors.door_producer(parts)) as producer:
                producer.publish([message])
            return True

        return bool(self.request("doors", accept))

    def heal(self) -> None:
        """End all faults."""
        self.hub.heal()

    def waits_for(self) -> Sequence[str]:
        """Return what is not processed yet."""
        waiting = [process.name for process in self.hub.processes if process.is_dead]
        for group in self.parts.consumer_groups.values():
            if group.name in self.log.groups:
                committed = self.log.groups[group.name].committed
                ends = self.log.of_topics(group.topics_with(self.parts.queues))
                late = sum(len(self.log.partitions[each]) - committed.get(each, 0) for each in ends)
                waiting += [f"{group.name}: {late} records"] if late else []
        with read_transaction(self.parts.engine) as connection:
            lags = read_lags(connection, derivation_names(self.parts.settings))
            waiting += [f"derivation {lag.name}" for lag in lags if lag.waiting_since]
        waiting += [f"spool {name}" for name in INSTANCES if len(self.running[f"doors-{name}"].parts.doors.spool)]
        return waiting

    def _settings(self, instance: str) -> Settings:
        home = self._folder / instance
        home.mkdir(mode=0o700, exist_ok=True)
        return Settings.model_validate(
            {
                "home": home,
                "instance": instance,
                "secret_key": ROOT_SECRET,
                "database_url": f"sqlite:///{self._database}",
                "twilio_auth_tokens": "twilio-test",
                "x_bearer_token": "x-test",
                "x_base_url": "http://127.0.0.1:9",
                "reference_folder": str(SMALL_TABLES),
            }
        )

    def _start(self, process: Process) -> Mapping[str, Callable[[], None]]:
        """Return the threads of a process that is started, as `app.assembly.service` has them."""
        role, _, instance = process.name.partition("-")
        if previous := self.running.get(process.name):
            previous.parts.core.engine.dispose()
        parts = self.parts.of_process(self._settings(instance))
        parts.core.bus = SimBus(self.log, HubSurroundings(self.hub))
        parts.core.engine = self._engine()
        stopping = SimEvent(self.hub)
        self.running[process.name] = Running(parts, stopping)
        return {f"{process.name} {name}": run for name, run in self._threads(role, parts, stopping).items()}

    def _threads(self, role: str, parts: Parts, stopping: SimEvent) -> Mapping[str, Callable[[], None]]:
        match role:
            case "doors":
                return {"spool": partial(_drain, parts, stopping)}
            case "normalize":
                return {"stage": self._worker(parts, "normalize", parts.normalizer.stage, stopping)}
            case "router":
                return {"stage": self._worker(parts, "router", parts.router.stage, stopping)}
            case "sinks":
                new_facts = SimEvent(self.hub)
                stages = {"cases": cases.case_stage(parts, new_facts.set), **dict(sinks.stages(parts))}
                workers = {name: self._worker(parts, name, stage, stopping) for name, stage in stages.items()}
                return {
                    **workers,
                    "derivations": cases.derivation_loop(parts, stopping, new_facts).run,
                    "person-keys": destruction_loop(parts, stopping),
                    **dict(oversight.threads(parts, stopping)),
                }
            case _:
                return {}

    def _worker(self, parts: Parts, name: str, stage: Stage, stopping: SimEvent) -> Callable[[], None]:
        group, ensured = parts.consumer_groups[name], parts.service_topics.ensured
        dead_letters = dead_letter_topic(group.dead_letters)

        def join() -> EnsuringConsumer:
            new_membership = membership(parts.bus, group, parts.settings.instance, parts.queues)
            return EnsuringConsumer(parts.bus.consumer(new_membership), ensured)

        worker = Worker(
            name,
            join,
            RedirectingStage(name, stage, ensured, dead_letters),
            dead_letters,
            stopping,
            parts.clock.monotonic,
            batch=self.hub.random.choice((1, 3, 20, 200)),
            transient=STAGE_RETRIES,
        )
        return worker.run

    def _engine(self) -> Engine:
        """Return an engine whose transactions are points of the simulation."""
        engine = open_database(f"sqlite:///{self._database}")
        hub, connect = self.hub, engine.connect

        def point_and_connect() -> Connection:
            hub.point("begin", is_after=False)
            return connect()

        def begin(connection: Connection) -> None:
            hub.open_transaction(id(connection.connection.dbapi_connection))

        event.listen(engine, "begin", begin)
        engine.connect = point_and_connect  # type: ignore[method-assign]
        engine.dialect = engine.pool._dialect = self._dialect  # noqa: SLF001 - the pool rolls back with it
        engine.update_execution_options(compiled_cache=self._compiled_statements)
        return engine

    def _observed_dialect(self) -> Dialect:
        """Return a dialect whose commits are points of the simulation."""
        engine = open_database(f"sqlite:///{self._database}")
        engine.connect().close()
        engine.dispose()
        # A copy: engines of other tests may have the same dialect.
        dialect, hub = copy(engine.dialect), self.hub
        commit, roll_back = dialect.do_commit, dialect.do_rollback

        def do_commit(connection: PoolProxiedConnection) -> None:
            hub.point("database", is_after=False)
            commit(connection)
            hub.close_transaction(id(connection.dbapi_connection))
            hub.point("database", is_after=True)

        def do_rollback(connection: PoolProxiedConnection) -> None:
            roll_back(connection)
            hub.close_transaction(id(connection.dbapi_connection))

        dialect.do_commit = do_commit  # type: ignore[method-assign,assignment]
        dialect.do_rollback = do_rollback  # type: ignore[method-assign,assignment]
        return dialect


def _drain(parts: Parts, stopping: SimEvent) -> None:
    with closing(parts.bus.producer()) as producer:
        SpoolDrain(parts.doors.spool, producer, parts.settings.home / "spool.lock", parts.ensure_topics, stopping).run()


def _no_thread(_run: Callable[[], None], name: str) -> NoReturn:
    raise AssertionError(f"{name}: a simulated process starts no thread")


def _no_pool(_size: int, name: str) -> Executor:
    raise AssertionError(f"{name}: a simulated process has no pool")


def _no_timer(_seconds: float, _call: Callable[[], None]) -> Callable[[], None]:
    raise AssertionError("a simulated process has no timer")
