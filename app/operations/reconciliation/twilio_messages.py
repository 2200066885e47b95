"""Client of Twilio's list of received messages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from bus.errors import Stop

# Some versions of Twilio's API filter by day, others by time: the request is wider, and the result is filtered here.
_FILTER_MARGIN = timedelta(days=1)
_PAGE_SIZE = 500
_TIMEOUT_SECONDS = 30.0

T = TypeVar("T")


class TwilioUnavailable(Exception):
    """Twilio returned no list. The text is its HTTP status or the error."""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """Received message of Twilio's list, with the fields of its webhook and the number of its files."""

    sid: str
    at: datetime
    fields: Mapping[str, str]
    files: int


class TwilioMessages:
    """Twilio's Messages resource, read with the first valid token of `tokens`. `base_url` may be a stand-in.

    Every method raises `TwilioUnavailable`.
    """

    def __init__(self, base_url: str, account: str, tokens: Sequence[str]) -> None:
        if not account:
            raise Stop("SATUPINTU_TWILIO_ACCOUNT_SID is not set. Set the account whose messages are to be listed.")
        self.account = account
        self._base_url = base_url
        self._tokens = list(tokens)

    @property
    def token(self) -> str:
        """Token in use."""
        return self._tokens[0]

    def received(self, since: datetime, to: Sequence[str]) -> list[ReceivedMessage]:
        """Return the messages received since a time at these numbers; without numbers, at all of the account.

        The numbers of a Messaging Service are numbers of the account.
        """
        return [
            message for number in to or ("",) for message in self._request(partial(_received_messages, since, number))
        ]

    def media_fields(self, message: ReceivedMessage) -> dict[str, str]:
        """Return the fields with which a webhook names a message's files."""
        fields: dict[str, str] = {}
        for index, (uri, content_type) in enumerate(self._request(partial(_media_files, message.sid))):
            fields[f"MediaUrl{index}"] = f"{self._base_url}{uri.removesuffix('.json')}"
            fields[f"MediaContentType{index}"] = content_type
        return fields

    def _request(self, call: Callable[[Client], list[T]]) -> list[T]:
        client = Client(self.account, self.token, http_client=TwilioHttpClient(timeout=_TIMEOUT_SECONDS))
        client.api.base_url = self._base_url
        try:
            return call(client)
        except (TwilioException, requests.RequestException, ValueError, LookupError) as error:
            status = _http_status(error)
            if status == requests.codes.unauthorized and len(self._tokens) > 1:
                # During a change of tokens either one may be valid.
                del self._tokens[0]
                return self._request(call)
            raise TwilioUnavailable(f"HTTP {status}" if status else type(error).__name__) from error


def _http_status(error: Exception) -> int | None:
    """Return the status of Twilio's answer; its library stores it in one of two places."""
    status = getattr(error, "status", None) or getattr(error.args[-1] if error.args else None, "status_code", None)
    return status if isinstance(status, int) else None


def _received_messages(since: datetime, number: str, client: Client) -> list[ReceivedMessage]:
    number_filter = {"to": number} if number else {}
    sent_after = since.astimezone(UTC) - _FILTER_MARGIN
    instances = client.messages.stream(date_sent_after=sent_after, page_size=_PAGE_SIZE, **number_filter)
    messages = map(_received_message, instances)
    return [message for message in messages if message and message.at >= since]


def _received_message(instance: MessageInstance) -> ReceivedMessage | None:
    """Return the message; `None` for one that we sent, and for one without a time yet."""
    at = instance.date_sent or instance.date_created
    if instance.direction != "inbound" or at is None:
        return None
    files = int(instance.num_media or 0)
    fields = {
        "MessageSid": instance.sid,
        "SmsSid": instance.sid,
        "AccountSid": instance.account_sid,
        "MessagingServiceSid": instance.messaging_service_sid,
        "From": instance.from_,
        "To": instance.to,
        "Body": instance.body or "",
        "NumSegments": instance.num_segments,
        "NumMedia": str(files),
        "ApiVersion": instance.api_version,
    }
    present_fields = {name: str(value) for name, value in fields.items() if value is not None}
    return ReceivedMessage(str(instance.sid), at, present_fields, files)


def _media_files(sid: str, client: Client) -> list[tuple[str, str]]:
    return [(str(file.uri), str(file.content_type)) for file in client.messages(sid).media.stream()]
