"""Endpoint for Twilio's delivery statuses of SMS. It verifies each status and stores it if it is later."""

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from starlette.responses import Response
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator

from pages.clients import client_address
from sinks.replies.outbox import ReplyOutbox

PATH = "/sms/twilio/status"
_SIGNATURE = "x-twilio-signature"
# Twilio sends a few hundred bytes.
_MAX_BYTES = 16_000
# Twilio sends some 15 fields. Checking the signature of thousands takes seconds.
_MAX_FIELDS = 200
# Twilio's ids have 34 characters.
_MAX_ID_LENGTH = 64

# Counts one request of an address. Raises an error that the HTTP server answers with 429 above the limit.
CheckRate = Callable[[str], None]
# Takes the path with its query, the form's fields and the signature; returns True if the request is Twilio's.
Verify = Callable[[str, ImmutableMultiDict[str, str], str], bool]

_log = structlog.get_logger()


def callback_for(reached_at: str, reply_id: UUID) -> str:
    """Return the callback address of one reply. Twilio signs it, and its id is known before Twilio's own id."""
    return f"{reached_at}{PATH}?reply={reply_id}"


def signed_by(reached_at: str, tokens: Sequence[str], shared_keys: Sequence[str] = ()) -> Verify:
    """Return a check of signatures over the public address, made by any token (SHA-1) or shared key (SHA-256)."""
    validators = [
        *((RequestValidator(token), HMAC_SHA1) for token in tokens),
        *((RequestValidator(key), HMAC_SHA256) for key in shared_keys),
    ]

    def verify(target: str, fields: ImmutableMultiDict[str, str], signature: str) -> bool:
        return any(
            validator.validate(reached_at + target, fields, signature, algorithm) for validator, algorithm in validators
        )

    return verify


class StatusCallback:
    """Endpoint of the status callback. It answers 204 to every request of Twilio's, because a retry would not help."""

    def __init__(
        self, outbox: ReplyOutbox, verify: Verify, check_unsigned_rate: CheckRate, now: Callable[[], datetime]
    ) -> None:
        self._outbox = outbox
        self._check_unsigned_rate = check_unsigned_rate
        self._verify = verify
        self._now = now

    def routes(self) -> APIRouter:
        """Return the routes of this endpoint."""
        router = APIRouter(tags=["sms"])
        router.add_api_route(PATH, self.status, methods=["POST"], status_code=204)
        return router

    async def status(self, request: Request) -> Response:
        """Receive the status of a reply. Returns 403 without a valid signature and 413 for a body over the limit.

        Unsigned requests above the rate of their address get 429, and are not logged.
        """
        if _SIGNATURE not in request.headers:
            return self._reject(request)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_BYTES:
                return Response(status_code=413)
        # Blank fields are signed too: without them the signature would not be valid.
        form = body.decode("utf-8", "replace")
        try:
            fields = ImmutableMultiDict(parse_qsl(form, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
        except ValueError:
            return self._reject(request)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if not self._verify(target, fields, request.headers.get(_SIGNATURE, "")):
            return self._reject(request)
        reply_id = _reply_id(request)
        if reply_id:
            await run_in_threadpool(self._record, reply_id, fields)
        return Response(status_code=204)

    def _reject(self, request: Request) -> Response:
        """Return 403 for a request that Twilio did not sign."""
        self._check_unsigned_rate(client_address(request.scope))
        _log.warning("reply_status.rejected")
        return Response(status_code=403)

    def _record(self, reply_id: UUID, fields: ImmutableMultiDict[str, str]) -> None:
        sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
        code = fields.get("ErrorCode", "")
        error = code if code.isascii() and code.isdigit() else ""
        if self._outbox.record_status(reply_id, sid[:_MAX_ID_LENGTH], status, error, self._now()):
            _log.info("reply_status.received", reply_id=str(reply_id), status=status, code=error)


def _reply_id(request: Request) -> UUID | None:
    """Return the reply id of the address; `None` if it has none."""
    try:
        return UUID(request.query_params.get("reply", ""))
    except ValueError:
        return None
