"""An X API v2 on loopback that can be told to fail: mentions in pages, and the answers that a poller must survive."""

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "x-test"
ACCOUNT = "1708"
_NO_ID = 1 << 63


@dataclass(frozen=True)
class Answer:
    """A scripted answer. `stall` holds it back until set; `cut` ends the connection before the body's end."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    stall: threading.Event | None = None
    cut: bool = False


@dataclass
class LoopbackX:
    """`posts` are oldest first. `script` is answered first, one request each; `None` in it means: as usual."""

    url: str = ""
    posts: list[Any] = field(default_factory=list)
    script: deque[Answer | None] = field(default_factory=deque)
    asked: list[dict[str, str]] = field(default_factory=list)
    page_size: int = 2
    was_asked: threading.Event = field(default_factory=threading.Event)

    def answer(self, query: dict[str, str], authorization: str) -> Answer:
        """What to say to one request."""
        self.asked.append(query)
        self.was_asked.set()
        scripted = self.script.popleft() if self.script else None
        if scripted is not None:
            return scripted
        if authorization != f"Bearer {TOKEN}":
            return unauthorized()
        return shaped(self._page(int(query.get("since_id", "0")), int(query.get("pagination_token", _NO_ID))))

    def _page(self, since: int, before: int) -> dict[str, Any]:
        found = [post for post in reversed(self.posts) if since < _place(post) < before]
        page = found[: self.page_size]
        meta: dict[str, Any] = {"result_count": len(page)}
        if len(found) > len(page):
            meta["next_token"] = str(_place(page[-1]))
        return {"data": page, "meta": meta} if page else {"meta": meta}


def _place(post: Any) -> int:
    """Where a post stands in time; what is no post stands at its beginning."""
    found = post.get("id") if isinstance(post, dict) else None
    return int(found) if isinstance(found, str) and re.fullmatch("[0-9]{1,19}", found) else 1


def shaped(body: object, status: int = 200, **headers: str) -> Answer:
    """Any JSON."""
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def limited(reset: int | None = None) -> Answer:
    """429; `reset` is when X will answer again, in seconds since 1970."""
    headers = {} if reset is None else {"x-rate-limit-limit": "450", "x-rate-limit-reset": str(reset)}
    return shaped({"title": "Too Many Requests", "detail": "Too Many Requests", "status": 429}, 429, **headers)


def usage_capped() -> Answer:
    """429 because the month's posts are used up: no reset is given."""
    kind = "https://api.twitter.com/2/problems/usage-capped"
    return shaped({"title": "UsageCapExceeded", "detail": "Usage cap exceeded", "type": kind}, 429)


def unauthorized() -> Answer:
    """401."""
    return shaped({"title": "Unauthorized", "detail": "Unauthorized", "status": 401}, 401)


def html_error(status: int = 500) -> Answer:
    """What a proxy says, in HTML."""
    return Answer(status, b"<html><h1>Over capacity</h1></html>", {"Content-Type": "text/html"})


def broken_json() -> Answer:
    """200, and half an object."""
    return Answer(200, b'{"data": [{"id": "19900', {"Content-Type": "application/json"})


def cut_off() -> Answer:
    """A connection that ends in the middle of the body."""
    return Answer(200, b'{"data": [', {"Content-Type": "application/json"}, cut=True)


def stalled(until: threading.Event) -> Answer:
    """A server that takes the request and then says nothing."""
    return Answer(200, b"{}", stall=until)


@contextmanager
def serving_x() -> Iterator[LoopbackX]:
    """Serve until the block ends."""
    x = LoopbackX()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(x.answer))
    x.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="loopback-x")
    thread.start()
    try:
        yield x
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(answer: Callable[[dict[str, str], str], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            said = answer(query, self.headers.get("Authorization", ""))
            if said.stall is not None:
                said.stall.wait()
                return
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body) + (100 if said.cut else 0)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
