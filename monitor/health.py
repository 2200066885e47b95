"""Health addresses of this process: `/live`, `/startup` and `/ready`."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.responses import JSONResponse

from bus.worker_health import WorkerHealth
from monitor.alert_thresholds import HANGING_SECONDS
from monitor.snapshot import WorkerState

# A worker that is silent for this long will not recover: the process must be started again.
_RESTART_SECONDS = 2 * HANGING_SECONDS
# A usual batch takes a few seconds. A worker that is silent for longer waits in a call.
_BUSY_SECONDS = 15.0
# Checks wait for what they check. They have threads of their own: requests that wait for a stuck database must not
# delay `/ready`. `/live` and `/startup` need no thread.
_CHECK_THREADS = 4

# A cause for each name, of a fault, a shut door or a part that waits.
_Causes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """Health of each worker of this process by name. `started` is set once all of them have been started.

    `unprepared` returns the cause for each step that must succeed before the workers begin, by name.
    """

    worker_health: dict[str, WorkerHealth] = field(default_factory=dict)
    started: threading.Event = field(default_factory=threading.Event)
    unprepared: Callable[[], Mapping[str, str]] = dict

    @property
    def hanging(self) -> list[str]:
        """Names of the workers that only a restart of the process will help, sorted."""
        return sorted(name for name, worker in self.worker_health.items() if worker.silent_seconds >= _RESTART_SECONDS)

    @property
    def waiting(self) -> Mapping[str, str]:
        """Return what the parts of this process wait for, by part; empty while everything works."""
        causes = {name: _wait_cause(worker) for name, worker in self.worker_health.items()}
        return {**self.unprepared(), **{name: cause for name, cause in causes.items() if cause}}

    def worker_states(self) -> Mapping[str, Mapping[str, object]]:
        """Return the fields of `monitor.snapshot.WorkerState` for each worker."""
        return {
            name: {field_name: getattr(worker, field_name) for field_name in WorkerState.model_fields}
            for name, worker in self.worker_health.items()
        }


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a process can take complaints.

    `checks` are run, and those that raise are faults. Each of `doors` returns why the door is shut, or an empty text.
    The process is ready as long as one door is open; without doors, as long as no check fails and no part waits.
    """

    checks: Mapping[str, Callable[[], object]]
    doors: Mapping[str, Callable[[], str]]

    def is_ready(self, faults: _Causes, shut_reasons: _Causes) -> bool:
        """Return True if the process can take complaints."""
        return any(not reason for reason in shut_reasons.values()) if shut_reasons else not faults

    def faults(self) -> Mapping[str, str]:
        """Return the failed checks, each with the name of its error."""
        return {name: fault for name, check in self.checks.items() if (fault := _run_check(check))}

    def shut_reasons(self) -> Mapping[str, str]:
        """Return for each door why it is shut; an empty text while it is open."""
        return {name: shut_reason() for name, shut_reason in self.doors.items()}


class HealthAnswers:
    """Answers at the three addresses. `report` makes the body of `/ready` of faults, shut doors and waiting parts."""

    def __init__(
        self,
        health: ProcessHealth,
        readiness: Readiness,
        report: Callable[[_Causes, _Causes, _Causes], Mapping[str, object]],
    ) -> None:
        self._health = health
        self._readiness = readiness
        self._report = report
        self._check_threads = CapacityLimiter(_CHECK_THREADS)

    async def live(self) -> JSONResponse:
        """Answer 503 if a worker of this process hangs; then the supervisor must start the process again."""
        hanging = self._health.hanging
        return JSONResponse({"live": not hanging, "hanging": hanging}, 503 if hanging else 200)

    async def startup(self) -> JSONResponse:
        """Answer 503 until every part of this process has been started. A dependency may still be away then."""
        started = self._health.started.is_set()
        return JSONResponse({"started": started}, 200 if started else 503)

    async def ready(self) -> JSONResponse:
        """Answer 503 if the process can't take complaints; list the shut doors, failed checks and waiting parts."""
        return await run_sync(self._check_readiness, limiter=self._check_threads)

    def _check_readiness(self) -> JSONResponse:
        faults, shut_reasons = self._readiness.faults(), self._readiness.shut_reasons()
        waiting = self._health.waiting
        is_ready = self._readiness.is_ready({**faults, **waiting}, shut_reasons)
        return JSONResponse(
            {"ready": is_ready, **self._report(faults, shut_reasons, waiting)}, 200 if is_ready else 503
        )


def public_answers(health: ProcessHealth, readiness: Readiness) -> HealthAnswers:
    """Return the answers on the port that everybody reaches.

    `/ready` says which doors are open and which dependencies are away, without reasons and numbers.
    """

    def report(faults: _Causes, shut_reasons: _Causes, waiting: _Causes) -> Mapping[str, object]:
        doors = {name: {"open": not reason} for name, reason in shut_reasons.items()}
        return {"doors": doors, "faults": [*faults], "waiting": [*waiting]}

    return HealthAnswers(health, readiness, report)


def operations_answers(
    health: ProcessHealth, readiness: Readiness, figures: Mapping[str, Callable[[], object]]
) -> HealthAnswers:
    """Return the answers on the operations' port.

    `/ready` has the reasons of shut doors, the errors of failed checks, and `figures`; a figure that raises is null.
    """

    def report(faults: _Causes, shut_reasons: _Causes, waiting: _Causes) -> Mapping[str, object]:
        return {
            "doors": {name: {"open": not reason, "reason": reason} for name, reason in shut_reasons.items()},
            "faults": faults,
            "waiting": waiting,
            **{name: _figure_or_none(figure) for name, figure in figures.items()},
        }

    return HealthAnswers(health, readiness, report)


def _wait_cause(worker: WorkerHealth) -> str:
    """Return what the worker waits for; empty while it works."""
    if worker.waits_for or worker.silent_seconds < _BUSY_SECONDS:
        return worker.waits_for
    return f"one batch for {worker.silent_seconds:.0f} seconds"


def _figure_or_none(figure: Callable[[], object]) -> object:
    try:
        return figure()
    except Exception:  # noqa: BLE001 - a figure that fails does not decide whether the process is ready
        return None


def _run_check(check: Callable[[], object]) -> str | None:
    """Return the name of the error that the check raised, or `None`."""
    try:
        check()
    except Exception as error:  # noqa: BLE001 - every error of a check means that the check failed
        return type(error).__name__
    return None
