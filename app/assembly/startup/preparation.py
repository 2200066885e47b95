"""Prepares the database and the bus of a process: again and again, until each is ready. Stages wait for it."""

import threading
from collections.abc import Callable, Mapping

import structlog

from bus.errors import Retry, Stop
from bus.worker_health import WorkerHealth
from config.database import DatabaseUnavailable

# Pause before the next attempt; it doubles with each failure, up to the maximum.
_FIRST_PAUSE_SECONDS = 0.2
_MAX_PAUSE_SECONDS = 5.0
# Pause of a waiting stage before it records again that it waits.
_WAIT_SECONDS = 0.5

_log = structlog.get_logger()


class Preparation:
    """Runs the steps until each has succeeded. Doors do not wait for it: they have their spool.

    `steps` raise `Retry` or `DatabaseUnavailable` while a dependency is away. `Stop` ends the process, except where
    `has_doors`: a door that accepts reports is worth more than a stage that could not work anyway. `ends_all` end a
    process with doors, too: what they accept could not be used.
    `recheck` is called every `recheck_seconds` once everything is ready.
    """

    def __init__(
        self,
        steps: Mapping[str, Callable[[], object]],
        stopping: threading.Event,
        *,
        has_doors: bool,
        recheck: Callable[[], object],
        ends_all: tuple[type[Stop], ...] = (),
        recheck_seconds: float = 30.0,
    ) -> None:
        self._steps = steps
        self._stopping = stopping
        self._survives: tuple[type[Exception], ...] = (Retry, DatabaseUnavailable, *([Stop] if has_doors else []))
        self._ends_all = ends_all
        self._recheck = recheck
        self._recheck_seconds = recheck_seconds
        self._ready = threading.Event()
        self._causes = dict.fromkeys(steps, "not ready yet")

    @property
    def waits_for(self) -> Mapping[str, str]:
        """The cause for each step that has not succeeded yet, by name."""
        return dict(self._causes)

    def run(self) -> None:
        """Prepare, then recheck until the process stops.

        Raises `Stop` in a process without doors, and one of `ends_all` in any process.
        """
        unfinished, pause = list(self._steps), _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            unfinished = [name for name in unfinished if not self._attempt(name, self._steps[name])]
            if not unfinished:
                break
            self._stopping.wait(pause)
            pause = min(pause * 2, _MAX_PAUSE_SECONDS)
        else:
            return
        self._ready.set()
        while not self._stopping.wait(self._recheck_seconds):
            self._attempt("topics", self._recheck)

    def wait(self, seconds: float) -> None:
        """Return when everything is ready, at the latest after so many seconds."""
        self._ready.wait(seconds)

    def then(self, run: Callable[[], None], worker_health: WorkerHealth | None = None) -> Callable[[], None]:
        """Return a function that waits until everything is ready, and then runs `run` unless the process stops.

        The health shows meanwhile what the worker waits for, and that it does not hang.
        """

        def run_when_ready() -> None:
            while not self._ready.wait(_WAIT_SECONDS) and not self._stopping.is_set():
                if worker_health:
                    worker_health.record_iteration()
                    worker_health.waits_for = "; ".join(f"{name}: {cause}" for name, cause in self.waits_for.items())
            if not self._stopping.is_set():
                run()

        return run_when_ready

    def _attempt(self, name: str, step: Callable[[], object]) -> bool:
        """Return True if the step succeeded. Log each new cause of a failure."""
        try:
            step()
        except self._ends_all:
            raise
        except self._survives as error:
            cause = str(error)
            if self._causes.get(name) != cause:
                _log.warning("service.waiting", step=name, cause=cause)
            self._causes[name] = cause
            return False
        self._causes.pop(name, None)
        return True
