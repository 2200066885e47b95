"""Polls mentions and publishes them, oldest first; how far it read moves only after the bus has them."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import structlog

from ingest.door_store import DoorStore
from ingest.twitter.adapter import Found, found_in
from ingest.twitter.client import LEAST_AT_ONCE, MOST_AT_ONCE, Mentions, XAway
from ingest.twitter.intake import Intake
from ingest.twitter.poll_loop import Looking
from ingest.twitter.read_budget import ReadBudget, ReadsSpent
from messages.shapes import iso

# Everything up to this post is kept.
_CURSOR = "twitter.since_id"
# What was read beyond that when a day's reads ended; the older posts in between are still to come.
_AHEAD = "twitter.ahead"
# Posts published at once: a long backlog fits what a producer may hold, and is not begun anew after a failure.
_BATCH = 100
# X shows no mention that has so many newer ones: https://docs.x.com/x-api/posts/timelines/introduction
_REACHABLE = 800
# X's ids hold the milliseconds since this moment in their upper bits.
_EPOCH_MS = 1_288_834_974_657
_CLOCK_BIT = 22
# How far X's clock and ours may be apart.
_CLOCKS = timedelta(days=1)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Kept are the posts from `oldest` to `newest`; `looked` is how many places X was asked to show for them."""

    newest: int = 0
    oldest: int = 0
    looked: int = 0


@dataclass(slots=True)
class _Read:
    """What one look read; `whole` when it came down to what is kept, or to the end of what X shows."""

    found: list[Found]
    looked: int
    whole: bool = False


class TwitterDoor:
    """Runs in a thread of its own. `pause` is the seconds between two looks; after a failure it grows.

    A door that never looked begins `reach` before its first start.
    """

    def __init__(
        self,
        mentions: Mentions,
        intake: Intake,
        budget: ReadBudget,
        store: DoorStore,
        now: Callable[[], datetime],
        pause: float,
        stopping: threading.Event,
        reach: timedelta,
    ) -> None:
        self._mentions = mentions
        self._intake = intake
        self._budget = budget
        self._store = store
        self._now = now
        self._stopping = stopping
        self._reach = reach
        self._looking = Looking("mentions", self.look, now, pause, stopping)

    def run(self) -> None:
        """Look until stopped."""
        self._looking.run()

    def shut(self) -> str:
        """Why nothing comes in here; nothing while it does."""
        return self._looking.why

    def look(self) -> int:
        """Publish every mention newer than the last one kept; returns how many. Raises what `run` waits out."""
        ahead = self._ahead()
        since = self._store.cursor(_CURSOR) or self._begin(ahead)
        read = self._read(since, ahead)
        found = sorted(read.found, key=lambda one: one.age)
        if self._stopping.is_set() and not read.whole:
            return 0
        for start in range(0, len(found), _BATCH):
            batch = found[start : start + _BATCH]
            self._intake.keep(batch)
            # What is published twice after a failure in between has the same ids.
            if read.whole and (newest := self._newest(batch)) > int(since or 0):
                self._store.move_cursor(_CURSOR, str(newest))
        if read.whole:
            self._arrive(since, ahead, read, found)
        else:
            self._go_ahead(ahead, read, found)
        if found:
            reads = self._budget.today()
            _log.info("x.read", posts=len(found), reads_today=reads.used, reads_a_day=reads.limit)
        return len(found)

    def _begin(self, ahead: _Ahead) -> str | None:
        """Where the first look ends; kept before X is asked, so that no absence of X's moves it on."""
        if ahead.oldest:
            # A first look that is under way, of a version which knew no end of it.
            return None
        began = self._now() - self._reach
        since = _place(began)
        self._store.move_cursor(_CURSOR, since)
        _log.info("x.begun", after=iso(began))
        return since

    def _read(self, since_id: str | None, ahead: _Ahead) -> _Read:
        """All pages, back to `since_id`, or as many as the day's reads allow."""
        read = _Read([], ahead.looked)
        token: str | None = None
        followed: set[str] = set()
        while not self._stopping.is_set():
            try:
                most = max(min(self._budget.must_have() or MOST_AT_ONCE, MOST_AT_ONCE), LEAST_AT_ONCE)
            except ReadsSpent:
                if not read.found:
                    raise
                return read
            page = self._mentions.page(since_id, token, str(ahead.oldest) if ahead.oldest else None, most)
            read.looked += most
            read.found += found_in(page)
            self._budget.spend(len(page.get("data", ())))
            token = page.get("meta", {}).get("next_token")
            if token is None:
                read.whole = True
                return read
            if token in followed:
                raise XAway("pages_in_a_circle")
            followed.add(token)
        return read

    def _arrive(self, since: str | None, ahead: _Ahead, read: _Read, found: list[Found]) -> None:
        """Everything that X shows is kept, from the last place to the newest that was read."""
        if since and read.looked >= _REACHABLE:
            _log.warning("x.out_of_reach", after=iso(_written(int(since))), before=iso(_written(_oldest(found))))
        if ahead.oldest:
            # In this order: X would refuse to be asked for what is after the newest and before the oldest.
            self._store.move_cursor(_AHEAD, "")
            self._store.move_cursor(_CURSOR, str(max(ahead.newest, int(self._store.cursor(_CURSOR) or 0))))

    def _newest(self, found: Sequence[Found]) -> int:
        """The newest id that can be one today: one of next year's would hide every post until then."""
        latest = self._now() + _CLOCKS
        return max((one.age for one in found if _written(one.age) <= latest), default=0)

    def _go_ahead(self, ahead: _Ahead, read: _Read, found: list[Found]) -> None:
        """Remember that the newest are kept and the older are not; the next look with reads begins below them."""
        if oldest := _oldest(found):
            gap = _Ahead(ahead.newest or self._newest(found), oldest, read.looked)
            self._store.move_cursor(_AHEAD, json.dumps(asdict(gap)))

    def _ahead(self) -> _Ahead:
        kept = self._store.cursor(_AHEAD)
        return _Ahead(**json.loads(kept)) if kept else _Ahead()


def _oldest(found: Sequence[Found]) -> int:
    return min((one.age for one in found if one.age), default=0)


def _place(moment: datetime) -> str:
    """An id as of a post written then; none is older than X's ids are."""
    return str(max(int(moment.timestamp() * 1000) - _EPOCH_MS, 0) << _CLOCK_BIT)


def _written(post: int) -> datetime:
    """When a post with this id was written."""
    return datetime.fromtimestamp(((post >> _CLOCK_BIT) + _EPOCH_MS) / 1000, UTC)
