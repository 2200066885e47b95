"""Reconciliation of the SMS that Twilio received for us with the arrivals on the bus. Missing SMS are filled in.

Twilio tries a webhook that it could not deliver once more and then drops it (its page on webhook retries); the message
stays in its list. A filled-in message has the id that its webhook would have given it: a late webhook is only another
delivery of the same message.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from app.operations.reconciliation.twilio_messages import ReceivedMessage, TwilioMessages, TwilioUnavailable
from bus.errors import Stop
from bus.port import Bus
from ingest.sms.adapter import FORM, sender_of
from ingest.sms.channel import CHANNEL
from ingest.sms.media import MediaFetcher
from ingest.wrap import Wrapper, accepted_record
from messages import topics
from messages.payloads.sms import read_picture_urls
from messages.shapes import RawMessage

# Marks a raw message whose body was made from Twilio's list and is not the webhook's bytes.
CONTENT_TYPE = f"{FORM}; source=twilio-list"
# The topic keeps a year: an older message may be deleted there, and is not missing.
_MAX_AGE = timedelta(days=300)
# Timeout of a picture. No request of a door waits for it.
PICTURE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class MissingMessages:
    """Number of messages in Twilio's list, and those that are not on the bus, oldest first."""

    listed: int
    missing: tuple[ReceivedMessage, ...]


class SmsReconciliation:
    """Finds and fills in missing SMS. `media` fetches their pictures."""

    def __init__(self, bus: Bus, wrapper: Wrapper, media: MediaFetcher, twilio: TwilioMessages) -> None:
        self._bus = bus
        self._wrapper = wrapper
        self._media = media
        self._twilio = twilio

    def find_missing(self, since: datetime, to: Sequence[str], now: datetime) -> MissingMessages:
        """Return the missing messages. Raises `TwilioUnavailable`, and `Stop` for a `since` too long ago."""
        if now - since > _MAX_AGE:
            raise Stop(f"--since is more than {_MAX_AGE.days} days ago. The bus may have deleted older messages.")
        received = {message.sid: message for message in self._twilio.received(since, to)}
        ids_on_bus = self._ids_on_bus()
        missing = [
            message
            for sid, message in received.items()
            if str(self._wrapper.message_id(CHANNEL.name, sid)) not in ids_on_bus
        ]
        return MissingMessages(len(received), tuple(sorted(missing, key=lambda message: message.at)))

    def fill_in(self, missing: Sequence[ReceivedMessage]) -> Iterator[RawMessage]:
        """Publish the missing messages one by one. Each is durable when it is yielded. Raises `Retry`."""
        with closing(self._bus.producer()) as producer:
            for message in missing:
                raw = self._raw_message(message)
                producer.publish([accepted_record(raw)])
                yield raw

    def _raw_message(self, message: ReceivedMessage) -> RawMessage:
        fields = {**message.fields, **self._media_fields(message)}
        body = urlencode(fields).encode()
        sender = sender_of(fields) if fields.get("From") else ""
        raw = self._wrapper.wrap(CHANNEL.name, message.sid, sender, body, message.at, CONTENT_TYPE, "twilio-api")
        files, media = read_picture_urls(fields)
        if not files:
            return raw
        fetched = self._media.fetch(media, self._twilio.account, self._twilio.token, message.at)
        return raw.model_copy(update={"attachments": fetched.attachments, "unfetched": files - fetched.picture_count})

    def _media_fields(self, message: ReceivedMessage) -> Mapping[str, str]:
        """Return the addresses of the message's files. If Twilio does not list them, the message has none."""
        try:
            return self._twilio.media_fields(message) if message.files else {}
        except TwilioUnavailable:
            return {}

    def _ids_on_bus(self) -> set[str]:
        with closing(self._bus.reader()) as reader:
            records = reader.read([topics.raw_topic(CHANNEL.name)])
            return {value.decode() for record in records for name, value in record.headers if name == "ce_id"}
