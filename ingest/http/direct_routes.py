"""Routes without FastAPI's work for each request: their endpoints read the request and make the response themselves.

That work takes longer than what a door itself does for a report. FastAPI still describes these routes in its document.
"""

from collections.abc import Callable, Coroutine, Sequence
from inspect import signature
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

_REQUEST_ALONE = ["request"]


class DirectAPIRoute(APIRoute):
    """Route whose endpoint is called as it is if the request is all that it takes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See FastAPI."""
        return self.endpoint if self.is_direct else super().get_route_handler()

    @property
    def is_direct(self) -> bool:
        """True if the endpoint takes the request alone."""
        return list(signature(self.endpoint).parameters) == _REQUEST_ALONE


def direct_routes(router: APIRouter) -> Sequence[Route]:
    """Return the direct routes of a router, to be looked for before those of FastAPI."""
    return [_DirectRoute(route) for route in router.routes if isinstance(route, DirectAPIRoute) and route.is_direct]


class _DirectRoute(Route):
    """Names itself in the scope, as the routes of FastAPI do: refusals are recorded by the pattern of their route."""

    def __init__(self, route: DirectAPIRoute) -> None:
        super().__init__(route.path, route.get_route_handler(), methods=route.methods)
        # Starlette adds HEAD to GET. All other pages refuse it.
        self.methods = route.methods

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See Starlette."""
        match, child_scope = super().matches(scope)
        return match, {**child_scope, "route": self}
