"""The console: what was seen last, as JSON and as a page."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from monitor.watching import View, Watching


class Console:
    """Shows what `watching` saw; it looks at nothing itself."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching

    def routes(self) -> APIRouter:
        """All below `/ops`."""
        router = APIRouter(prefix="/ops", tags=["operations"])
        router.add_api_route("/state", self._state, methods=["GET"])
        return router

    def _state(self) -> JSONResponse:
        """What was seen last; 503 before the first look."""
        view = self._watching.view
        return JSONResponse(state(view), 200 if view else 503)


def state(view: View | None) -> dict[str, object]:
    """What is shown, for programs: the snapshot and what needs a person."""
    if view is None:
        return {}
    concerns = [one.model_dump(mode="json") for one in view.standing]
    return {"number": view.number, **view.seen.model_dump(mode="json"), "concerns": concerns}
