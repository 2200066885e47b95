"""The SMS door's address: `POST /sms/twilio`.

Twilio waits 15 s for all of it: 3 s are for pictures, what the producer takes is for the bus, 2 s for the answer.
"""

from functools import partial
from typing import Any

import anyio
import structlog
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from twilio.twiml.messaging_response import MessagingResponse

from ingest.arrival import Arrival, Refused
from ingest.http.gate import Gate
from ingest.http.problems import documented_refusals
from ingest.sms.adapter import Held, Sms, SmsAdapter
from ingest.sms.media import MediaFetcher
from ingest.sms_acknowledgement import SmsAcknowledgements, immediate_acknowledgement
from ingest.wrap import accepted_record, quarantine_record
from messages.shapes import RawMessage

_FIELDS = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("MessageSid", "AccountSid", "From", "To", "Body", "NumMedia")},
    "required": ["MessageSid", "From"],
}
# For the OpenAPI document: see Twilio, "Messaging webhooks".
_REQUEST: dict[str, Any] = {
    "parameters": [
        {
            "name": "X-Twilio-Signature",
            "in": "header",
            "required": True,
            "description": "Made by Twilio with the account's token; without a true one the message is kept aside.",
            "schema": {"type": "string"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": _FIELDS} for kind in ("application/x-www-form-urlencoded", "application/json")},
    },
}
# Of the door's patience with its own database, in seconds.
_ANSWER_SECONDS = 2.0

_log = structlog.get_logger()


class Twiml(Response):
    """What Twilio reads."""

    media_type = "application/xml"


class SmsDoor:
    """Answers with TwiML: an SMS of one segment, or none. `patience` is in seconds, for what an answer looks up."""

    def __init__(
        self,
        gate: Gate,
        adapter: SmsAdapter,
        media: MediaFetcher,
        answers: SmsAcknowledgements,
        patience: float = _ANSWER_SECONDS,
    ) -> None:
        self._gate = gate
        self._adapter = adapter
        self._media = media
        self._answers = answers
        self._patience = patience

    def routes(self) -> APIRouter:
        """The addresses to serve."""
        router = APIRouter(tags=["sms"])
        router.add_api_route(
            "/sms/twilio",
            self.message,
            methods=["POST"],
            response_class=Twiml,
            responses=documented_refusals(400, 403, 413, 429, 503),
            openapi_extra=_REQUEST,
        )
        return router

    async def message(self, request: Request) -> Response:
        """Take an SMS; one that is not proven to be Twilio's is kept in quarantine and refused (403)."""
        arrival = await self._gate.read_arrival(request)
        found = self._adapter.accept(arrival)
        if isinstance(found, Held):
            await self._hold(arrival, found)
            raise Refused(found.reason)
        raw = await self._with_pictures(found)
        await self._gate.publish(accepted_record(raw))
        return twiml(await self._answer(raw, found))

    async def _hold(self, arrival: Arrival, found: Held) -> None:
        """Keep it aside. Raises `Refused` (429) where one address would fill the quarantine: then nothing is kept."""
        if found.reason != "malformed":
            self._gate.check_rate("sms-unsigned", arrival.address)
        await self._gate.publish(quarantine_record(found.raw, found.reason))
        _log.warning("sms.quarantined", message_id=str(found.raw.id), reason=found.reason)

    async def _with_pictures(self, sms: Sms) -> RawMessage:
        if not sms.pictures:
            return sms.raw
        fetch = partial(self._media.fetch, sms.media, sms.account, sms.token, sms.raw.at)
        found = await run_in_threadpool(fetch)
        return sms.raw.model_copy(update={"attachments": found.attachments, "unfetched": sms.pictures - found.pictures})

    async def _answer(self, raw: RawMessage, sms: Sms) -> str:
        """The message is kept: whatever the database does now, Twilio gets its answer in time."""
        if sms.said is None:
            return ""
        with anyio.move_on_after(self._patience):
            return await run_sync(self._answers.text_for, raw, sms.said, abandon_on_cancel=True)
        _log.warning("sms.answered_blindly", message_id=str(raw.id))
        return immediate_acknowledgement(raw.tracking, sms.said)


def twiml(says: str) -> Response:
    """Twilio's answer; without words, none is sent to the citizen."""
    answer = MessagingResponse()
    if says:
        answer.message(says)
    return Twiml(str(answer))
