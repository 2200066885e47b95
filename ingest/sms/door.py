"""SMS door for Twilio: `POST /sms/twilio`.

Twilio waits 15 s for the answer. At most 3 s are used for pictures, 3 s for the bus and 2 s for the acknowledgement.
"""

from functools import partial
from typing import Any

import anyio
import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from twilio.twiml.messaging_response import MessagingResponse

from ingest.arrival import Arrival
from ingest.http.direct_routes import DirectAPIRoute
from ingest.http.gate import MAX_BODY_BYTES, Gate
from ingest.sms.adapter import SIGNATURE, QuarantinedSms, Sms, SmsAdapter
from ingest.sms.media import MediaFetcher
from ingest.sms_acknowledgement import SmsAcknowledgements
from ingest.wrap import OpenMessage, quarantine_record
from messages.shapes import RawMessage
from pages.problems import documented_refusals
from pages.refusals import Refused
from pages.sizes import readable_size

_FIELDS = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("MessageSid", "AccountSid", "From", "To", "Body", "NumMedia")},
    "required": ["MessageSid", "From", "To", "Body"],
}
# For the OpenAPI document: see Twilio, "Messaging webhooks".
_REQUEST: dict[str, Any] = {
    "parameters": [
        {
            "name": "X-Twilio-Signature",
            "in": "header",
            "required": True,
            "description": "Twilio's signature with the account's token. Without it the message is quarantined.",
            "schema": {"type": "string"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            content_type: {"schema": _FIELDS}
            for content_type in ("application/x-www-form-urlencoded", "application/json")
        },
    },
}
# Limit of a message that Twilio did not sign. A signed one has 1,600 characters of text and ten addresses at most: some
# 30 KB, for which the gate's own limit leaves room.
_MAX_UNSIGNED_BYTES = 16_000
_BYTES_PER_KB = 1_000
# Acknowledgements that are looked up at once. Each reads the message, so more of them would only take the interpreter
# from each other and from the event loop.
_LOOKUPS_AT_ONCE = 4
# Time for the database, in seconds.
_ACKNOWLEDGEMENT_SECONDS = 2.0

_log = structlog.get_logger()


class Twiml(Response):
    """Response in TwiML, the XML that Twilio reads."""

    media_type = "application/xml"


class SmsDoor:
    """Answers with TwiML: an SMS of one segment, or none.

    `timeout` is the time in seconds for the database lookups of an acknowledgement.
    """

    def __init__(
        self,
        gate: Gate,
        adapter: SmsAdapter,
        media: MediaFetcher,
        acknowledgements: SmsAcknowledgements,
        timeout: float = _ACKNOWLEDGEMENT_SECONDS,
    ) -> None:
        self._gate = gate
        self._adapter = adapter
        self._media = media
        self._acknowledgements = acknowledgements
        self._timeout = timeout
        self._lookup_threads = CapacityLimiter(_LOOKUPS_AT_ONCE)

    def routes(self) -> APIRouter:
        """Return the routes of this door."""
        router = APIRouter(tags=["sms"], route_class=DirectAPIRoute)
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
        """Accept an SMS. Quarantine and refuse (403) a message without proof that Twilio sent it."""
        max_bytes = MAX_BODY_BYTES if SIGNATURE in request.headers else _MAX_UNSIGNED_BYTES
        arrival = await self._gate.read_arrival(request, max_bytes)
        sms = await self._gate.read(self._adapter.accept, arrival)
        if isinstance(sms, QuarantinedSms):
            await self._quarantine(arrival, sms)
            raise Refused(sms.reason)
        message = await self._with_pictures(sms)
        await self._gate.accept(message)
        return twiml(await self._acknowledgement(message.raw, sms))

    async def _quarantine(self, arrival: Arrival, sms: QuarantinedSms) -> None:
        """Quarantine a message.

        Raises `Refused` if an unsigned message is too large (413), or one address sends too many or too much, or all
        addresses together do (429). Then nothing is stored.
        """
        if sms.reason != "malformed":
            if len(arrival.body) > _MAX_UNSIGNED_BYTES:
                raise Refused("too_large", limit=readable_size(_MAX_UNSIGNED_BYTES))
            self._gate.check_rate("sms-unsigned", arrival.address)
        self._spend_budget(arrival)
        await self._gate.accept(sms.message, partial(quarantine_record, reason=sms.reason))
        _log.warning("sms.quarantined", message_id=str(sms.message.raw.id), reason=sms.reason)

    def _spend_budget(self, arrival: Arrival) -> None:
        """Count the kilobytes of a quarantined message. Raises `Refused` (429) above the budget of the day."""
        kilobytes = 1 + len(arrival.body) // _BYTES_PER_KB
        try:
            self._gate.check_rate("sms-quarantine-kb", arrival.address, kilobytes)
            self._gate.check_rate("sms-quarantine-kb-in-all", "all addresses", kilobytes)
        except Refused as refused:
            raise Refused("quarantine_full", retry_after=refused.retry_after) from refused

    async def _with_pictures(self, sms: Sms) -> OpenMessage:
        message = sms.message
        if not sms.picture_count:
            return message
        fetch = partial(self._media.fetch, sms.picture_urls, sms.account, sms.token, message.raw.at)
        fetched = await run_in_threadpool(fetch)
        unfetched = sms.picture_count - fetched.picture_count
        return message.with_fields(attachments=fetched.attachments, unfetched=unfetched)

    async def _acknowledgement(self, raw: RawMessage, sms: Sms) -> str:
        """Return the text of the acknowledgement in time for Twilio, also if the database is slow."""
        if sms.parsed is None:
            return ""
        with anyio.move_on_after(self._timeout):
            text_for = self._acknowledgements.text_for
            return await run_sync(text_for, raw, sms.parsed, abandon_on_cancel=True, limiter=self._lookup_threads)
        _log.warning("sms.acknowledged_without_lookup", message_id=str(raw.id))
        return self._acknowledgements.immediate_text(raw, sms.parsed)


def twiml(text: str) -> Response:
    """Return the TwiML for a text. An empty text sends no SMS."""
    answer = MessagingResponse()
    if text:
        answer.message(text)
    return Twiml(str(answer))
