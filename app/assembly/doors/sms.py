"""Builds the HTTP doors for SMS: one for Twilio's messages, one for its delivery reports on our replies."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from app.assembly.doors.documented_responses import PROBLEM_RESPONSES
from app.assembly.doors.parts import DoorParts
from app.assembly.doors.sms_acts import Publish, coded_acts
from app.assembly.doors.sms_reading import PreviewedSms, own_page, sms_link
from app.assembly.installed_channel import HttpDoor, HttpParts, state_of
from ingest.sms.adapter import SmsAdapter
from ingest.sms.door import SmsDoor
from ingest.sms.media import MediaFetcher
from ingest.sms_acknowledgement import SmsAcknowledgements
from ingest.sms_acts import ActsUnavailable
from ingest.wrap import OpenMessage
from pages.refusals import Refused
from sinks.replies.outbox import ReplyOutbox
from sinks.replies.status_callback import StatusCallback, signed_by

# The callback answers requests that Twilio did not sign without a body.
_CALLBACK_RESPONSES: Mapping[int | str, dict[str, Any]] = {
    status: {"description": "Not Twilio's; nothing is said."} for status in (403, 413)
}


def sms_doors(parts: DoorParts, http: HttpParts) -> Iterable[HttpDoor]:
    """Return the door for Twilio's messages and the one for its delivery reports."""
    settings = parts.settings
    adapter = SmsAdapter(parts.wrapper, settings.reached_at, parts.secrets.twilio_tokens, parts.secrets.twilio_keys)
    media = MediaFetcher(settings.twilio_url, parts.attachments, parts.clock.monotonic, parts.threads.pool)
    reader = PreviewedSms(parts)
    acknowledgements = SmsAcknowledgements(
        http.store,
        partial(state_of, parts.ledger, parts.now),
        reader,
        sms_link(parts),
        has_public_view=parts.settings.public_view,
        acts=coded_acts(parts, _accepted_by(http)),
        own_page=own_page(parts),
    )
    messages = SmsDoor(http.gate, adapter, media, acknowledgements)
    signed_by_twilio = signed_by(settings.reached_at, parts.secrets.twilio_tokens, parts.secrets.twilio_keys)
    check_unsigned_rate = partial(http.gate.check_rate, "sms-status-unsigned")
    callback = StatusCallback(ReplyOutbox(parts.engine), signed_by_twilio, check_unsigned_rate, http.now)
    return (
        HttpDoor(messages.routes(), PROBLEM_RESPONSES, is_busy=True),
        HttpDoor(callback.routes(), {**PROBLEM_RESPONSES, **_CALLBACK_RESPONSES}),
    )


def _accepted_by(http: HttpParts) -> Publish:
    """Return the function by which a thread of the door makes an act durable, as every message of the door."""

    def publish(message: OpenMessage) -> None:
        try:
            http.gate.accept_in_thread(message)
        except Refused as refused:
            raise ActsUnavailable from refused

    return publish
