"""Polls mentions and publishes them, oldest first. The cursor moves only after the bus has stored the posts."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from ingest.door_store import DoorStore
from ingest.twitter.adapter import ReceivedPost, posts_of_page
from ingest.twitter.client import MAX_POSTS_PER_PAGE, MIN_POSTS_PER_PAGE, MentionSource, XUnavailable
from ingest.twitter.intake import Intake
from ingest.twitter.poll_loop import PollLoop
from ingest.twitter.read_budget import ReadBudget, ReadsSpent
from messages.shapes import iso

# Key of the cursor: everything up to this post is published.
_CURSOR = "twitter.since_id"
# Key of the gap that is left when a day's reads end during a poll.
_GAP = "twitter.ahead"
# Posts published at once. A long backlog fits a producer's buffer, and a failure does not repeat all of it.
_BATCH = 100
# X does not show a mention that has this many newer ones: https://docs.x.com/x-api/posts/timelines/introduction
_MAX_REACHABLE_POSTS = 800
# The upper bits of X's ids are the milliseconds since this moment (in milliseconds since 1970).
_ID_EPOCH_MS = 1_288_834_974_657
_ID_TIME_SHIFT = 22
_MS_PER_SECOND = 1000
# Largest difference between X's clock and ours.
_MAX_CLOCK_DIFFERENCE = timedelta(days=1)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Gap:
    """Posts between the cursor and `oldest` are still to be read; those from `oldest` to `newest` are published.

    `requested` is the number of posts that X was asked for since the cursor. All are 0 if there is no gap.
    """

    newest: int = 0
    oldest: int = 0
    requested: int = 0

    @classmethod
    def from_cursor(cls, text: str | None) -> "_Gap":
        """Return the gap from its text in the database. The field `looked` holds `requested`."""
        if not text:
            return cls()
        fields = json.loads(text)
        return cls(fields.get("newest", 0), fields.get("oldest", 0), fields.get("looked", 0))

    def to_cursor(self) -> str:
        """Return the text for the database."""
        return json.dumps({"newest": self.newest, "oldest": self.oldest, "looked": self.requested})


@dataclass(slots=True)
class _PollResult:
    """Posts of one poll. `is_complete` if it reached the cursor or the end of the posts that X shows."""

    posts: list[ReceivedPost]
    requested: int
    is_complete: bool = False


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
    ) -> None:
        self._mentions = mentions
        self._intake = intake
        self._budget = budget
        self._store = store
        self._now = now
        self._stopping = stopping
        self._initial_period = initial_period
        self._poll_loop = PollLoop("mentions", self.poll, now, pause, stopping)

    def run(self) -> None:
        """Poll until stopped."""
        self._poll_loop.run()

    def why_shut(self) -> str:
        """Return the reason why the door receives nothing; empty while it receives posts."""
        return self._poll_loop.failure_cause

    def poll(self) -> int:
        """Publish every mention after the cursor and return their number. Raises the errors that `run` waits for."""
        gap = _Gap.from_cursor(self._store.cursor(_GAP))
        since_id = self._store.cursor(_CURSOR) or self._initial_cursor(gap)
        result = self._read_pages(since_id, gap)
        posts = sorted(result.posts, key=lambda post: post.numeric_id)
        if self._stopping.is_set() and not result.is_complete:
            return 0
        self._publish(posts, since_id, moves_cursor=result.is_complete)
        if result.is_complete:
            self._close_gap(since_id, gap, result.requested, posts)
        else:
            self._store_gap(gap, result.requested, posts)
        if posts:
            reads = self._budget.today()
            _log.info("x.mentions_read", posts=len(posts), reads_today=reads.used, reads_a_day=reads.limit)
        return len(posts)

    def _publish(self, posts: Sequence[ReceivedPost], since_id: str | None, *, moves_cursor: bool) -> None:
        """Publish in batches. A failure may publish posts a second time, under the same ids."""
        for start in range(0, len(posts), _BATCH):
            batch = posts[start : start + _BATCH]
            self._intake.publish_posts(batch)
            if moves_cursor and (newest := self._newest_id(batch)) > int(since_id or 0):
                self._store.move_cursor(_CURSOR, str(newest))

    def _initial_cursor(self, gap: _Gap) -> str | None:
        """Return the first cursor. It is stored before X is asked, so that an outage of X does not move it."""
        if gap.oldest:
            # An earlier version of the door began its first poll without a cursor and has not finished it.
            return None
        initial_time = self._now() - self._initial_period
        since_id = _id_at(initial_time)
        self._store.move_cursor(_CURSOR, since_id)
        _log.info("x.polling_started", after=iso(initial_time))
        return since_id

    def _read_pages(self, since_id: str | None, gap: _Gap) -> _PollResult:
        """Return the posts of all pages back to `since_id`, or of as many pages as the day's reads allow."""
        result = _PollResult([], gap.requested)
        token: str | None = None
        used_tokens: set[str] = set()
        while not self._stopping.is_set():
            try:
                max_posts = self._page_size()
            except ReadsSpent:
                if not result.posts:
                    raise
                return result
            page = self._mentions.page(since_id, token, str(gap.oldest) if gap.oldest else None, max_posts)
            result.requested += max_posts
            result.posts += posts_of_page(page)
            self._budget.count_reads(len(page.get("data", ())))
            token = page.get("meta", {}).get("next_token")
            if token is None:
                result.is_complete = True
                return result
            if token in used_tokens:
                raise XUnavailable("pages_in_a_circle")
            used_tokens.add(token)
        return result

    def _page_size(self) -> int:
        """Return the number of posts to request: the remaining reads within X's limits. Raises `ReadsSpent`."""
        remaining_reads = self._budget.require_reads() or MAX_POSTS_PER_PAGE
        return max(min(remaining_reads, MAX_POSTS_PER_PAGE), MIN_POSTS_PER_PAGE)

    def _close_gap(self, since_id: str | None, gap: _Gap, requested: int, posts: Sequence[ReceivedPost]) -> None:
        """Record that everything X shows is published. Warn if X may not have shown all posts."""
        if since_id and requested >= _MAX_REACHABLE_POSTS:
            window_start, window_end = iso(_time_of_id(int(since_id))), iso(_time_of_id(_oldest_id(posts)))
            _log.warning("x.window_exceeded", after=window_start, before=window_end)
        if gap.oldest:
            # In this order: X would reject a request for posts after the newest and before the oldest.
            self._store.move_cursor(_GAP, "")
            self._store.move_cursor(_CURSOR, str(max(gap.newest, int(self._store.cursor(_CURSOR) or 0))))

    def _store_gap(self, gap: _Gap, requested: int, posts: Sequence[ReceivedPost]) -> None:
        """Record that only the newest posts are published. The next poll with reads begins below them."""
        if oldest := _oldest_id(posts):
            new_gap = _Gap(gap.newest or self._newest_id(posts), oldest, requested)
            self._store.move_cursor(_GAP, new_gap.to_cursor())

    def _newest_id(self, posts: Sequence[ReceivedPost]) -> int:
        """Return the newest plausible id. An id of the next year would hide every post until then."""
        latest = self._now() + _MAX_CLOCK_DIFFERENCE
        return max((post.numeric_id for post in posts if _time_of_id(post.numeric_id) <= latest), default=0)


def _oldest_id(posts: Sequence[ReceivedPost]) -> int:
    return min((post.numeric_id for post in posts if post.numeric_id), default=0)


def _id_at(moment: datetime) -> str:
    """Return the lowest id of a post written at this time. No id is older than X's id format."""
    return str(max(int(moment.timestamp() * _MS_PER_SECOND) - _ID_EPOCH_MS, 0) << _ID_TIME_SHIFT)


def _time_of_id(post_id: int) -> datetime:
    """Return the time when the post with this id was written."""
    return datetime.fromtimestamp(((post_id >> _ID_TIME_SHIFT) + _ID_EPOCH_MS) / _MS_PER_SECOND, UTC)
