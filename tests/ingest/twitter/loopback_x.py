"""X API v2 on loopback, with scripted failures."""

import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from oauthlib.oauth1 import Client  # type: ignore[import-untyped]

from ingest.twitter.client import OAuthKeys

TOKEN = "x-test"
ACCOUNT = "1708"
SIGNING = OAuthKeys("consumer-key", "consumer-secret", "access-token", "access-secret")
_NO_ID = 1 << 63
_PROBLEMS = "https://api.twitter.com/2/problems"


@dataclass(frozen=True)
class Answer:
    """Scripted answer. `stall` delays it until set; `cut` ends the connection before the end of the body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    stall: threading.Event | None = None
    cut: bool = False


@dataclass
class LoopbackX:
    """`posts` are oldest first. `script` is answered first, one request each; `None` in it means the usual answer.

    A lookup of `deleted` and `protected` posts gives errors.
    """

    url: str = ""
    posts: list[Any] = field(default_factory=list)
    media: list[Any] = field(default_factory=list)
    script: deque[Answer | None] = field(default_factory=deque)
    requests: list[dict[str, str]] = field(default_factory=list)
    page_size: int = 2
    request_received: threading.Event = field(default_factory=threading.Event)
    deleted: set[str] = field(default_factory=set)
    protected: set[str] = field(default_factory=set)
    looked_up: list[list[str]] = field(default_factory=list)
    lookups: deque[Answer] = field(default_factory=deque)
    files: dict[str, Answer] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    def answer(self, url: SplitResult, authorization: str) -> Answer:
        """Return the answer to one request."""
        path, query = url.path, dict(parse_qsl(url.query))
        if path.startswith("/media/"):
            self.fetched.append(path)
            assert not authorization, "a token is nobody's business but the API's"
            return self.files.get(path, html_error(404))
        if authorization not in {f"Bearer {TOKEN}", self._signature(url, authorization)}:
            return unauthorized()
        self.authorizations.append(authorization.partition(" ")[0])
        if path == "/2/tweets":
            return self._lookup(query["ids"].split(","))
        return self._mentions(query)

    def _signature(self, url: SplitResult, authorization: str) -> str:
        """Return the header with which the account's own keys sign this request."""
        parameters = dict(re.findall(r'(oauth_\w+)="([^"]*)"', authorization))
        nonce, timestamp = unquote(parameters.get("oauth_nonce", "")), parameters.get("oauth_timestamp", "")
        client = Client(*SIGNING, nonce=nonce, timestamp=timestamp)
        return str(client.sign(f"{self.url}{url.path}?{url.query}")[1]["Authorization"])

    def _mentions(self, query: dict[str, str]) -> Answer:
        self.requests.append(query)
        self.request_received.set()
        scripted = self.script.popleft() if self.script else None
        if scripted is not None:
            return scripted
        max_posts = int(query["max_results"])
        if not 5 <= max_posts <= 100:
            return json_answer({"title": "Invalid Request", "type": f"{_PROBLEMS}/invalid-request"}, 400)
        until_id = min(int(query.get("until_id", _NO_ID)), int(query.get("pagination_token", _NO_ID)))
        return json_answer(self._page(int(query.get("since_id", "0")), until_id, min(max_posts, self.page_size)))

    def _page(self, since_id: int, until_id: int, max_posts: int) -> dict[str, Any]:
        posts = [post for post in reversed(self.posts) if since_id < _numeric_id(post) < until_id]
        page = posts[:max_posts]
        meta: dict[str, Any] = {"result_count": len(page)}
        if len(posts) > len(page):
            meta["next_token"] = str(_numeric_id(page[-1]))
        includes = {"includes": {"media": self.media}} if self.media else {}
        return {"data": page, "meta": meta} | includes if page else {"meta": meta}

    def _lookup(self, ids: list[str]) -> Answer:
        self.looked_up.append(ids)
        if self.lookups:
            return self.lookups.popleft()
        existing = [
            post for post in self.posts if post["id"] in ids and post["id"] not in self.deleted | self.protected
        ]
        errors = [_error(post, "resource-not-found") for post in ids if post in self.deleted]
        errors += [_error(post, "not-authorized-for-resource") for post in ids if post in self.protected]
        return json_answer(({"data": existing} if existing else {}) | ({"errors": errors} if errors else {}))


def _numeric_id(post: Any) -> int:
    """Return the id as a number; 1 for content that is not a post."""
    post_id = post.get("id") if isinstance(post, dict) else None
    return int(post_id) if isinstance(post_id, str) and re.fullmatch("[0-9]{1,19}", post_id) else 1


def _error(post: str, kind: str) -> dict[str, str]:
    fields = {"resource_id": post, "value": post, "parameter": "ids", "resource_type": "tweet"}
    return fields | {"type": f"{_PROBLEMS}/{kind}", "title": kind}


def json_answer(body: object, status: int = 200, **headers: str) -> Answer:
    """Return any JSON."""
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def limited(reset: int | None = None) -> Answer:
    """Return 429. `reset` is the time when X answers again, in seconds since 1970."""
    headers = {} if reset is None else {"x-rate-limit-limit": "450", "x-rate-limit-reset": str(reset)}
    return json_answer({"title": "Too Many Requests", "detail": "Too Many Requests", "status": 429}, 429, **headers)


def usage_capped() -> Answer:
    """Return 429 without a reset: the month's posts are used up."""
    return json_answer(
        {"title": "UsageCapExceeded", "detail": "Usage cap exceeded", "type": f"{_PROBLEMS}/usage-capped"}, 429
    )


def unauthorized() -> Answer:
    """Return 401."""
    return json_answer({"title": "Unauthorized", "detail": "Unauthorized", "status": 401}, 401)


def html_error(status: int = 500) -> Answer:
    """Return a proxy's error page in HTML."""
    return Answer(status, b"<html><h1>Over capacity</h1></html>", {"Content-Type": "text/html"})


def broken_json() -> Answer:
    """Return 200 with half an object."""
    return Answer(200, b'{"data": [{"id": "19900', {"Content-Type": "application/json"})


def cut_off() -> Answer:
    """Return a connection that ends in the middle of the body."""
    return Answer(200, b'{"data": [', {"Content-Type": "application/json"}, cut=True)


def stalled(until: threading.Event) -> Answer:
    """Return a server that takes the request and sends nothing."""
    return Answer(200, b"{}", stall=until)


class _Server(ThreadingHTTPServer):
    """Serves one X."""

    def __init__(self, x: LoopbackX) -> None:
        self.x = x
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    """Closes the connection after each request, so that a client cannot rely on a second request."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        url = urlsplit(self.path)
        authorization = self.headers.get("Authorization", "")
        answer = self.server.x.answer(url, authorization)
        if answer.stall is not None:
            answer.stall.wait()
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(answer.body) + (100 if answer.cut else 0)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serving_x() -> Iterator[LoopbackX]:
    """Serve until the block ends."""
    x = LoopbackX()
    server = _Server(x)
    x.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="loopback-x")
    thread.start()
    try:
        yield x
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
