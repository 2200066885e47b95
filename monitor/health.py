"""Health addresses of this process: `/live`, `/startup` and `/ready`."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from bus.worker_health import WorkerHealth
from monitor.alert_thresholds import HANGING_SECONDS
from monitor.snapshot import WorkerState

_UNHEALTHY: dict[int | str, dict[str, Any]] = {
    503: {"description": "Not healthy; the body says why.", "content": {"application/json": {}}}
}
# A worker that is silent for this long will not recover: the process must be started again.
_RESTART_SECONDS = 2 * HANGING_SECONDS


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """Health of each worker of this process by name. `started` is set once all of them have been started."""

    worker_health: dict[str, WorkerHealth] = field(default_factory=dict)
    started: threading.Event = field(default_factory=threading.Event)

    @property
    def hanging(self) -> list[str]:
        """Names of the workers that only a restart of the process will help, sorted."""
        return sorted(name for name, worker in self.worker_health.items() if worker.silent_seconds >= _RESTART_SECONDS)

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
    The process is ready as long as one door is open; without doors, as long as no check fails.
    """

    checks: Mapping[str, Callable[[], object]]
    doors: Mapping[str, Callable[[], str]]

    def is_ready(self, faults: Mapping[str, str], shut_reasons: Mapping[str, str]) -> bool:
        """Return True if the process can take complaints."""
        return any(not reason for reason in shut_reasons.values()) if shut_reasons else not faults

    def faults(self) -> Mapping[str, str]:
        """Return the failed checks, each with the name of its error."""
        return {name: fault for name, check in self.checks.items() if (fault := _run_check(check))}

    def shut_reasons(self) -> Mapping[str, str]:
        """Return for each door why it is shut; an empty text while it is open."""
        return {name: shut_reason() for name, shut_reason in self.doors.items()}


def public_routes(health: ProcessHealth, readiness: Readiness) -> APIRouter:
    """Return the health routes of the port that everybody reaches.

    `/ready` says which doors are open and which dependencies are away, without reasons and numbers.
    """

    def report(faults: Mapping[str, str], shut_reasons: Mapping[str, str]) -> Mapping[str, object]:
        return {"doors": {name: {"open": not reason} for name, reason in shut_reasons.items()}, "faults": [*faults]}

    return _routes(health, readiness, report)


def operations_routes(
    health: ProcessHealth, readiness: Readiness, figures: Mapping[str, Callable[[], object]]
) -> APIRouter:
    """Return the health routes of the operations' port.

    `/ready` has the reasons of shut doors, the errors of failed checks, and `figures`; a figure that raises is null.
    """

    def report(faults: Mapping[str, str], shut_reasons: Mapping[str, str]) -> Mapping[str, object]:
        return {
            "doors": {name: {"open": not reason, "why": reason} for name, reason in shut_reasons.items()},
            "faults": faults,
            **{name: _figure_or_none(figure) for name, figure in figures.items()},
        }

    return _routes(health, readiness, report)


def _routes(
    health: ProcessHealth,
    readiness: Readiness,
    report: Callable[[Mapping[str, str], Mapping[str, str]], Mapping[str, object]],
) -> APIRouter:
    """Return the health routes; `report` makes the body of `/ready` from the faults and the reasons of shut doors."""
    router = APIRouter(tags=["health"])

    def live() -> JSONResponse:
        """Answer 503 if a worker of this process hangs; then the supervisor must start the process again."""
        hanging = health.hanging
        return JSONResponse({"live": not hanging, "hanging": hanging}, 503 if hanging else 200)

    def startup() -> JSONResponse:
        """Answer 503 until every part of this process has been started. A dependency may still be away then."""
        started = health.started.is_set()
        return JSONResponse({"started": started}, 200 if started else 503)

    def ready() -> JSONResponse:
        """Answer 503 if the process can't take complaints; list the doors that are shut and the failed checks."""
        faults, shut_reasons = readiness.faults(), readiness.shut_reasons()
        is_ready = readiness.is_ready(faults, shut_reasons)
        return JSONResponse({"ready": is_ready, **report(faults, shut_reasons)}, 200 if is_ready else 503)

    router.add_api_route("/live", live, methods=["GET"], responses=_UNHEALTHY)
    router.add_api_route("/startup", startup, methods=["GET"], responses=_UNHEALTHY)
    router.add_api_route("/ready", ready, methods=["GET"], responses=_UNHEALTHY)
    return router


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
