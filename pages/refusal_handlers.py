"""Turns exceptions of all doors into error responses, logs them and counts them."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from config.database import DatabaseUnavailable
from pages.field_errors import invalid_request
from pages.problems import RefusalResponder
from pages.refusals import Refused, unavailable
from pages.rejection_counter import RejectionCounter

_HTTP_REASONS = {404: "no_such_address", 405: "wrong_method"}

_log = structlog.get_logger()


def install_refusal_handlers(app: FastAPI, responder: RefusalResponder, rejections: RejectionCounter) -> None:
    """Make `app` answer and count each refusal of each door, whatever raised it."""
    app.state.rejections = rejections

    @app.exception_handler(Refused)
    async def _answer_refused(request: Request, refused: Refused) -> Response:
        record_refusal(request, refused)
        return responder.response(request.scope, refused)

    @app.exception_handler(HTTPException)
    async def _answer_http_error(request: Request, error: HTTPException) -> Response:
        response = responder.response(request.scope, Refused(_HTTP_REASONS.get(error.status_code, "not_accepted")))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def _answer_invalid_request(request: Request, error: RequestValidationError) -> Response:
        return await _answer_refused(request, invalid_request(error))

    async def _answer_database_away(request: Request, _error: Exception) -> Response:
        return await _answer_refused(request, unavailable())

    async def _answer_disconnected(_request: Request, _error: Exception) -> Response:
        return Response(status_code=400)

    app.add_exception_handler(DatabaseUnavailable, _answer_database_away)
    app.add_exception_handler(ClientDisconnect, _answer_disconnected)


def record_refusal(request: Request, refused: Refused) -> None:
    """Log and count a refusal by route and reason. Neither the sender nor the content is recorded."""
    route = _route_pattern(request)
    _log.info("door.refused", route=route, reason=refused.reason, status=refused.status)
    rejections: RejectionCounter = request.app.state.rejections
    rejections.count(route, refused.reason)


def _route_pattern(request: Request) -> str:
    """Return the pattern of the route, such as `/status/{number}`, without the values in the address."""
    return str(getattr(request.scope.get("route"), "path", "none"))
