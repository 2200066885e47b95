"""Practice X: a loopback server with the part of the X API v2 that one machine, demos, replays and tests need.

`run` polls it when no token for X is set. It has no accounts and no rate limits, and nothing leaves the machine. Its
answers and errors follow X's OpenAPI document: mentions, look-ups, posting with replies and edits,
deleting. `/practice/...` is its own: the newest polled id, and recorded pages to add.
"""

import json
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.simulator.timeline import Post, Timeline
from app.threads import StartThread

__all__ = ["PracticeX", "Timeline"]

_ID = re.compile(r"[0-9]{1,19}")
# Limits of X's API.
_MAX_RESULTS = 100
_MIN_RESULTS = 5
_DEFAULT_RESULTS = 10
_PROBLEMS = "https://api.twitter.com/2/problems"


class PracticeX:
    """Serves a timeline at `url` as X does, to clients with the bearer `token`.

    A request that is signed with OAuth 1.0a comes from `account`.
    """

    def __init__(self, timeline: Timeline, url: str, token: str, account: str, start_thread: StartThread) -> None:
        self._timeline = timeline
        self._token = token
        self._account = account
        self._start_thread = start_thread
        # The highest since_id of any request: the reader has all posts up to it.
        self.polled_until = 0
        address = urlsplit(url)
        app = Starlette(
            routes=[
                Route("/2/tweets", self._create, methods=["POST"]),
                Route("/2/tweets", self._lookup, methods=["GET"]),
                Route("/2/tweets/{post}", self._delete, methods=["DELETE"]),
                Route("/2/users/{account}/mentions", self._mentions),
                Route("/practice/seen", self._polled),
                Route("/practice/pages", self._play, methods=["POST"]),
            ],
            exception_handlers={_ApiError: _error_response},
        )
        config = uvicorn.Config(
            app, address.hostname or "127.0.0.1", address.port or 80, log_config=None, access_log=False
        )
        self._server = uvicorn.Server(config)

    def run(self, stopping: threading.Event) -> None:
        """Serve until `stopping` is set. Blocks."""
        self._start_thread(partial(self._stop_with, stopping), "practice-x-stop")
        self._server.run()

    def _stop_with(self, stopping: threading.Event) -> None:
        stopping.wait()
        self._server.should_exit = True

    def _author(self, request: Request) -> str | None:
        """Return the author of a signed request, `None` for a bearer token. Raises `_ApiError`."""
        authorization = request.headers.get("authorization", "")
        if authorization.startswith("OAuth "):
            return self._account
        if authorization != f"Bearer {self._token}":
            raise _ApiError(401, "Unauthorized", "Unauthorized", "about:blank")
        return None

    async def _create(self, request: Request) -> Response:
        author = self._author(request)
        fields = await _json(request)
        try:
            text = str(fields["text"])
            text.encode()  # refuses a lone surrogate, which JSON can contain and no answer could encode
            author = author or str(fields.get("author_id", "2"))
            ref = str(fields.get("ref") or f"{author}:{text}")
            replies_to = fields.get("reply", {}).get("in_reply_to_tweet_id")
            edits = fields.get("edit_options", {}).get("previous_post_id")
            post = self._timeline.post(text, author, ref, fields.get("referenced_tweets") or (), replies_to, edits)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _invalid("text is required, and a replied or edited post must exist") from None
        return JSONResponse({"data": {"id": post["id"], "text": post["text"]}}, 201)

    async def _delete(self, request: Request) -> Response:
        self._author(request)
        return JSONResponse({"data": {"deleted": self._timeline.remove(int(_parse_id(request.path_params["post"])))}})

    async def _lookup(self, request: Request) -> Response:
        self._author(request)
        ids = [_parse_id(post) for post in request.query_params.get("ids", "").split(",")]
        if len(ids) > _MAX_RESULTS:
            raise _invalid("at most 100 ids")
        posts = {post_id: self._timeline.get(int(post_id)) for post_id in ids}
        page: dict[str, Any] = {}
        if existing := [post for post in posts.values() if post]:
            page["data"] = existing
        if missing := [post_id for post_id in ids if not posts[post_id]]:
            page["errors"] = [_not_found(post_id) for post_id in missing]
        return JSONResponse(page)

    async def _mentions(self, request: Request) -> Response:
        self._author(request)
        query = request.query_params
        token, until = query.get("pagination_token"), query.get("until_id")
        upper_id = min((int(_parse_id(bound)) for bound in (token, until) if bound), default=None)
        limit = query.get("max_results", str(_DEFAULT_RESULTS))
        if not limit.isdigit() or not _MIN_RESULTS <= int(limit) <= _MAX_RESULTS:
            raise _invalid("max_results is from 5 to 100")
        since = int(_parse_id(query.get("since_id", "0")))
        if upper_id is not None and upper_id <= since:
            raise _invalid("until_id and pagination_token are above since_id")
        self.polled_until = max(self.polled_until, since)
        posts, more = self._timeline.mentions(since, upper_id, int(limit))
        mentions = self._without_own(posts)
        meta: dict[str, Any] = {"result_count": len(mentions)}
        if mentions:
            meta |= {"newest_id": mentions[0]["id"], "oldest_id": mentions[-1]["id"]}
        if more:
            meta["next_token"] = posts[-1]["id"]
        return JSONResponse(self._with_media(mentions) | {"meta": meta})

    def _without_own(self, posts: Iterable[Post]) -> list[Post]:
        return [post for post in posts if post.get("author_id") != self._account]

    def _with_media(self, posts: Sequence[Post]) -> dict[str, Any]:
        media = self._timeline.read_picture_urls(posts)
        return ({"data": posts} if posts else {}) | ({"includes": {"media": media}} if media else {})

    async def _polled(self, _request: Request) -> Response:
        return JSONResponse({"since_id": str(self.polled_until)})

    async def _play(self, request: Request) -> Response:
        self._author(request)
        try:
            self._timeline.play(await _json(request))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _invalid("not a page in X's format") from None
        return Response(status_code=201)


class _ApiError(Exception):
    """Error in X's problem format."""

    def __init__(self, status: int, title: str, detail: str, kind: str) -> None:
        super().__init__(title)
        self.body = {"title": title, "detail": detail, "type": kind, "status": status}
        self.status = status


def _invalid(detail: str) -> _ApiError:
    return _ApiError(400, "Invalid Request", detail, f"{_PROBLEMS}/invalid-request")


async def _error_response(_request: Request, error: Exception) -> Response:
    if not isinstance(error, _ApiError):
        raise error
    return JSONResponse(error.body, error.status)


def _not_found(post: str) -> dict[str, str]:
    return {
        "value": post,
        "detail": f"Could not find tweet with ids: [{post}].",
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": "ids",
        "resource_id": post,
        "type": f"{_PROBLEMS}/resource-not-found",
    }


def _parse_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise _invalid("an id is a number of at most 19 digits")
    return text


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise _invalid("not JSON") from None
    if not isinstance(body, Mapping):
        raise _invalid("not an object")
    return body
