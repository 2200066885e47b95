"""Posts of a practice X, stored in a file with one JSON object per line, so that they survive a restart."""

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from messages.shapes import iso

# The upper bits of X's ids are the milliseconds since this time.
_EPOCH_MS = 1_288_834_974_657
_SHORT_POST_CHARACTERS = 280
_NO_ID = 1 << 63

Post = dict[str, Any]


class Timeline:
    """Posts, oldest first. Safe for several threads."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._lock = threading.Lock()
        self._posts: dict[int, Post] = {}
        self._by_ref: dict[str, Post] = {}
        # Id of the newest version of each post, by the id of its first version.
        self._newest_version: dict[int, int] = {}
        self._media: dict[str, Mapping[str, Any]] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                # A line that a power cut truncated was never answered with 201.
                with suppress(ValueError):
                    self._apply(json.loads(line))
            with path.open("r+") as file:
                truncated = file.read()[-1:] not in {"", "\n"}
                file.write("\n" * truncated)

    def post(
        self,
        text: str,
        author: str,
        ref: str,
        references: Sequence[Any] = (),
        replies_to: str | None = None,
        edits: str | None = None,
    ) -> Post:
        """Add a post, or return the earlier post with this `ref`. It is on disk when this returns.

        `replies_to` and `edits` are ids of existing posts. Raises `KeyError` if there is no such post.
        """
        with self._lock:
            if ref in self._by_ref:
                return self._by_ref[ref]
            now = self._now()
            newest_id = max(self._posts, default=0)
            post_id = str(max((int(now.timestamp() * 1000) - _EPOCH_MS) << 22, newest_id + 1))
            parent = self._posts[int(replies_to)] if replies_to else None
            earlier_versions = self._posts[int(edits)]["edit_history_tweet_ids"] if edits else []
            referenced = [*references, *([{"type": "replied_to", "id": replies_to}] if parent else [])]
            post: Post = {
                "id": post_id,
                "author_id": author,
                "text": text[:_SHORT_POST_CHARACTERS],
                "created_at": iso(now),
                "conversation_id": parent.get("conversation_id", parent["id"]) if parent else post_id,
                "edit_history_tweet_ids": [*earlier_versions, post_id],
            }
            if parent:
                post["in_reply_to_user_id"] = parent["author_id"]
            if referenced:
                post["referenced_tweets"] = referenced
            if len(text) > _SHORT_POST_CHARACTERS:
                post["note_tweet"] = {"text": text}
            self._store({"ref": ref, "post": post})
            return post

    def play(self, page: Mapping[str, Any]) -> None:
        """Add the posts of a recorded page unchanged, with the media it includes."""
        with self._lock:
            for media in page.get("includes", {}).get("media", ()):
                self._store({"media": media})
            for post in page.get("data", ()):
                self._store({"ref": f"played:{post['id']}", "post": post})

    def remove(self, post_id: int) -> bool:
        """Delete a post with all its versions. Return whether it existed."""
        with self._lock:
            exists = post_id in self._posts
            if exists:
                self._store({"removed": str(post_id)})
            return exists

    def mentions(self, since: int, until: int | None, limit: int) -> tuple[list[Post], bool]:
        """Return up to `limit` posts with ids between `since` and `until`, newest first, and whether there are more.

        Only the newest version of an edited post is returned, as on X.
        """
        with self._lock:
            posts = [
                self._posts[post_id]
                for post_id in sorted(self._posts, reverse=True)
                if since < post_id < (until or _NO_ID) and self._is_newest_version(post_id)
            ]
        return posts[:limit], len(posts) > limit

    def get(self, post_id: int) -> Post | None:
        """Return a post, or `None`."""
        with self._lock:
            return self._posts.get(post_id)

    def read_picture_urls(self, posts: Iterable[Post]) -> list[Mapping[str, Any]]:
        """What is known of the media of these posts."""
        keys = [key for post in posts for key in post.get("attachments", {}).get("media_keys", ())]
        return [self._media[key] for key in keys if key in self._media]

    def _is_newest_version(self, post_id: int) -> bool:
        return self._newest_version[_first_version(self._posts[post_id])] == post_id

    def _store(self, entry: Mapping[str, Any]) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._apply(entry)

    def _apply(self, entry: Mapping[str, Any]) -> None:
        if "media" in entry:
            self._media[entry["media"]["media_key"]] = entry["media"]
        elif "removed" in entry:
            first = _first_version(self._posts[int(entry["removed"])])
            self._posts = {post_id: post for post_id, post in self._posts.items() if _first_version(post) != first}
        else:
            post = entry["post"]
            self._posts[int(post["id"])] = self._by_ref[entry["ref"]] = post
            first = _first_version(post)
            self._newest_version[first] = max(self._newest_version.get(first, 0), int(post["id"]))


def _first_version(post: Post) -> int:
    history = post.get("edit_history_tweet_ids") or [post["id"]]
    return int(history[0])
