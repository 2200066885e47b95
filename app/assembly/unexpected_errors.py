"""Answers an error of ours on every page and door: what the person can do, and nothing of the error itself."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from pages.headers import with_response_headers
from pages.problems import RefusalResponder
from pages.refusal_handlers import record_refusal
from pages.refusals import Refused

# Time after which a request may succeed that failed because of an error of ours.
_RETRY_AFTER_SECONDS = 60


def install_unexpected_handler(app: FastAPI, responder: RefusalResponder) -> None:
    """Make `app` answer an unexpected error with 500 and the security headers, and count it."""

    async def answer_unexpected(request: Request, _error: Exception) -> Response:
        """Answer. Starlette sends this response outside of the middleware that adds headers."""
        refused = Refused("unexpected", retry_after=_RETRY_AFTER_SECONDS)
        record_refusal(request, refused)
        response = responder.response(request.scope, refused)
        response.raw_headers = with_response_headers(response.raw_headers)
        return response

    app.add_exception_handler(Exception, answer_unexpected)
