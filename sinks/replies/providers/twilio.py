"""SMS through Twilio's API, and what its errors mean for a reply.

Twilio takes no idempotency key. A 429 was never processed (its page on error 20429). After an error of its own (5xx)
it is asked first whether it has the message. An answer that never came is unknown, and the message is not sent again:
the sender has the number, and a second SMS is worse than a missing note.
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
from sinks.replies.providers.provider import Later, Letter, Never, Unknown, Withheld, never_left, seconds_in

_TIMEOUT_SECONDS = 15.0
# What a person must mend first: wrong credentials, a wrong From, a wrong callback address.
_OURS_SECONDS = 900.0
_OURS = {20003, 20005, 20006, 20404, 21212, 21603, 21606, 21609, 21611, 21659, 21660, 21661, 21701, 21703, 21705}
# The receiver's: not a number, not a mobile one, not reachable, in a country that is not enabled, opted out.
_RECEIVERS = {21211, 21214, 21217, 21408, 21610, 21612, 21614, 21635}
_TOO_MANY, _LOWEST_FAULT = 429, 500
# How many messages to a number are looked through for one that may have been taken.
_LOOK_BACK = 20

T = TypeVar("T")


class TwilioSms:
    """`sender` is a number or a messaging service's id (`MG…`); `base_url` is empty for Twilio itself.

    `callback` gives the address where Twilio tells what became of a reply; empty where it can't reach us.
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
        service = sender.startswith("MG")
        self._from = {"messaging_service_sid": sender} if service else {"from_": sender}
        self._callback = callback

    def address(self, letter: Letter) -> str:
        """The number; what is none (`BANK`, a short code) can't be written to."""
        phone = letter.contact.phone
        if not phone.startswith("+"):
            raise Withheld("no_number")
        return f"tel:{phone}"

    def deliver(self, letter: Letter) -> str:
        """See `Way`."""
        if letter.attempts and (taken := self._taken(letter)):
            return taken
        callback = self._callback(letter.id)
        extra = {"status_callback": callback} if callback else {}
        message = _asked(
            lambda: self._client.messages.create(to=letter.contact.phone, body=letter.text, **self._from, **extra),
            sends=True,
        )
        return str(message.sid)

    def _taken(self, letter: Letter) -> str | None:
        """The id of this very reply, if Twilio has it: its text holds the tracking number, and is no other's."""
        found = _asked(lambda: self._client.messages.list(to=letter.contact.phone, limit=_LOOK_BACK), sends=False)
        # A trial account puts words of its own before ours.
        return next((str(message.sid) for message in found if str(message.body).endswith(letter.text)), None)


class _Http(TwilioHttpClient):  # type: ignore[misc]  # comes without types
    """Twilio's exceptions don't carry Retry-After: a 429 is answered here. And its log would name whom we write to."""

    def log_request(self, kwargs: dict[str, Any]) -> None:
        pass

    def log_response(self, status_code: int, response: Any) -> None:
        pass

    def request(self, *args: Any, **kwargs: Any) -> Response:
        response = super().request(*args, **kwargs)
        if response.status_code == _TOO_MANY:
            raise Later("rate_limited", seconds_in(response.headers.get("Retry-After")))
        return response


def _asked(call: Callable[[], T], *, sends: bool) -> T:
    """What Twilio answers. Raises as `Way.deliver` does; `sends`: whether the call may have had an effect."""
    try:
        return call()
    except TwilioException as error:
        raise _meaning(error) from None
    except requests.RequestException as error:
        if sends and not never_left(error):
            raise Unknown(type(error).__name__) from None
        raise Later(type(error).__name__) from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        # A 2xx whose body is not what it should be: it was taken.
        if sends:
            raise Unknown("not_a_message") from error
        raise Later("not_a_list") from error


def _meaning(error: Any) -> Later | Never:
    """What an error of Twilio's API means; both kinds of its exceptions have a status and a code."""
    status, code = int(getattr(error, "status", 0) or 0), int(getattr(error, "code", 0) or 0)
    if code in _RECEIVERS:
        return Never(str(code), "opted_out" if str(code) == OPTED_OUT else "")
    if status == _TOO_MANY:
        return Later("rate_limited")
    if status >= _LOWEST_FAULT:
        return Later(f"http_{status}")
    if code in _OURS or status in {401, 403, 404}:
        return Later(f"twilio_{code}", _OURS_SECONDS)
    return Never(str(code))
