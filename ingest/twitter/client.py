"""X's mentions through tweepy, with what tweepy leaves out: a deadline, another host, and one kind of error."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeGuard

import requests
import tweepy
from requests.adapters import HTTPAdapter

# tweepy has this host written into it; the adapter below is mounted on it.
_HOST = "https://api.twitter.com"
# To connect, and between two pieces of an answer.
_TIMEOUT_SECONDS = (5.0, 30.0)
_FIELDS = [
    "author_id", "conversation_id", "created_at", "edit_history_tweet_ids", "entities", "geo", "in_reply_to_user_id",
    "lang", "note_tweet", "referenced_tweets",
]  # fmt: skip


class XAway(Exception):
    """X did not give a page. `reset` is when it will again (seconds since 1970), or `None` where it does not say."""

    def __init__(self, cause: str, reset: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.reset = reset


class Mentions(Protocol):
    """Where pages of mentions come from."""

    def page(self, since_id: str | None, token: str | None) -> Mapping[str, Any]:
        """One page, newest first, as X's JSON. Raises `XAway`."""
        ...


class XMentions:
    """`base_url` is X itself or whatever speaks its protocol; `timeout` is in seconds, to connect and to read."""

    def __init__(
        self, base_url: str, bearer_token: str, account: str, timeout: tuple[float, float] = _TIMEOUT_SECONDS
    ) -> None:
        self._account = account
        # wait_on_rate_limit stays off: without a reset header it asks again at once, for ever.
        self._client = tweepy.Client(bearer_token, return_type=requests.Response, wait_on_rate_limit=False)
        self._client.session.mount(_HOST, _Rebased(base_url, timeout))

    def page(self, since_id: str | None, token: str | None) -> Mapping[str, Any]:
        """See `Mentions`."""
        try:
            response = self._client.get_users_mentions(
                self._account, max_results=100, since_id=since_id, pagination_token=token, tweet_fields=_FIELDS
            )
            page = response.json()
        except tweepy.TooManyRequests as error:
            # A monthly cap is a 429 too, without a reset; a minute's wait then costs nothing.
            raise XAway("rate_limited", error.reset_time) from error
        except tweepy.HTTPException as error:
            raise XAway(f"http_{error.response.status_code}") from error
        except (requests.RequestException, ValueError, RecursionError, tweepy.TweepyException) as error:
            raise XAway(type(error).__name__) from error
        except (AttributeError, TypeError) as error:
            # tweepy takes it for granted that an error's body, where it is JSON, is an object of X's.
            raise XAway("not_an_error_of_x") from error
        if not _is_page(page):
            raise XAway("not_a_page")
        return page


def _is_page(page: object) -> TypeGuard[Mapping[str, Any]]:
    """A page has posts, or says that it has none; else what looks like the last page may be no page at all."""
    if not isinstance(page, dict) or not isinstance(meta := page.get("meta", {}), dict):
        return False
    posts = page.get("data", [] if "result_count" in meta else None)
    return isinstance(posts, list) and isinstance(meta.get("next_token"), str | None)


class _Rebased(HTTPAdapter):
    """Sends what is meant for tweepy's host to ours, and never without a deadline."""

    def __init__(self, base_url: str, timeout: tuple[float, float]) -> None:
        self._base_url = base_url
        self._timeout = timeout
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """See `HTTPAdapter.send`."""
        request.url = (request.url or "").replace(_HOST, self._base_url, 1)
        kwargs["timeout"] = self._timeout
        # The proxies in it were chosen for tweepy's host, and ours may be one that no proxy reaches.
        kwargs["proxies"] = requests.utils.get_environ_proxies(request.url)
        return super().send(request, *args, **kwargs)
