"""A practice X on loopback: it speaks enough of the X API v2 for one machine, demos, replays and tests.

It is what `run` polls where no token is given. It is not X: no accounts, no limits, nothing leaves the machine. What
it says, and what it refuses, is written from X's OpenAPI document: mentions, look-ups, the filtered stream and its
rules, posting with replies and edits, deleting. `/practice/...` is its own: what was polled, recorded pages to play.
"""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from app.simulator.timeline import Post, Timeline

__all__ = ["PracticeX", "Timeline"]

_ID = re.compile(r"[0-9]{1,19}")
_MOST_AT_ONCE = 100
_LEAST_AT_ONCE = 5
_USUAL = 10
_RULES_AT_MOST = 1000
_STREAM_LOOK_SECONDS = 0.1
_KEEP_ALIVE_LOOKS = 200
_PROBLEMS = "https://api.twitter.com/2/problems"


class PracticeX:
    """Serves a timeline as X would, at `url`, to whoever shows `token`; a signed request (OAuth 1.0a) is `account`."""

    def __init__(self, timeline: Timeline, url: str, token: str, account: str) -> None:
        self._timeline = timeline
        self._token = token
        self._account = account
        self._rules: dict[str, dict[str, str]] = {}
        # The newest since_id that a reader has asked with: everything up to it was taken over.
        self.seen = 0
        address = urlsplit(url)
        app = Starlette(
            routes=[
                Route("/2/tweets", self._create, methods=["POST"]),
                Route("/2/tweets", self._lookup, methods=["GET"]),
                Route("/2/tweets/search/stream/rules", self._list_rules, methods=["GET"]),
                Route("/2/tweets/search/stream/rules", self._change_rules, methods=["POST"]),
                Route("/2/tweets/search/stream", self._stream),
                Route("/2/tweets/{post}", self._delete, methods=["DELETE"]),
                Route("/2/users/{account}/mentions", self._mentions),
                Route("/practice/seen", self._seen),
                Route("/practice/pages", self._play, methods=["POST"]),
            ],
            exception_handlers={_Refused: _refused},
        )
        config = uvicorn.Config(
            app, address.hostname or "127.0.0.1", address.port or 80, log_config=None, access_log=False
        )
        self._server = uvicorn.Server(config)

    def run(self, stopping: threading.Event) -> None:
        """Serve until stopped, in a thread of its own."""
        watch = threading.Thread(target=self._stop_with, args=(stopping,), daemon=True)
        watch.start()
        self._server.run()

    def _stop_with(self, stopping: threading.Event) -> None:
        stopping.wait()
        self._server.should_exit = True

    def _author(self, request: Request) -> str | None:
        """Who asks: the account, or (`None`) whoever the request says. Raises `_Refused`."""
        shown = request.headers.get("authorization", "")
        if shown.startswith("OAuth "):
            return self._account
        if shown != f"Bearer {self._token}":
            raise _Refused(401, "Unauthorized", "Unauthorized", "about:blank")
        return None

    async def _create(self, request: Request) -> Response:
        author = self._author(request)
        said = await _json(request)
        try:
            text = str(said["text"])
            text.encode()  # half a character, which JSON can spell, is refused here and not met again in every answer
            author = author or str(said.get("author_id", "2"))
            ref = str(said.get("ref") or f"{author}:{text}")
            answers = said.get("reply", {}).get("in_reply_to_tweet_id")
            edits = said.get("edit_options", {}).get("previous_post_id")
            post = self._timeline.post(text, author, ref, said.get("referenced_tweets") or (), answers, edits)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _invalid("text is needed, and what is answered or edited must be there") from None
        return JSONResponse({"data": {"id": post["id"], "text": post["text"]}}, 201)

    async def _delete(self, request: Request) -> Response:
        self._author(request)
        return JSONResponse({"data": {"deleted": self._timeline.remove(int(_an_id(request.path_params["post"])))}})

    async def _lookup(self, request: Request) -> Response:
        self._author(request)
        wanted = [_an_id(post) for post in request.query_params.get("ids", "").split(",")]
        if len(wanted) > _MOST_AT_ONCE:
            raise _invalid("at most 100 ids")
        found = {post: self._timeline.find(int(post)) for post in wanted}
        page: dict[str, Any] = {}
        if there := [post for post in found.values() if post]:
            page["data"] = there
        if gone := [post for post in wanted if not found[post]]:
            page["errors"] = [_not_found(post) for post in gone]
        return JSONResponse(page)

    async def _mentions(self, request: Request) -> Response:
        self._author(request)
        asked = request.query_params
        token, until = asked.get("pagination_token"), asked.get("until_id")
        before = min((int(_an_id(found)) for found in (token, until) if found), default=None)
        most = asked.get("max_results", str(_USUAL))
        if not most.isdigit() or not _LEAST_AT_ONCE <= int(most) <= _MOST_AT_ONCE:
            raise _invalid("max_results is from 5 to 100")
        since = int(_an_id(asked.get("since_id", "0")))
        self.seen = max(self.seen, since)
        posts, more = self._timeline.mentions(since, before, int(most))
        others = self._others(posts)
        meta: dict[str, Any] = {"result_count": len(others)}
        if others:
            meta |= {"newest_id": others[0]["id"], "oldest_id": others[-1]["id"]}
        if more:
            meta["next_token"] = posts[-1]["id"]
        return JSONResponse(self._with_media(others) | {"meta": meta})

    async def _list_rules(self, request: Request) -> Response:
        self._author(request)
        meta = {"result_count": len(self._rules)}
        return JSONResponse({"data": list(self._rules.values()), "meta": meta} if self._rules else {"meta": meta})

    async def _change_rules(self, request: Request) -> Response:
        self._author(request)
        said = await _json(request)
        try:
            for rule in said.get("add", ()):
                known = {"id": str(len(self._rules) + 1), "value": str(rule["value"]), "tag": str(rule.get("tag", ""))}
                self._rules.setdefault(known["value"], known)
            for gone in said.get("delete", {}).get("ids", ()):
                self._rules = {value: rule for value, rule in self._rules.items() if rule["id"] != gone}
        except (KeyError, TypeError, AttributeError):
            raise _invalid("rules have a value") from None
        if len(self._rules) > _RULES_AT_MOST:
            raise _invalid("too many rules")
        return JSONResponse({"data": list(self._rules.values()), "meta": {}}, 201)

    async def _stream(self, request: Request) -> Response:
        self._author(request)
        if not self._rules:
            raise _Refused(409, "RuleConfigurationIssue", "no rules", f"{_PROBLEMS}/rule-cap")
        return StreamingResponse(self._lines(), media_type="application/json")

    async def _lines(self) -> AsyncIterator[bytes]:
        """What is posted from now on, and an empty line where nothing is for long."""
        posts, _ = self._timeline.mentions(0, None, 1)
        newest, quiet = int(posts[0]["id"]) if posts else 0, 0
        yield b"\r\n"
        while not self._server.should_exit:
            posts, _ = self._timeline.mentions(newest, None, _MOST_AT_ONCE)
            newest = int(posts[0]["id"]) if posts else newest
            for post in self._others(reversed(posts)):
                rules = [{"id": rule["id"], "tag": rule["tag"]} for rule in self._rules.values()]
                line = self._with_media([post]) | {"data": post, "matching_rules": rules}
                yield json.dumps(line).encode() + b"\r\n"
            quiet = 0 if posts else quiet + 1
            if quiet >= _KEEP_ALIVE_LOOKS:
                quiet = 0
                yield b"\r\n"
            await asyncio.sleep(_STREAM_LOOK_SECONDS)

    def _others(self, posts: Iterable[Post]) -> list[Post]:
        return [post for post in posts if post.get("author_id") != self._account]

    def _with_media(self, posts: Sequence[Post]) -> dict[str, Any]:
        media = self._timeline.read_picture_urls(posts)
        return ({"data": posts} if posts else {}) | ({"includes": {"media": media}} if media else {})

    async def _seen(self, _request: Request) -> Response:
        return JSONResponse({"since_id": str(self.seen)})

    async def _play(self, request: Request) -> Response:
        self._author(request)
        try:
            self._timeline.play(await _json(request))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _invalid("not a page of X's") from None
        return Response(status_code=201)


class _Refused(Exception):
    """A problem as X says it."""

    def __init__(self, status: int, title: str, detail: str, kind: str) -> None:
        super().__init__(title)
        self.body = {"title": title, "detail": detail, "type": kind, "status": status}
        self.status = status


def _invalid(detail: str) -> _Refused:
    return _Refused(400, "Invalid Request", detail, f"{_PROBLEMS}/invalid-request")


async def _refused(_request: Request, refused: Exception) -> Response:
    if not isinstance(refused, _Refused):
        raise refused
    return JSONResponse(refused.body, refused.status)


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


def _an_id(found: str) -> str:
    if not _ID.fullmatch(found):
        raise _invalid("an id is a number of at most 19 digits")
    return found


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        said = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise _invalid("not JSON") from None
    if not isinstance(said, Mapping):
        raise _invalid("not an object")
    return said
