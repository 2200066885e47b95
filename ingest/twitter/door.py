"""Polls mentions and publishes them, oldest first; how far it read moves only after the bus has them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from bus.errors import Retry
from bus.port import Outgoing, Producer
from config.database import DatabaseAway
from ingest.arrival import Refused
from ingest.store import DoorStore
from ingest.twitter.adapter import TwitterAdapter, is_id
from ingest.twitter.client import Mentions, XAway
from ingest.wrap import arrived, held

_CURSOR = "twitter.since_id"
# X's rate-limit window.
_LONGEST_WAIT_SECONDS = 900.0
# How many pauses to wait at first when X limits us without saying for how long, and at most when X is away.
_LIMITED_PAUSES = 4
_AWAY_PAUSES = 8
# Posts published at once: a long backlog fits what a producer may hold, and is not begun anew after a failure.
_BATCH = 100

_log = structlog.get_logger()


class TwitterDoor:
    """Runs in a thread of its own. `pause` is the seconds between two looks; after a failure it grows."""

    def __init__(
        self,
        mentions: Mentions,
        adapter: TwitterAdapter,
        producer: Producer,
        store: DoorStore,
        now: Callable[[], datetime],
        pause: float,
        stopping: threading.Event,
    ) -> None:
        self._mentions = mentions
        self._adapter = adapter
        self._producer = producer
        self._store = store
        self._now = now
        self._pause = pause
        self._stopping = stopping

    def run(self) -> None:
        """Look until stopped."""
        failures = 0
        while not self._stopping.is_set():
            wait = self._pause
            try:
                self.look()
                failures = 0
            except XAway as error:
                failures += 1
                wait = self._wait_for(error, failures)
                _log.info("x.away", cause=error.cause, seconds=wait)
            except (Retry, DatabaseAway) as error:
                failures += 1
                wait = self._backoff(failures)
                _log.warning("x.not_kept", cause=type(error).__name__, seconds=wait)
            self._stopping.wait(wait)

    def look(self) -> int:
        """Publish every mention newer than the last one kept; returns how many. Raises what `run` waits out."""
        posts = sorted(self._newer_than(self._store.cursor(_CURSOR)), key=_age)
        for start in range(0, len(posts), _BATCH):
            self._keep(posts[start : start + _BATCH])
        if posts:
            _log.info("x.read", posts=len(posts))
        return len(posts)

    def _newer_than(self, since_id: str | None) -> list[object]:
        """All pages, back to `since_id`; X keeps the newest 800 reachable, so this is bounded."""
        posts: list[object] = []
        token: str | None = None
        followed: set[str] = set()
        while not self._stopping.is_set():
            page = self._mentions.page(since_id, token)
            posts += page.get("data", [])
            token = page.get("meta", {}).get("next_token")
            if token is None:
                return posts
            if token in followed:
                raise XAway("pages_in_a_circle")
            followed.add(token)
        return []

    def _keep(self, posts: Sequence[object]) -> None:
        """Publish, then move on; what is published twice after a failure in between has the same ids."""
        self._producer.publish([self._record(post) for post in posts])
        if newest := _age(posts[-1]):
            self._store.move_cursor(_CURSOR, str(newest))

    def _record(self, post: object) -> Outgoing:
        try:
            return arrived(self._adapter.accept(post, self._now()))
        except Refused as refused:
            kept = self._adapter.hold(post, self._now())
            _log.warning("x.quarantined", message_id=str(kept.id), reason=refused.reason)
            return held(kept, refused.reason)

    def _wait_for(self, error: XAway, failures: int) -> float:
        if error.reset is not None:
            # One second more: X's clock and ours need not agree.
            return min(max(error.reset - self._now().timestamp(), 0) + 1, _LONGEST_WAIT_SECONDS)
        if error.cause == "rate_limited":
            return min(self._pause * _LIMITED_PAUSES * failures, _LONGEST_WAIT_SECONDS)
        return self._backoff(failures)

    def _backoff(self, failures: int) -> float:
        return self._pause * min(2.0 ** min(failures - 1, 10), _AWAY_PAUSES)


def _age(post: object) -> int:
    """A post's id as the number it is: ids grow with time."""
    found = post.get("id") if isinstance(post, Mapping) else None
    return int(found) if is_id(found) else 0
