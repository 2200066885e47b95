"""X's mentions through tweepy, with what tweepy leaves out: a deadline, another host, and one kind of error."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, TypeGuard

import requests
import tweepy

# tweepy has this host written into it.
_HOST = "https://api.twitter.com"
# To connect, and between two pieces of an answer.
_TIMEOUT_SECONDS = (5.0, 30.0)
# X gives at most so many posts at once, and refuses to be asked for fewer than five.
MOST_AT_ONCE = 100
LEAST_AT_ONCE = 5
# What is asked for with every post. Authors and quoted posts are not: X bills them, and who they are is not asked.
FIELDS: Mapping[str, list[str]] = {
    "tweet_fields": [
        "attachments", "author_id", "conversation_id", "created_at", "edit_history_tweet_ids", "entities", "geo",
        "in_reply_to_user_id", "lang", "note_tweet", "referenced_tweets",
    ],
    "expansions": ["attachments.media_keys"],
    "media_fields": ["media_key", "preview_image_url", "type", "url"],
}  # fmt: skip


class XAway(Exception):
    """X did not give a page. `reset` is when it will again (seconds since 1970), or `None` where it does not say."""

    def __init__(self, cause: str, reset: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.reset = reset


class Mentions(Protocol):
    """Where pages of mentions come from."""

    def page(
        self, since_id: str | None, token: str | None, until_id: str | None = None, most: int = MOST_AT_ONCE
    ) -> Mapping[str, Any]:
        """Up to `most` posts after `since_id` and before `until_id`, newest first, as X's JSON. Raises `XAway`."""
        ...


class Posts(Protocol):
    """Where single posts are looked up."""

    def lookup(self, ids: Sequence[str]) -> Mapping[str, Any]:
        """X's JSON about up to 100 posts: those that are there, and an error for each that is not. Raises `XAway`."""
        ...


class Signing(NamedTuple):
    """What a request of the account itself is signed with (OAuth 1.0a)."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str


class XMentions:
    """`base_url` is X itself or whatever speaks its protocol; `timeout` is in seconds, to connect and to read.

    With `signing` mentions are read as the account that is mentioned: X bills them as its own ("owned reads").
    """

    def __init__(
        self,
        base_url: str,
        bearer_token: str,
        account: str,
        timeout: tuple[float, float] = _TIMEOUT_SECONDS,
        signing: Signing | None = None,
    ) -> None:
        self._account = account
        self._signed = signing is not None
        signed = signing._asdict() if signing else {}
        # wait_on_rate_limit stays off: without a reset header it asks again at once, for ever.
        self._client = tweepy.Client(bearer_token, **signed, return_type=requests.Response, wait_on_rate_limit=False)
        self._client.session = XSession(base_url, timeout)

    def page(
        self, since_id: str | None, token: str | None, until_id: str | None = None, most: int = MOST_AT_ONCE
    ) -> Mapping[str, Any]:
        """See `Mentions`."""
        asked = {"since_id": since_id, "until_id": until_id, "pagination_token": token, "max_results": most}
        with asking():
            answer = self._client.get_users_mentions(self._account, **asked, **FIELDS, user_auth=self._signed)
            page = answer.json()
        if not _is_page(page):
            raise XAway("not_a_page")
        return page

    def lookup(self, ids: Sequence[str]) -> Mapping[str, Any]:
        """See `Posts`."""
        with asking():
            found = self._client.get_tweets(list(ids)).json()
        if not isinstance(found, dict) or not (isinstance(found.get("data", found.get("errors")), list)):
            raise XAway("not_a_page")
        return found


@contextmanager
def asking() -> Iterator[None]:
    """Whatever tweepy, requests or X's answer raise within comes out as `XAway`."""
    try:
        yield
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


def _is_page(page: object) -> TypeGuard[Mapping[str, Any]]:
    """A page has posts, or says that it has none; else what looks like the last page may be no page at all."""
    if not isinstance(page, dict) or not isinstance(meta := page.get("meta", {}), dict):
        return False
    posts = page.get("data", [] if "result_count" in meta else None)
    return isinstance(posts, list) and isinstance(meta.get("next_token"), str | None)


class XSession(requests.Session):
    """Asks our host instead of tweepy's (signing for it), never without a deadline, and goes nowhere else."""

    def __init__(self, base_url: str, timeout: tuple[float, float]) -> None:
        super().__init__()
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """See `requests.Session.request`."""
        here = str(url).replace(_HOST, self._base_url, 1)
        return super().request(method, here, *args, **{**kwargs, "timeout": self._timeout, "allow_redirects": False})
