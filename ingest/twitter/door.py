"""Polls mentions and publishes them, oldest first. The cursor moves only after the bus has stored the posts."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ingest.door_store import DoorStore
from ingest.twitter.adapter import ReceivedPost
from ingest.twitter.client import MentionSource, XUnavailable
from ingest.twitter.intake import Intake
from ingest.twitter.late_posts import LatePostReader, settled_id_at
from ingest.twitter.lease import Lease
from ingest.twitter.page_reader import PageReader, PageReading, id_at, oldest_id, time_of_id
from ingest.twitter.poll_loop import PollLoop
from ingest.twitter.read_budget import ReadBudget
from messages.shapes import iso

# Key of the cursor: everything up to this post is published.
_CURSOR = "twitter.since_id"
# Key of the gap that is left when a day's reads end during a poll.
_GAP = "twitter.ahead"
# Posts published at once. A long backlog fits a producer's buffer, and a failure does not repeat all of it.
_BATCH = 100
# X does not show a mention that has this many newer ones: https://docs.x.com/x-api/posts/timelines/introduction
_MAX_REACHABLE_POSTS = 800
# Cause of `XUnavailable` after a request that X will never accept.
_BAD_REQUEST = "http_400"
# Largest difference between X's clock and ours.
_MAX_CLOCK_DIFFERENCE = timedelta(days=1)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Gap:
    """Posts between the cursor and `oldest` are still to be read; those from `oldest` to `newest` are published.

    `requested` is the number of posts that X was asked for since the cursor. Published posts up to `settled` need no
    second reading. All are 0 if there is no gap.
    """

    newest: int = 0
    oldest: int = 0
    requested: int = 0
    settled: int = 0

    @classmethod
    def from_cursor(cls, text: str | None) -> "_Gap":
        """Return the gap from its text in the database. The field `looked` holds `requested`."""
        if not text:
            return cls()
        fields = json.loads(text)
        return cls(*(fields.get(name, 0) for name in ("newest", "oldest", "looked", "settled")))

    def to_cursor(self) -> str:
        """Return the text for the database."""
        return json.dumps(
            {"newest": self.newest, "oldest": self.oldest, "looked": self.requested, "settled": self.settled}
        )


class TwitterDoor:
    """Runs in its own thread. `pause` is the seconds between two polls; it grows after a failure.

    The first poll of a new door reads the posts of the time `initial_period` before its first start.
    """

    def __init__(
        self,
        mentions: MentionSource,
        intake: Intake,
        budget: ReadBudget,
        store: DoorStore,
        now: Callable[[], datetime],
        pause: float,
        stopping: threading.Event,
        initial_period: timedelta,
        lease: Lease,
    ) -> None:
        self._pages = PageReader(mentions, budget, lease, stopping)
        self._late_posts = LatePostReader(self._pages, intake, store, now)
        self._intake = intake
        self._budget = budget
        self._store = store
        self._now = now
        self._initial_period = initial_period
        self._poll_loop = PollLoop("mentions", self.poll, now, pause, stopping, lease)

    def run(self) -> None:
        """Poll until stopped."""
        self._poll_loop.run()

    def why_shut(self) -> str:
        """Return the reason why the door receives nothing; empty while it receives posts, or another process does."""
        return self._poll_loop.failure_cause

    def poll(self) -> int:
        """Publish every mention after the cursor and return their number. Raises the errors that `run` waits for."""
        gap, since_id = self._position()
        settled_id = min(settled_id_at(self._now()), gap.settled) if gap.oldest else settled_id_at(self._now())
        reading = self._read(since_id, gap)
        posts = sorted(reading.posts, key=lambda post: post.numeric_id)
        if not self._pages.may_continue():
            # What was read is not published: another process may have read it too, and has the newer position.
            return 0
        self._publish(posts, since_id, moves_cursor=reading.is_complete)
        if not reading.is_complete:
            self._store_gap(gap, reading.requested, posts, settled_id)
            return self._logged(len(posts))
        self._close_gap(since_id, gap, gap.requested + reading.requested, posts)
        late_posts = self._late_posts.read_due(int(since_id), int(self._store.cursor(_CURSOR) or 0), settled_id)
        return self._logged(len(posts) + late_posts)

    def _position(self) -> tuple[_Gap, str]:
        """Return the gap and the cursor. A gap that the cursor has passed is closed: X rejects requests for it."""
        gap = _Gap.from_cursor(self._store.cursor(_GAP))
        since_id = self._store.cursor(_CURSOR) or self._initial_cursor()
        if gap.oldest and gap.oldest <= int(since_id):
            self._remove_gap(gap)
            return _Gap(), self._store.cursor(_CURSOR) or since_id
        return gap, since_id

    def _read(self, since_id: str, gap: _Gap) -> PageReading:
        try:
            return self._pages.read(since_id, str(gap.oldest) if gap.oldest else None)
        except XUnavailable as error:
            if error.cause == _BAD_REQUEST and gap.oldest:
                # The request would be rejected for ever. Without the gap its posts are read a second time.
                _log.warning("x.gap_dropped", posts=gap.requested)
                self._store.move_cursor(_GAP, "")
            raise

    def _publish(self, posts: Sequence[ReceivedPost], since_id: str, *, moves_cursor: bool) -> None:
        """Publish in batches. A failure may publish posts a second time, under the same ids."""
        for start in range(0, len(posts), _BATCH):
            batch = posts[start : start + _BATCH]
            self._intake.publish_posts(batch)
            if moves_cursor and (newest := self._newest_id(batch)) > int(since_id):
                self._store.raise_cursor(_CURSOR, newest)

    def _initial_cursor(self) -> str:
        """Return the first cursor. It is stored before X is asked, so that an outage of X does not move it."""
        initial_time = self._now() - self._initial_period
        since_id = id_at(initial_time)
        self._store.raise_cursor(_CURSOR, since_id)
        _log.info("x.polling_started", after=iso(initial_time))
        return str(since_id)

    def _close_gap(self, since_id: str, gap: _Gap, requested: int, posts: Sequence[ReceivedPost]) -> None:
        """Record that everything X shows is published. Warn if X may not have shown all posts."""
        if requested >= _MAX_REACHABLE_POSTS:
            window_start, window_end = iso(time_of_id(int(since_id))), iso(time_of_id(oldest_id(posts)))
            _log.warning("x.window_exceeded", after=window_start, before=window_end)
        if gap.oldest:
            self._remove_gap(gap)

    def _remove_gap(self, gap: _Gap) -> None:
        """Record that nothing is left to read below the newest post of the gap."""
        self._store.raise_cursor(_CURSOR, gap.newest)
        self._store.move_cursor(_GAP, "")

    def _store_gap(self, gap: _Gap, requested: int, posts: Sequence[ReceivedPost], settled_id: int) -> None:
        """Record that only the newest posts are published. The next poll with reads begins below them."""
        if oldest := oldest_id(posts):
            new_gap = _Gap(gap.newest or self._newest_id(posts), oldest, gap.requested + requested, settled_id)
            self._store.move_cursor(_GAP, new_gap.to_cursor())

    def _logged(self, posts: int) -> int:
        """Log the number of published posts, and return it."""
        if posts:
            reads = self._budget.today()
            _log.info("x.mentions_read", posts=posts, reads_today=reads.used, reads_a_day=reads.limit)
        return posts

    def _newest_id(self, posts: Sequence[ReceivedPost]) -> int:
        """Return the newest plausible id. An id of the next year would hide every post until then."""
        latest = self._now() + _MAX_CLOCK_DIFFERENCE
        return max((post.numeric_id for post in posts if time_of_id(post.numeric_id) <= latest), default=0)
