"""Replies on X: under the post that mentioned us, or by direct message to a sender who asked for secrecy.

Also the meaning of X's errors for a reply. X takes no idempotency key: a reply that may have been posted is never
posted again.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import requests
import tweepy

from sinks.replies.providers.provider import (
    OutcomeUnknown,
    OutgoingReply,
    PermanentFailure,
    ReplyWithheld,
    RetryLater,
    is_unsent,
)

# tweepy has this host hard-coded.
_HOST = "https://api.twitter.com"
# To connect, and between two parts of an answer.
_TIMEOUT_SECONDS = (5.0, 30.0)
# Wait after an error that an operator must fix first, and at a limit whose end X does not name (the monthly one).
_OPERATOR_ERROR_SECONDS = 900.0
_OPERATOR_STATUSES = {401, 402}
# Types of the 403 errors that are the operator's: see X, “Response codes and errors”.
_OPERATOR_PROBLEMS = ("/client-forbidden", "/oauth1-permissions", "/unsupported-authentication", "/usage-capped")
# X's clock and ours may differ.
_CLOCK_DIFFERENCE_SECONDS = 1.0


class XReplies:
    """Provider of replies on X.

    `secret` is the answer to senders who asked for anonim or rahasia: `none`, or a direct `message`.
    """

    repeatable = False

    def __init__(
        self,
        base_url: str,
        consumer: tuple[str, str],
        access: tuple[str, str],
        secret: Literal["none", "message"],
        now: Callable[[], datetime],
        timeout: tuple[float, float] = _TIMEOUT_SECONDS,
    ) -> None:
        self._client = tweepy.Client(
            consumer_key=consumer[0],
            consumer_secret=consumer[1],
            access_token=access[0],
            access_token_secret=access[1],
            return_type=requests.Response,
        )
        self._client.session = _Session(base_url.rstrip("/"), timeout, now)
        self._secret = secret

    def address(self, reply: OutgoingReply) -> str:
        """Return the post, or the account of a sender who asked for secrecy.

        A public reply would show everybody that the sender complained. Raises `ReplyWithheld`.
        """
        if not reply.secret:
            if not reply.contact.post:
                raise ReplyWithheld("no_post")
            return f"post:{reply.contact.post}"
        if self._secret == "none" or not reply.contact.account:  # noqa: S105 - a setting's value
            raise ReplyWithheld("secret")
        return f"x:{reply.contact.account}"

    def deliver(self, reply: OutgoingReply) -> str:
        """Send; see `ReplyProvider`."""
        try:
            if reply.secret:
                response = self._client.create_direct_message(participant_id=reply.contact.account, text=reply.text)
            else:
                response = self._client.create_tweet(text=reply.text, in_reply_to_tweet_id=reply.contact.post)
            data = response.json()["data"]
            return str(data["dm_event_id" if reply.secret else "id"])
        except requests.JSONDecodeError:
            raise OutcomeUnknown("not_json") from None
        except requests.RequestException as error:
            if is_unsent(error):
                raise RetryLater(type(error).__name__) from None
            raise OutcomeUnknown(type(error).__name__) from None
        except (KeyError, TypeError):
            raise OutcomeUnknown("no_id") from None


class _Session(requests.Session):
    """HTTP session of tweepy's client with our base URL (signed for), a timeout on every request and typed errors.

    tweepy assumes that an error's body is an object and that a reset header is a number; both may be false.
    """

    def __init__(self, base_url: str, timeout: tuple[float, float], now: Callable[[], datetime]) -> None:
        super().__init__()
        self._base_url = base_url
        self._timeout = timeout
        self._now = now

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        target = str(url).replace(_HOST, self._base_url, 1)
        options = {**kwargs, "timeout": self._timeout, "allow_redirects": False}
        response = super().request(method, target, *args, **options)
        if not response.ok or response.is_redirect:
            raise _reply_error(response, self._now())
        return response


def _reply_error(response: requests.Response, now: datetime) -> RetryLater | PermanentFailure | OutcomeUnknown:
    """Return the meaning of one of X's errors for a reply."""
    status = response.status_code
    if status == requests.codes.too_many_requests:
        return RetryLater("rate_limited", _seconds_until_reset(response.headers.get("x-rate-limit-reset", ""), now))
    if _is_operator_error(response):
        return RetryLater(f"http_{status}", _OPERATOR_ERROR_SECONDS)
    if status == requests.codes.service_unavailable:
        return RetryLater("http_503")
    if status >= requests.codes.server_error:
        return OutcomeUnknown(f"http_{status}")
    return PermanentFailure(f"http_{status}")


def _is_operator_error(response: requests.Response) -> bool:
    return (
        response.status_code in _OPERATOR_STATUSES
        or response.is_redirect
        or _problem_type(response).endswith(_OPERATOR_PROBLEMS)
    )


def _seconds_until_reset(reset: str, now: datetime) -> float:
    if not (reset.isascii() and reset.isdigit()):
        return _OPERATOR_ERROR_SECONDS
    return min(max(float(reset) - now.timestamp(), 0.0) + _CLOCK_DIFFERENCE_SECONDS, _OPERATOR_ERROR_SECONDS)


def _problem_type(response: requests.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return ""
    return str(body.get("type", "")) if isinstance(body, dict) else ""
