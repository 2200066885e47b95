"""Reads mentions and posts from X through tweepy. It adds a deadline, a configurable host and a single error type."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, TypeGuard

import requests
import tweepy

# Host that is fixed in tweepy.
_TWEEPY_HOST = "https://api.twitter.com"
# Time to connect, and time between two chunks of a response.
_TIMEOUT_SECONDS = (5.0, 30.0)
# X's limits for the number of posts on a page of mentions.
MAX_POSTS_PER_PAGE = 100
MIN_POSTS_PER_PAGE = 5
# Fields requested with every post. Authors and quoted posts are not requested: X bills them, and we do not need them.
_FIELDS: Mapping[str, list[str]] = {
    "tweet_fields": [
        "attachments", "author_id", "conversation_id", "created_at", "edit_history_tweet_ids", "entities", "geo",
        "in_reply_to_user_id", "lang", "note_tweet", "referenced_tweets",
    ],
    "expansions": ["attachments.media_keys"],
    "media_fields": ["media_key", "preview_image_url", "type", "url"],
}  # fmt: skip


class XUnavailable(Exception):
    """X did not send a valid response.

    `reset` is the time when X accepts requests again (seconds since 1970), or `None` if X does not name it.
    """

    def __init__(self, cause: str, reset: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.reset = reset


class MentionSource(Protocol):
    """Source of pages of mentions."""

    def page(
        self,
        since_id: str | None,
        token: str | None,
        until_id: str | None = None,
        max_posts: int = MAX_POSTS_PER_PAGE,
    ) -> Mapping[str, Any]:
        """Return up to `max_posts` posts after `since_id` and before `until_id`, newest first, as X's JSON.

        `token` names the page. Raises `XUnavailable`.
        """
        ...


class OAuthKeys(NamedTuple):
    """Keys that sign the requests of the account itself (OAuth 1.0a)."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str


class XClient:
    """Client of X's API. `base_url` is X or a server with the same protocol; `timeout` is seconds to connect and read.

    With `oauth_keys` it reads mentions as the mentioned account. X bills these as its own ("owned reads").
    """

    def __init__(
        self,
        base_url: str,
        bearer_token: str,
        account: str,
        timeout: tuple[float, float] = _TIMEOUT_SECONDS,
        oauth_keys: OAuthKeys | None = None,
    ) -> None:
        self._account = account
        self._signs_requests = oauth_keys is not None
        keys = oauth_keys._asdict() if oauth_keys else {}
        # wait_on_rate_limit stays off: without a reset header tweepy repeats the request at once, without end.
        self._client = tweepy.Client(bearer_token, **keys, return_type=requests.Response, wait_on_rate_limit=False)
        self._client.session = _XSession(base_url, timeout)

    def page(
        self,
        since_id: str | None,
        token: str | None,
        until_id: str | None = None,
        max_posts: int = MAX_POSTS_PER_PAGE,
    ) -> Mapping[str, Any]:
        """See `MentionSource`."""
        parameters = {
            "since_id": since_id,
            "until_id": until_id,
            "pagination_token": token,
            "max_results": max_posts,
        }
        with _raising_x_unavailable():
            response = self._client.get_users_mentions(
                self._account, **parameters, **_FIELDS, user_auth=self._signs_requests
            )
            page = response.json()
        if not _is_page(page):
            raise XUnavailable("not_a_page")
        return page

    def lookup(self, ids: Sequence[str]) -> Mapping[str, Any]:
        """Return X's JSON about up to 100 posts: the posts that exist, and an error for each that does not.

        Raises `XUnavailable`.
        """
        with _raising_x_unavailable():
            page = self._client.get_tweets(list(ids)).json()
        if not isinstance(page, dict) or not (isinstance(page.get("data", page.get("errors")), list)):
            raise XUnavailable("not_a_page")
        return page


@contextmanager
def _raising_x_unavailable() -> Iterator[None]:
    """Convert every error of tweepy, of requests and of X's response into `XUnavailable`."""
    try:
        yield
    except tweepy.TooManyRequests as error:
        # A monthly limit is also a 429, without a reset. Waiting a minute then costs nothing.
        raise XUnavailable("rate_limited", error.reset_time) from error
    except tweepy.HTTPException as error:
        raise XUnavailable(f"http_{error.response.status_code}") from error
    except (requests.RequestException, ValueError, RecursionError, tweepy.TweepyException) as error:
        raise XUnavailable(type(error).__name__) from error
    except (AttributeError, TypeError) as error:
        # tweepy assumes that the JSON body of an error is an object in X's format.
        raise XUnavailable("not_an_error_of_x") from error


def _is_page(page: object) -> TypeGuard[Mapping[str, Any]]:
    """Return True if the JSON is a page: it has posts or states that it has none.

    Without this check, an invalid response without a next token would count as the last page.
    """
    if not isinstance(page, dict) or not isinstance(meta := page.get("meta", {}), dict):
        return False
    posts = page.get("data", [] if "result_count" in meta else None)
    return isinstance(posts, list) and isinstance(meta.get("next_token"), str | None)


class _XSession(requests.Session):
    """HTTP session that replaces tweepy's host by ours before signing, always has a deadline and never redirects."""

    def __init__(self, base_url: str, timeout: tuple[float, float]) -> None:
        super().__init__()
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """See `requests.Session.request`."""
        target = str(url).replace(_TWEEPY_HOST, self._base_url, 1)
        return super().request(method, target, *args, **{**kwargs, "timeout": self._timeout, "allow_redirects": False})
