"""Whether this process lives and whether it can do its work: `/live` and `/ready`."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"description": "Not ready; why.", "content": {"application/json": {}}}
}


def routes(
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
        """The process answers."""
        return JSONResponse({"live": True})

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

    router.add_api_route("/live", live, methods=["GET"])
    router.add_api_route("/ready", ready, methods=["GET"], responses=_NOT_READY)
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
