"""Compares what Twilio received for us with what the bus has, and fills the gap.

A webhook that Twilio could not deliver is tried once more and then dropped (its page on webhook retries); the message
stays in its list. What is filled has the id that its webhook would have given it: a late one is delivered again only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from bus.errors import Stop
from bus.port import Bus
from ingest.sms.adapter import FORM, sender_of
from ingest.sms.channel import CHANNEL
from ingest.sms.media import MediaFetcher
from ingest.wrap import Wrapper, accepted_record
from messages import ids, topics
from messages.shapes import RawMessage
from messages.sms import read_picture_urls

# Says in the raw message that the body is not Twilio's bytes, but made from its list.
CONTENT_TYPE = f"{FORM}; source=twilio-list"
# The topic keeps a year: what is older than this may be there no more, and is not missing.
_OLDEST = timedelta(days=300)
# Twilio's filter knows days in some versions of its API, and moments in others: asked wider, then looked at here.
_WIDER = timedelta(days=1)
_PAGE = 500
_TIMEOUT_SECONDS = 30.0
# Nobody waits at a door here.
PICTURE_SECONDS = 60.0

T = TypeVar("T")


class TwilioAway(Exception):
    """Twilio gave no list; the text says what it said instead."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An inbound message of Twilio's list, with the fields that its webhook had; `files` came with it."""

    sid: str
    at: datetime
    fields: Mapping[str, str]
    files: int


@dataclass(frozen=True, slots=True)
class Gap:
    """How many messages Twilio has, and which of them the bus has not, oldest first."""

    listed: int
    missing: tuple[Listed, ...]


class TwilioList:
    """Twilio's Messages, read with the first of `tokens` that opens them. `base_url` is its API, or a stand-in.

    Every method raises `TwilioAway`.
    """

    def __init__(self, base_url: str, account: str, tokens: Sequence[str]) -> None:
        if not account:
            raise Stop("SATUPINTU_TWILIO_ACCOUNT_SID is needed: whose messages are to be listed?")
        self.account = account
        self._base_url = base_url
        self._tokens = list(tokens)

    @property
    def token(self) -> str:
        """The token in use."""
        return self._tokens[0]

    def inbound(self, since: datetime, to: Sequence[str]) -> list[Listed]:
        """What was received since then at these numbers; without any, at all of the account's.

        The numbers of a Messaging Service are numbers of the account.
        """
        return [found for number in to or ("",) for found in self._ask(partial(_inbound, since, number))]

    def media(self, listed: Listed) -> dict[str, str]:
        """The fields with which a webhook names the files of a message."""
        fields: dict[str, str] = {}
        for number, (uri, kind) in enumerate(self._ask(partial(_media, listed.sid))):
            fields[f"MediaUrl{number}"] = f"{self._base_url}{uri.removesuffix('.json')}"
            fields[f"MediaContentType{number}"] = kind
        return fields

    def _ask(self, question: Callable[[Client], list[T]]) -> list[T]:
        client = Client(self.account, self.token, http_client=TwilioHttpClient(timeout=_TIMEOUT_SECONDS))
        client.api.base_url = self._base_url
        try:
            return question(client)
        except (TwilioException, requests.RequestException, ValueError, LookupError) as error:
            status = _status(error)
            if status == requests.codes.unauthorized and len(self._tokens) > 1:
                # While tokens are changed, either may be the one that opens.
                del self._tokens[0]
                return self._ask(question)
            raise TwilioAway(f"HTTP {status}" if status else type(error).__name__) from error


def _status(error: Exception) -> int | None:
    """What Twilio answered; its library says it in one of two places."""
    found = getattr(error, "status", None) or getattr(error.args[-1] if error.args else None, "status_code", None)
    return found if isinstance(found, int) else None


def _inbound(since: datetime, number: str, client: Client) -> list[Listed]:
    chosen = {"to": number} if number else {}
    after = since.astimezone(UTC) - _WIDER
    listed = client.messages.stream(date_sent_after=after, page_size=_PAGE, **chosen)
    return [found for message in listed if (found := _read(message)) and found.at >= since]


def _read(message: MessageInstance) -> Listed | None:
    """`None` of what we sent, and of what has no time yet."""
    at = message.date_sent or message.date_created
    if message.direction != "inbound" or at is None:
        return None
    files = int(message.num_media or 0)
    fields = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "AccountSid": message.account_sid,
        "MessagingServiceSid": message.messaging_service_sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body or "",
        "NumSegments": message.num_segments,
        "NumMedia": str(files),
        "ApiVersion": message.api_version,
    }
    said = {name: str(value) for name, value in fields.items() if value is not None}
    return Listed(str(message.sid), at, said, files)


def _media(sid: str, client: Client) -> list[tuple[str, str]]:
    return [(str(file.uri), str(file.content_type)) for file in client.messages(sid).media.stream()]


class Reconciler:
    """`media` fetches the pictures that came with what is filled."""

    def __init__(self, bus: Bus, wrapper: Wrapper, media: MediaFetcher, twilio: TwilioList) -> None:
        self._bus = bus
        self._wrapper = wrapper
        self._media = media
        self._twilio = twilio

    def gap(self, since: datetime, to: Sequence[str], now: datetime) -> Gap:
        """What is missing. Raises `TwilioAway`, and `Stop` on a `since` too long ago."""
        if now - since > _OLDEST:
            raise Stop(f"--since is more than {_OLDEST.days} days ago: the bus may have forgotten what it had by then")
        listed = {found.sid: found for found in self._twilio.inbound(since, to)}
        here = self._here()
        missing = [found for sid, found in listed.items() if str(ids.message_id(CHANNEL.name, sid)) not in here]
        return Gap(len(listed), tuple(sorted(missing, key=lambda found: found.at)))

    def fill(self, gap: Gap) -> Iterator[RawMessage]:
        """Publish what is missing, one by one; each is durable when it is yielded. Raises `Retry`."""
        producer = self._bus.producer()
        try:
            for listed in gap.missing:
                raw = self._raw(listed)
                producer.publish([accepted_record(raw)])
                yield raw
        finally:
            producer.close()

    def _raw(self, listed: Listed) -> RawMessage:
        fields = {**listed.fields, **self._files(listed)}
        body = urlencode(fields).encode()
        sender = sender_of(fields) if fields.get("From") else ""
        raw = self._wrapper.wrap(CHANNEL.name, listed.sid, sender, body, listed.at, CONTENT_TYPE, "twilio-api")
        files, media = read_picture_urls(fields)
        if not files:
            return raw
        found = self._media.fetch(media, self._twilio.account, self._twilio.token, listed.at)
        return raw.model_copy(update={"attachments": found.attachments, "unfetched": files - found.pictures})

    def _files(self, listed: Listed) -> Mapping[str, str]:
        """Where its files are; where Twilio does not say, the message goes without them."""
        try:
            return self._twilio.media(listed) if listed.files else {}
        except TwilioAway:
            return {}

    def _here(self) -> set[str]:
        """The ids of what arrived by SMS."""
        reader = self._bus.reader()
        try:
            records = reader.read([topics.raw_topic(CHANNEL.name)])
            return {value.decode() for record in records for name, value in record.headers if name == "ce_id"}
        finally:
            reader.close()
