"""Health and metrics as routes of FastAPI, which have a document."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.responses import Response

from monitor.health import HealthAnswers
from monitor.metrics.exposition import Exposition

_UNHEALTHY: dict[int | str, dict[str, Any]] = {
    503: {"description": "Not healthy; the body says why.", "content": {"application/json": {}}}
}
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The metrics, in the format that was asked for.", "content": {"text/plain": {}}}
}


def health_routes(answers: HealthAnswers) -> APIRouter:
    """Return the routes of the health of a process."""
    router = APIRouter(tags=["health"])
    router.add_api_route("/live", answers.live, methods=["GET"], responses=_UNHEALTHY)
    router.add_api_route("/startup", answers.startup, methods=["GET"], responses=_UNHEALTHY)
    router.add_api_route("/ready", answers.ready, methods=["GET"], responses=_UNHEALTHY)
    return router


def metrics_routes(exposition: Exposition) -> APIRouter:
    """Return the route `/metrics`."""
    router = APIRouter(tags=["operations"])

    def metrics(accept: Annotated[str, Header()] = "") -> Response:
        """Return all metrics of this process."""
        return exposition.answer(accept)

    router.add_api_route("/metrics", metrics, methods=["GET"], response_class=Response, responses=_TEXT)
    return router
