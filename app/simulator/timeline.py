"""The posts of a practice X, in a file of one JSON object a line, so that they outlive the process."""

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from messages.shapes import iso

# X's ids hold the milliseconds since this moment in their upper bits.
_EPOCH_MS = 1_288_834_974_657
_SHORT_POST = 280
_NO_ID = 1 << 63

Post = dict[str, Any]


class Timeline:
    """The posts, oldest first. Safe for several threads."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._lock = threading.Lock()
        self._posts: dict[int, Post] = {}
        self._by_ref: dict[str, Post] = {}
        # The newest version of each post, by the first.
        self._last: dict[int, int] = {}
        self._media: dict[str, Mapping[str, Any]] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                # A line that a power cut tore was never answered with 201.
                with suppress(ValueError):
                    self._take(json.loads(line))
            with path.open("r+") as file:
                torn = file.read()[-1:] not in {"", "\n"}
                file.write("\n" * torn)

    def post(
        self,
        text: str,
        author: str,
        ref: str,
        references: Sequence[Any] = (),
        answers: str | None = None,
        edits: str | None = None,
    ) -> Post:
        """Add a post, or return the one that was added under this `ref` before; on the disk when it returns.

        `answers` and `edits` are ids of posts that are there; raises `KeyError` where they are not.
        """
        with self._lock:
            if ref in self._by_ref:
                return self._by_ref[ref]
            now = self._now()
            newest = max(self._posts, default=0)
            post_id = str(max((int(now.timestamp() * 1000) - _EPOCH_MS) << 22, newest + 1))
            parent = self._posts[int(answers)] if answers else None
            earlier = self._posts[int(edits)]["edit_history_tweet_ids"] if edits else []
            referenced = [*references, *([{"type": "replied_to", "id": answers}] if parent else [])]
            post: Post = {
                "id": post_id,
                "author_id": author,
                "text": text[:_SHORT_POST],
                "created_at": iso(now),
                "conversation_id": parent.get("conversation_id", parent["id"]) if parent else post_id,
                "edit_history_tweet_ids": [*earlier, post_id],
            }
            if parent:
                post["in_reply_to_user_id"] = parent["author_id"]
            if referenced:
                post["referenced_tweets"] = referenced
            if len(text) > _SHORT_POST:
                post["note_tweet"] = {"text": text}
            self._keep({"ref": ref, "post": post})
            return post

    def play(self, page: Mapping[str, Any]) -> None:
        """Add the posts of a recorded page as they were recorded, with what it includes about their media."""
        with self._lock:
            for media in page.get("includes", {}).get("media", ()):
                self._keep({"media": media})
            for post in page.get("data", ()):
                self._keep({"ref": f"played:{post['id']}", "post": post})

    def remove(self, post_id: int) -> bool:
        """Delete a post with all its versions; whether it was there."""
        with self._lock:
            there = post_id in self._posts
            if there:
                self._keep({"removed": str(post_id)})
            return there

    def mentions(self, since: int, until: int | None, most: int) -> tuple[list[Post], bool]:
        """Up to `most` posts after `since` and before `until`, newest first, and whether there are more.

        Of an edited post only the last version, as on X.
        """
        with self._lock:
            found = [
                self._posts[post_id]
                for post_id in sorted(self._posts, reverse=True)
                if since < post_id < (until or _NO_ID) and self._is_last(post_id)
            ]
        return found[:most], len(found) > most

    def find(self, post_id: int) -> Post | None:
        """A post, if it is there."""
        with self._lock:
            return self._posts.get(post_id)

    def read_picture_urls(self, posts: Iterable[Post]) -> list[Mapping[str, Any]]:
        """What is known of the media of these posts."""
        keys = [key for post in posts for key in post.get("attachments", {}).get("media_keys", ())]
        return [self._media[key] for key in keys if key in self._media]

    def _is_last(self, post_id: int) -> bool:
        return self._last[_first(self._posts[post_id])] == post_id

    def _keep(self, entry: Mapping[str, Any]) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._take(entry)

    def _take(self, entry: Mapping[str, Any]) -> None:
        if "media" in entry:
            self._media[entry["media"]["media_key"]] = entry["media"]
        elif "removed" in entry:
            first = _first(self._posts[int(entry["removed"])])
            self._posts = {post_id: post for post_id, post in self._posts.items() if _first(post) != first}
        else:
            post = entry["post"]
            self._posts[int(post["id"])] = self._by_ref[entry["ref"]] = post
            self._last[_first(post)] = max(self._last.get(_first(post), 0), int(post["id"]))


def _first(post: Post) -> int:
    history = post.get("edit_history_tweet_ids") or [post["id"]]
    return int(history[0])
