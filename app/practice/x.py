"""A practice X on loopback: a timeline that speaks enough of the X API v2 for one machine, demos and replays.

It is what `run` polls where no token is given. It is not X: no accounts, no limits, nothing leaves the machine.
"""

import json
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from messages.shapes import iso

# X's ids hold the milliseconds since this moment in their upper bits.
_EPOCH_MS = 1_288_834_974_657
_SHORT_POST = 280


class Timeline:
    """The posts, oldest first, in a file of one JSON object a line, so that they outlive the process."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._lock = threading.Lock()
        self._posts: list[dict[str, Any]] = []
        self._by_ref: dict[str, dict[str, Any]] = {}
        # The newest since_id that a reader has asked with: everything up to it was taken over.
        self.seen = 0
        if path.exists():
            for line in path.read_text().splitlines():
                # A line that a power cut tore was never answered with 201.
                with suppress(ValueError):
                    self._keep(json.loads(line))
            with path.open("r+") as file:
                torn = file.read()[-1:] not in {"", "\n"}
                file.write("\n" * torn)

    def post(self, text: str, author: str, ref: str, references: Sequence[Any] = ()) -> dict[str, Any]:
        """Add a post, or return the one that was added under this `ref` before; on the disk when it returns."""
        with self._lock:
            if ref in self._by_ref:
                return self._by_ref[ref]
            now = self._now()
            newest = int(self._posts[-1]["id"]) if self._posts else 0
            post_id = max((int(now.timestamp() * 1000) - _EPOCH_MS) << 22, newest + 1)
            post: dict[str, Any] = {
                "id": str(post_id),
                "author_id": author,
                "text": text[:_SHORT_POST],
                "created_at": iso(now),
                "edit_history_tweet_ids": [str(post_id)],
            }
            if references:
                post["referenced_tweets"] = list(references)
            if len(text) > _SHORT_POST:
                post["note_tweet"] = {"text": text}
            with self._path.open("a") as file:
                file.write(json.dumps({"ref": ref, "post": post}) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self._keep({"ref": ref, "post": post})
            return post

    def mentions(self, since_id: int, before: int | None, most: int) -> tuple[list[dict[str, Any]], bool]:
        """Up to `most` posts after `since_id` and before `before`, newest first, and whether there are more."""
        with self._lock:
            self.seen = max(self.seen, since_id)
            found = [
                post
                for post in reversed(self._posts)
                if since_id < int(post["id"]) and int(post["id"]) < (before or 1 << 63)
            ]
        return found[:most], len(found) > most

    def _keep(self, entry: dict[str, Any]) -> None:
        self._posts.append(entry["post"])
        self._by_ref[entry["ref"]] = entry["post"]


class PracticeX:
    """Serves a timeline as X would, at `url`, to whoever shows `token`."""

    def __init__(self, timeline: Timeline, url: str, token: str, account: str) -> None:
        self._timeline = timeline
        self._token = token
        self._account = account
        address = urlsplit(url)
        app = Starlette(
            routes=[
                Route("/2/tweets", self._create, methods=["POST"]),
                Route("/2/users/{account}/mentions", self._mentions),
                Route("/practice/seen", self._seen),
            ]
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

    def _known(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self._token}"

    async def _create(self, request: Request) -> Response:
        if not self._known(request):
            return _unauthorized()
        try:
            said = json.loads(await request.body())
            text, author = str(said["text"]), str(said.get("author_id", "2"))
            text.encode()  # half a character, which JSON can spell, is refused here and not met again in every answer
        except (ValueError, KeyError, TypeError, AttributeError):
            return JSONResponse({"title": "Invalid Request", "detail": "text is needed", "status": 400}, 400)
        ref = str(said.get("ref") or f"{author}:{text}")
        post = self._timeline.post(text, author, ref, said.get("referenced_tweets") or ())
        return JSONResponse({"data": {"id": post["id"], "text": post["text"]}}, 201)

    async def _mentions(self, request: Request) -> Response:
        if not self._known(request):
            return _unauthorized()
        asked = request.query_params
        token = asked.get("pagination_token")
        most = int(asked.get("max_results", "10"))
        posts, more = self._timeline.mentions(int(asked.get("since_id", "0")), int(token) if token else None, most)
        meta: dict[str, Any] = {"result_count": len(posts)}
        if posts:
            meta |= {"newest_id": posts[0]["id"], "oldest_id": posts[-1]["id"]}
        if more:
            meta["next_token"] = posts[-1]["id"]
        return JSONResponse({"data": posts, "meta": meta} if posts else {"meta": meta})

    async def _seen(self, _request: Request) -> Response:
        return JSONResponse({"since_id": str(self._timeline.seen)})


def _unauthorized() -> Response:
    return JSONResponse({"title": "Unauthorized", "detail": "Unauthorized", "type": "about:blank", "status": 401}, 401)
