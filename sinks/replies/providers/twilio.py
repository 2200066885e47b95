"""SMS through Twilio's API, and the meaning of its errors for a reply.

Twilio takes no idempotency key. It never processed a request that it answered with 429 (its page on error 20429).
After one of its own errors (5xx) it is asked first whether it has the message. A missing answer means an unknown
outcome, and the message is not sent again: the sender has the number, and a second SMS is worse than a missing one.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from sinks.replies.outbox import OPTED_OUT
from sinks.replies.providers.provider import (
    OutcomeUnknown,
    OutgoingReply,
    PermanentFailure,
    RetryLater,
    is_unsent,
    phone_address,
    retry_after_seconds,
)

_TIMEOUT_SECONDS = 15.0
# Errors that an operator must fix first: wrong credentials, a wrong From, a wrong callback address.
_OPERATOR_CODES = {
    20003, 20005, 20006, 20404, 21212, 21603, 21606, 21609, 21611, 21659, 21660, 21661, 21701, 21703, 21705,
}  # fmt: skip
_OPERATOR_STATUSES = {401, 403, 404}
_OPERATOR_ERROR_SECONDS = 900.0
# Errors of the receiver: not a number, not mobile, not reachable, in a country that is not enabled, opted out.
_RECEIVER_CODES = {21211, 21214, 21217, 21408, 21610, 21612, 21614, 21635}
# Messages to a number that are searched for one that may have been taken.
_RECENT_MESSAGES = 20

T = TypeVar("T")


class TwilioSms:
    """Provider of SMS. `sender` is a number or a messaging service's id (`MG…`); `base_url` is empty for Twilio itself.

    `callback` returns the address to which Twilio reports a reply's status; empty if Twilio cannot reach us.
    """

    repeatable = False

    def __init__(
        self,
        account_sid: str,
        token: str,
        sender: str,
        base_url: str,
        callback: Callable[[UUID], str],
        timeout: float = _TIMEOUT_SECONDS,
    ) -> None:
        self._client = Client(account_sid, token, http_client=_Http(timeout=timeout))
        if base_url:
            self._client.api.base_url = base_url.rstrip("/")
        is_service = sender.startswith("MG")
        self._from = {"messaging_service_sid": sender} if is_service else {"from_": sender}
        self._callback = callback

    def address(self, reply: OutgoingReply) -> str:
        """Return the phone number; see `phone_address`."""
        return phone_address(reply)

    def deliver(self, reply: OutgoingReply) -> str:
        """Send; see `ReplyProvider`."""
        if reply.attempts and (earlier_sid := self._sid_of_earlier_attempt(reply)):
            return earlier_sid
        callback = self._callback(reply.id)
        options = {"status_callback": callback} if callback else {}
        message = _call_twilio(
            lambda: self._client.messages.create(to=reply.contact.phone, body=reply.text, **self._from, **options),
            sends=True,
        )
        return str(message.sid)

    def _sid_of_earlier_attempt(self, reply: OutgoingReply) -> str | None:
        """Return Twilio's id of this reply if it has it: the text is unique because it has the tracking number."""
        messages = _call_twilio(
            lambda: self._client.messages.list(to=reply.contact.phone, limit=_RECENT_MESSAGES), sends=False
        )
        # A trial account puts its own text before ours.
        return next((str(message.sid) for message in messages if str(message.body).endswith(reply.text)), None)


class _Http(TwilioHttpClient):  # type: ignore[misc]  # comes without types
    """HTTP client that reads Retry-After, which Twilio's exceptions lack. It logs nothing: a log names the receiver."""

    def log_request(self, kwargs: dict[str, Any]) -> None:
        pass

    def log_response(self, status_code: int, response: Any) -> None:
        pass

    def request(self, *args: Any, **kwargs: Any) -> Response:
        response = super().request(*args, **kwargs)
        if response.status_code == requests.codes.too_many_requests:
            raise RetryLater("rate_limited", retry_after_seconds(response.headers.get("Retry-After")))
        return response


def _call_twilio(call: Callable[[], T], *, sends: bool) -> T:
    """Return Twilio's answer. Raises as `ReplyProvider.deliver` does; `sends`: the call may have sent something."""
    try:
        return call()
    except TwilioException as error:
        raise _reply_error(error) from None
    except requests.RequestException as error:
        if sends and not is_unsent(error):
            raise OutcomeUnknown(type(error).__name__) from None
        raise RetryLater(type(error).__name__) from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        # A 2xx with an unreadable body: Twilio took the message.
        if sends:
            raise OutcomeUnknown("not_a_message") from error
        raise RetryLater("not_a_list") from error


def _reply_error(error: Any) -> RetryLater | PermanentFailure:
    """Return the meaning of an API error; both of Twilio's exception types have a status and a code."""
    status, code = int(getattr(error, "status", 0) or 0), int(getattr(error, "code", 0) or 0)
    if code in _RECEIVER_CODES:
        return PermanentFailure(str(code), "opted_out" if str(code) == OPTED_OUT else "")
    if status == requests.codes.too_many_requests:
        return RetryLater("rate_limited")
    if status >= requests.codes.server_error:
        return RetryLater(f"http_{status}")
    if code in _OPERATOR_CODES or status in _OPERATOR_STATUSES:
        return RetryLater(f"twilio_{code}", _OPERATOR_ERROR_SECONDS)
    return PermanentFailure(str(code))
