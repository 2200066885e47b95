"""Reads all pages of mentions between two ids, as far as the day's reads allow, and the time in X's ids."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.twitter.adapter import ReceivedPost, posts_of_page
from ingest.twitter.client import MAX_POSTS_PER_PAGE, MIN_POSTS_PER_PAGE, MentionSource, XUnavailable
from ingest.twitter.lease import Lease
from ingest.twitter.read_budget import ReadBudget, ReadsSpent

# The upper bits of X's ids are the milliseconds since this moment (in milliseconds since 1970).
_ID_EPOCH_MS = 1_288_834_974_657
_ID_TIME_SHIFT = 22
_MS_PER_SECOND = 1000


@dataclass(slots=True)
class PageReading:
    """Posts of one reading, and the number of posts that X was asked for.

    `is_complete` if it reached the lower id or the end of the posts that X shows.
    """

    posts: list[ReceivedPost]
    requested: int = 0
    is_complete: bool = False


class PageReader:
    """Reads pages while this process holds the lease and is not stopping."""

    def __init__(self, mentions: MentionSource, budget: ReadBudget, lease: Lease, stopping: threading.Event) -> None:
        self._mentions = mentions
        self._budget = budget
        self._lease = lease
        self._stopping = stopping

    def may_continue(self) -> bool:
        """Return True while this process holds the lease and is not stopping. Raises `DatabaseUnavailable`."""
        return not self._stopping.is_set() and self._lease.is_held()

    def read(self, since_id: str | None, until_id: str | None) -> PageReading:
        """Return the posts after `since_id` and before `until_id`.

        Raises `XUnavailable` and `DatabaseUnavailable`; `ReadsSpent` if no page at all could be requested.
        """
        reading = PageReading([])
        token: str | None = None
        used_tokens: set[str] = set()
        while self.may_continue():
            try:
                max_posts = self._page_size()
            except ReadsSpent:
                if not reading.posts:
                    raise
                return reading
            page = self._mentions.page(since_id, token, until_id, max_posts)
            reading.requested += max_posts
            reading.posts += posts_of_page(page)
            self._budget.count_reads(len(page.get("data", ())))
            token = page.get("meta", {}).get("next_token")
            if token is None:
                reading.is_complete = True
                return reading
            if token in used_tokens:
                raise XUnavailable("pages_in_a_circle")
            used_tokens.add(token)
        return reading

    def _page_size(self) -> int:
        """Return the number of posts to request: the remaining reads within X's limits. Raises `ReadsSpent`."""
        remaining_reads = self._budget.require_reads() or MAX_POSTS_PER_PAGE
        return max(min(remaining_reads, MAX_POSTS_PER_PAGE), MIN_POSTS_PER_PAGE)


def oldest_id(posts: Sequence[ReceivedPost]) -> int:
    """Return the lowest id of the posts; 0 if none has an id."""
    return min((post.numeric_id for post in posts if post.numeric_id), default=0)


def id_at(moment: datetime) -> int:
    """Return the lowest id of a post written at this time. No id is older than X's id format."""
    return max(int(moment.timestamp() * _MS_PER_SECOND) - _ID_EPOCH_MS, 0) << _ID_TIME_SHIFT


def time_of_id(post_id: int) -> datetime:
    """Return the time when the post with this id was written."""
    return datetime.fromtimestamp(((post_id >> _ID_TIME_SHIFT) + _ID_EPOCH_MS) / _MS_PER_SECOND, UTC)
