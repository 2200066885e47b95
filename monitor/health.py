"""Whether this process lives, has started and can do its work: `/live`, `/startup` and `/ready`."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from bus.worker_health import WorkerHealth
from monitor.alert_conditions import HANGING_SECONDS
from monitor.snapshot import PartState

_UNWELL: dict[int | str, dict[str, Any]] = {503: {"description": "Not so; why.", "content": {"application/json": {}}}}


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the parts of this process are: the vitals of each worker by its name, and whether all of them were begun."""

    worker_health: dict[str, WorkerHealth] = field(default_factory=dict)
    started: threading.Event = field(default_factory=threading.Event)

    @property
    def hanging(self) -> list[str]:
        """The workers that have not come round for so long that only a new process will."""
        return sorted(name for name, one in self.worker_health.items() if one.silent_seconds >= 2 * HANGING_SECONDS)

    def parts(self) -> Mapping[str, Mapping[str, object]]:
        """What each worker says of itself: see `monitor.snapshot.PartState`."""
        return {
            name: {each: getattr(one, each) for each in PartState.model_fields}
            for name, one in self.worker_health.items()
        }


def routes(
    pulse: Pulse,
    checks: Mapping[str, Callable[[], object]],
    doors: Mapping[str, Callable[[], str]],
    numbers: Mapping[str, Callable[[], object]],
) -> APIRouter:
    """`/ready` runs every check and names those that raise.

    `doors` say each why it is shut, or nothing; as long as one of them is open, the process is ready. `numbers` are
    shown as they are; one that can't be had, as the faults may say why, is null.
    """
    router = APIRouter(tags=["health"])

    def live() -> JSONResponse:
        """The process answers, and no worker of it hangs; else start it again."""
        hanging = pulse.hanging
        return JSONResponse({"live": not hanging, "hanging": hanging}, 503 if hanging else 200)

    def startup() -> JSONResponse:
        """Everything that this process runs was begun; what is away then is said by `/ready`."""
        started = pulse.started.is_set()
        return JSONResponse({"started": started}, 200 if started else 503)

    def ready() -> JSONResponse:
        """The process can take complaints: which door is shut, and why; what else is away."""
        faults = {name: fault for name, check in checks.items() if (fault := _fault(check))}
        shut = {name: why() for name, why in doors.items()}
        ready = any(not why for why in shut.values()) if shut else not faults
        said = {
            "ready": ready,
            "doors": {name: {"open": not why, "why": why} for name, why in shut.items()},
            "faults": faults,
            **{name: _shown(number) for name, number in numbers.items()},
        }
        return JSONResponse(said, 200 if ready else 503)

    router.add_api_route("/live", live, methods=["GET"], responses=_UNWELL)
    router.add_api_route("/startup", startup, methods=["GET"], responses=_UNWELL)
    router.add_api_route("/ready", ready, methods=["GET"], responses=_UNWELL)
    return router


def _shown(number: Callable[[], object]) -> object:
    try:
        return number()
    except Exception:  # noqa: BLE001 - as below; whether the process is ready is not said by a number
        return None


def _fault(check: Callable[[], object]) -> str | None:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever a check raises means that it failed
        return type(error).__name__
    return None
