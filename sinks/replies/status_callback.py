"""Where Twilio tells what became of an SMS: verified as its messages are, recorded, and never a step back."""

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

from sinks.replies.outbox import Outbox

PATH = "/sms/twilio/status"
_SIGNATURE = "x-twilio-signature"
# Twilio sends a few hundred bytes.
_MOST_BYTES = 16_000
# Twilio's ids have 34 characters.
_LONGEST_ID = 64

# Of the address with its query, the form's fields and the signature: whether they are Twilio's.
Verify = Callable[[str, ImmutableMultiDict[str, str], str], bool]

_log = structlog.get_logger()


def callback_for(reached_at: str, reply_id: UUID) -> str:
    """The address for one reply: its id is in what Twilio signs, and is known before Twilio's own id is."""
    return f"{reached_at}{PATH}?reply={reply_id}"


def signed_by(reached_at: str, tokens: Sequence[str], shared_keys: Sequence[str] = ()) -> Verify:
    """Holds a signature against the public address; any token (SHA-1) or shared key (SHA-256) may have made it."""
    proofs = [
        *((RequestValidator(token), HMAC_SHA1) for token in tokens),
        *((RequestValidator(key), HMAC_SHA256) for key in shared_keys),
    ]

    def verify(target: str, fields: ImmutableMultiDict[str, str], signature: str) -> bool:
        return any(proof.validate(reached_at + target, fields, signature, algorithm) for proof, algorithm in proofs)

    return verify


class StatusCallback:
    """The address and what it does. Says 204 to whatever is Twilio's: there is nothing that a retry would mend."""

    def __init__(self, outbox: Outbox, verify: Verify, now: Callable[[], datetime]) -> None:
        self._outbox = outbox
        self._verify = verify
        self._now = now

    def routes(self) -> APIRouter:
        """The addresses to serve."""
        router = APIRouter(tags=["sms"])
        router.add_api_route(PATH, self.status, methods=["POST"], status_code=204)
        return router

    async def status(self, request: Request) -> Response:
        """Take what Twilio says of a reply; 403 without a true signature, 413 for more than Twilio sends."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                return Response(status_code=413)
        # Blank fields are signed too: dropping them would make every such signature false.
        fields = ImmutableMultiDict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if not self._verify(target, fields, request.headers.get(_SIGNATURE, "")):
            _log.warning("reply.forged_status")
            return Response(status_code=403)
        reply_id = _reply_id(request)
        if reply_id:
            await run_in_threadpool(self._record, reply_id, fields)
        return Response(status_code=204)

    def _record(self, reply_id: UUID, fields: ImmutableMultiDict[str, str]) -> None:
        sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
        code = fields.get("ErrorCode", "")
        error = code if code.isascii() and code.isdigit() else ""
        if self._outbox.heard(reply_id, sid[:_LONGEST_ID], status, error, self._now()):
            _log.info("reply.status", reply_id=str(reply_id), status=status, code=error)


def _reply_id(request: Request) -> UUID | None:
    """The reply that was meant; `None` where the address names none."""
    try:
        return UUID(request.query_params.get("reply", ""))
    except ValueError:
        return None
