"""Whether this process lives and whether it can do its work: `/live` and `/ready`."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse


def routes(checks: Mapping[str, Callable[[], object]]) -> APIRouter:
    """`/ready` runs every check; one that raises is named, and the answer is 503."""
    router = APIRouter(tags=["health"])

    def live() -> JSONResponse:
        """The process answers."""
        return JSONResponse({"live": True})

    def ready() -> JSONResponse:
        """The process can take and work complaints."""
        faults = {name: fault for name, check in checks.items() if (fault := _fault(check))}
        return JSONResponse({"ready": not faults, "faults": faults}, 503 if faults else 200)

    router.add_api_route("/live", live, methods=["GET"])
    router.add_api_route("/ready", ready, methods=["GET"])
    return router


def _fault(check: Callable[[], object]) -> str | None:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever a check raises means that it failed
        return type(error).__name__
    return None
