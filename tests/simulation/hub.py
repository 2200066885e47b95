"""Runs many processes as greenlets of one thread, in an order that a seed decides, on a clock of its own.

A process goes on until it reaches a point: a call of the bus, the beginning or the commit of a transaction, or a wait.
There the hub may let another one go on, kill the process, or give it a fault. Nothing else decides anything: the same
seed on the same code makes the same run.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from greenlet import getcurrent, greenlet

from bus.errors import Retry
from config.database import DatabaseUnavailable

# Points of a process: a call of the bus or of the database.
_DATABASE_POINTS = frozenset({"begin", "database"})
# A frozen process is still for so many seconds: shorter and longer than a session of a group.
_FREEZE_SECONDS = (5.0, 90.0)
# The bus or the database is away for everybody for so many seconds.
_AWAY_SECONDS = (1.0, 90.0)
# A wait moves the clock: a time of day has no smaller steps, and a loop that waits for nothing would stop it.
_SHORTEST_SECONDS = 0.001
# After so many steps without an end, something runs in a circle.
_MOST_STEPS = 2_000_000


class Killed(BaseException):
    """This process was killed: nothing of it may go on, and no handler of errors may catch it."""


@dataclass(frozen=True, slots=True)
class FaultRates:
    """Probability of each fault at a point, from 0 to 1. `switch` is no fault: others go on first."""

    switch: float = 0.0
    kill_before: float = 0.0
    kill_after: float = 0.0
    retry_before: float = 0.0
    retry_after: float = 0.0
    freeze: float = 0.0
    bus_away: float = 0.0
    database_away: float = 0.0


@dataclass(eq=False)
class Process:
    """A process: its name, and what makes its threads when it is started. `is_dead` until it is started again."""

    name: str
    start: Callable[["Process"], Mapping[str, Callable[[], None]]]
    is_dead: bool = True
    tasks: list["Task"] = field(default_factory=list)


@dataclass(eq=False)
class Task:
    """A thread of a process, or a person. It goes on at `due_at`, in seconds, or earlier when `is_woken`."""

    name: str
    process: Process | None
    greenlet: greenlet
    due_at: float = 0.0
    is_woken: Callable[[], bool] | None = None
    # Connections with an open transaction. Whoever waits with one would hold up the only thread.
    transactions: set[int] = field(default_factory=set)

    def is_due(self, now: float) -> bool:
        """Return True if it can go on."""
        return self.due_at <= now or (self.is_woken is not None and self.is_woken())


class SimEvent(threading.Event):
    """An event whose `wait` lets others go on."""

    def __init__(self, hub: "Hub") -> None:
        super().__init__()
        self._hub = hub

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event`."""
        if not self.is_set():
            self._hub.pause(float("inf") if timeout is None else timeout, self.is_set)
        return self.is_set()


class Hub:
    """Scheduler, clock and source of faults. `began_at` is its first time, in seconds since 1970 UTC."""

    def __init__(self, seed: int, began_at: float, rates: FaultRates) -> None:
        self.random = random.Random(seed)  # noqa: S311 - reproducible
        self.time = began_at
        self.rates = rates
        self.tasks: list[Task] = []
        self.processes: list[Process] = []
        # Faults by kind, process without its number, and point.
        self.faults: Counter[tuple[str, str, str]] = Counter()
        self.errors: list[str] = []
        self.steps = 0
        # When bus and database come back, by their names.
        self._away_until = {"bus": 0.0, "database": 0.0}
        self._restarts: list[tuple[float, Process]] = []
        self._main = getcurrent()
        # The task that runs now; `None` for the hub itself.
        self._current: Task | None = None

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.time, UTC)

    def timestamp(self) -> float:
        """Return the time in seconds since 1970 UTC."""
        return self.time

    def start(self, process: Process) -> None:
        """Start a process, also again."""
        if process not in self.processes:
            self.processes.append(process)
        process.is_dead = False
        process.tasks = [self._task(name, run, process) for name, run in process.start(process).items()]

    def add_person(self, name: str, run: Callable[[], None]) -> Task:
        """Let a person act, who is no process and has no faults."""
        return self._task(name, run, None)

    def add_request(self, process: Process, run: Callable[[], None]) -> None:
        """Let a living process do something more, which ends with it."""
        process.tasks.append(self._task(f"{process.name} request", run, process))

    def run_until(self, is_done: Callable[[], bool]) -> None:
        """Let everything go on until `is_done`, which is asked after each step."""
        while not is_done():
            self._step()

    def heal(self) -> None:
        """End all faults."""
        self.rates = FaultRates(switch=self.rates.switch)
        self._away_until = dict.fromkeys(self._away_until, 0.0)

    def end(self) -> None:
        """Kill everything."""
        for process in self.processes:
            self.kill(process)
        for task in list(self.tasks):
            self._let_go_on(task, Killed)

    def pause(self, seconds: float, is_woken: Callable[[], bool] | None = None) -> None:
        """Let others go on for so many seconds, or until it is woken. Raises `Killed`."""
        task = self._current
        if task is None:
            self.time += 0.0 if seconds == float("inf") else seconds
            return
        self._check_alive(task)
        task.due_at, task.is_woken = self.time + max(seconds, _SHORTEST_SECONDS), is_woken
        self._main.switch()
        task.is_woken = None
        self._check_alive(task)

    def point(self, call: str, *, is_after: bool) -> None:
        """Be at a point: before or after the effect of a call. Raises `Killed`, `Retry` or `DatabaseUnavailable`."""
        task = self._current
        if task is None or task.process is None:
            return
        self._check_alive(task)
        if not is_after and not task.transactions:
            self._maybe_leave(task)
        server = "database" if call in _DATABASE_POINTS else "bus"
        self._maybe_lose(server, task.process)
        if not is_after and self.time < self._away_until[server]:
            raise self._refusal(call)
        kill, refuse = (
            (self.rates.kill_after, self.rates.retry_after)
            if is_after
            else (self.rates.kill_before, self.rates.retry_before)
        )
        chance = self.random.random()
        if chance < kill:
            self._count("kill after" if is_after else "kill before", task.process, call)
            self.kill(task.process)
            raise Killed
        if chance < kill + refuse:
            self._count("refuse after" if is_after else "refuse before", task.process, call)
            raise self._refusal(call)

    def open_transaction(self, connection: int) -> None:
        """Note that the running task has an open transaction on a connection, by the number of the connection."""
        if self._current is not None:
            self._current.transactions.add(connection)

    def close_transaction(self, connection: int) -> None:
        """Note its end."""
        if self._current is not None:
            self._current.transactions.discard(connection)

    def kill(self, process: Process) -> None:
        """Kill a process. All its threads end at their next step; it starts again some seconds later."""
        if process.is_dead:
            return
        process.is_dead = True
        for task in process.tasks:
            task.due_at = self.time
        self._restarts.append((self.time + self.random.uniform(0.0, 20.0), process))

    def _maybe_leave(self, task: Task) -> None:
        chance = self.random.random()
        if chance < self.rates.freeze and task.process is not None:
            self._count("freeze", task.process, "")
            seconds = self.random.uniform(*_FREEZE_SECONDS)
            for other in task.process.tasks:
                other.due_at = max(other.due_at, self.time + seconds)
                other.is_woken = None
            self.pause(seconds)
        elif chance < self.rates.freeze + self.rates.switch:
            self.pause(0.0)

    def _maybe_lose(self, server: str, process: Process) -> None:
        rate = self.rates.bus_away if server == "bus" else self.rates.database_away
        if rate and self.random.random() < rate and self.time >= self._away_until[server]:
            self._count("away", process, server)
            self._away_until[server] = self.time + self.random.uniform(*_AWAY_SECONDS)

    def _refusal(self, call: str) -> Exception:
        return DatabaseUnavailable("simulated") if call in _DATABASE_POINTS else Retry("simulated")

    def _check_alive(self, task: Task) -> None:
        if task.process is not None and task.process.is_dead:
            raise Killed

    def _task(self, name: str, run: Callable[[], None], process: Process | None) -> Task:
        def guarded() -> None:
            try:
                run()
            except Killed:
                pass
            except Exception as error:  # noqa: BLE001 - a finding: a supervisor would start the process again
                self.errors.append(f"{name}: {type(error).__name__}: {error}")
                if process is not None:
                    self.kill(process)

        task = Task(name, process, greenlet(guarded, self._main), self.time)
        self.tasks.append(task)
        return task

    def _step(self) -> None:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise RuntimeError(f"no end after {self.steps} steps")
        for moment, process in [each for each in self._restarts if each[0] <= self.time]:
            if not any(task in self.tasks for task in process.tasks):
                self._restarts.remove((moment, process))
                self.start(process)
        due = [task for task in self.tasks if task.is_due(self.time)]
        if not due:
            moments = [task.due_at for task in self.tasks] + [moment for moment, _ in self._restarts]
            self.time = max(self.time, min(moments))
            return
        task = self.random.choice(due)
        if task.process is not None and task.process.is_dead:
            self._let_go_on(task, Killed)
            return
        self._let_go_on(task)

    def _let_go_on(self, task: Task, error: type[BaseException] | None = None) -> None:
        self._current = task
        try:
            if error is None:
                task.greenlet.switch()
            elif task.greenlet:
                task.greenlet.throw(error)
        finally:
            self._current = None
        # One that never began is false, and so is one that has ended.
        if not task.greenlet:
            self.tasks.remove(task)

    def _count(self, kind: str, process: Process, call: str) -> None:
        self.faults[kind, process.name.rpartition("-")[0], call] += 1


@dataclass(frozen=True)
class HubSurroundings:
    """What the bus gets from the hub. See `sim_bus.Surroundings`."""

    hub: Hub

    def before(self, call: str) -> None:
        """See the protocol."""
        self.hub.point(call, is_after=False)

    def after(self, call: str) -> None:
        """See the protocol."""
        self.hub.point(call, is_after=True)

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """See the protocol."""
        self.hub.pause(seconds, is_over)
