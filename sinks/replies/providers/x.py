"""Replies on X, under the post that mentioned us, or by message to who asked for secrecy; and what X's errors mean.

X takes no idempotency key. What may have been posted is never posted again.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import requests
import tweepy

from sinks.replies.providers.provider import Later, Letter, Never, Unknown, Withheld, never_left

# tweepy has this host written into it.
_HOST = "https://api.twitter.com"
# To connect, and between two pieces of an answer.
_TIMEOUT_SECONDS = (5.0, 30.0)
# What a person must mend first, and a limit that X sets no end to (the month's).
_LONG_SECONDS = 900.0
# Of the refusals (403) those that are ours: see X, “Response codes and errors”.
_OURS = ("/client-forbidden", "/oauth1-permissions", "/unsupported-authentication", "/usage-capped")


class XReplies:
    """`secret` says how whoever asked for anonim or rahasia is answered: not at all, or by a message to them alone."""

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

    def address(self, letter: Letter) -> str:
        """The post, or the account of who asked for secrecy: a reply would show everybody that they complained."""
        if not letter.secret:
            if not letter.contact.post:
                raise Withheld("no_post")
            return f"post:{letter.contact.post}"
        if self._secret == "none" or not letter.contact.account:  # noqa: S105 - a setting's value
            raise Withheld("secret")
        return f"x:{letter.contact.account}"

    def deliver(self, letter: Letter) -> str:
        """See `Way`."""
        try:
            if letter.secret:
                answer = self._client.create_direct_message(participant_id=letter.contact.account, text=letter.text)
            else:
                answer = self._client.create_tweet(text=letter.text, in_reply_to_tweet_id=letter.contact.post)
            data = answer.json()["data"]
            return str(data["dm_event_id" if letter.secret else "id"])
        except requests.JSONDecodeError:
            raise Unknown("not_json") from None
        except requests.RequestException as error:
            if never_left(error):
                raise Later(type(error).__name__) from None
            raise Unknown(type(error).__name__) from None
        except (KeyError, TypeError):
            raise Unknown("no_id") from None


class _Session(requests.Session):
    """Asks our host instead of tweepy's (signing for it), never without a deadline, and says what an error means.

    tweepy takes it for granted that an error's body is an object of X's, and a reset a number.
    """

    def __init__(self, base_url: str, timeout: tuple[float, float], now: Callable[[], datetime]) -> None:
        super().__init__()
        self._base_url = base_url
        self._timeout = timeout
        self._now = now

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        here = str(url).replace(_HOST, self._base_url, 1)
        bounded = {**kwargs, "timeout": self._timeout, "allow_redirects": False}
        response = super().request(method, here, *args, **bounded)
        if not response.ok or response.is_redirect:
            raise _meaning(response, self._now())
        return response


def _meaning(response: requests.Response, now: datetime) -> Later | Never | Unknown:
    """What an error of X's means for a reply."""
    status = response.status_code
    if status == requests.codes.too_many_requests:
        return Later("rate_limited", _until_reset(response.headers.get("x-rate-limit-reset", ""), now))
    if status in {401, 402} or response.is_redirect or _kind(response).endswith(_OURS):
        return Later(f"http_{status}", _LONG_SECONDS)
    if status == requests.codes.service_unavailable:
        return Later("http_503")
    return Unknown(f"http_{status}") if status >= requests.codes.server_error else Never(f"http_{status}")


def _until_reset(reset: str, now: datetime) -> float:
    """One second more: X's clock and ours need not agree."""
    if not (reset.isascii() and reset.isdigit()):
        return _LONG_SECONDS
    return min(max(float(reset) - now.timestamp(), 0.0) + 1, _LONG_SECONDS)


def _kind(response: requests.Response) -> str:
    """The problem's type, as X names it."""
    try:
        body = response.json()
    except ValueError:
        return ""
    return str(body.get("type", "")) if isinstance(body, dict) else ""
