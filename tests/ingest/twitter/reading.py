"""The Twitter door at a loopback X, with a clock that its waits advance, and access to its published posts."""

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from app.assembly.parts import Parts
from bus.port import Producer
from ingest.door_store import DoorStore
from ingest.twitter.adapter import TwitterAdapter
from ingest.twitter.client import XClient
from ingest.twitter.door import TwitterDoor
from ingest.twitter.intake import Intake
from ingest.twitter.lease import Lease
from ingest.twitter.pictures import PictureFetcher
from ingest.twitter.read_budget import ReadBudget
from ingest.twitter.recent_posts import PostStore
from ingest.twitter.withdrawn_posts import WithdrawnPostCheck
from tests.conftest import NOW
from tests.ingest.door_client import raw_messages
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.loopback_x import LoopbackX

PAUSE = 15.0
# X counts whole seconds.
START = NOW.replace(microsecond=0)


class RecordedWaits(threading.Event):
    """Stop event whose waits return at once. It records them, advances the clock, and stops after `max_waits`."""

    def __init__(self, max_waits: int = 1) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._max_waits = max_waits

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event`. A wait without a timeout does wait."""
        if timeout is None:
            return super().wait()
        self.waits.append(timeout)
        if len(self.waits) >= self._max_waits:
            self.set()
        return self.is_set()

    def now(self) -> datetime:
        """Return the time after all these waits."""
        return START + timedelta(seconds=sum(self.waits))


class Reading:
    """Twitter door at a loopback X. Changed attributes apply to the next door that is built."""

    def __init__(self, parts: Parts, producer: Producer, x: LoopbackX) -> None:
        self.parts = parts
        self.x = x
        self.store = DoorStore(parts.engine)
        self.posts = PostStore(parts.engine, parts.sealer)
        self.producer = producer
        self.timeout = (5.0, 5.0)
        self.limit = 0
        # Reaches back before X's first post, so that tests may post with any time.
        self.initial_period = timedelta(days=365 * 20)
        self.now: Callable[[], datetime] = lambda: START
        self.clock: Callable[[], float] = time.monotonic
        self.hosts = {x.url.removeprefix("http://")}

    def door(self, stopping: threading.Event | None = None) -> TwitterDoor:
        """Return a door as after a start."""
        stopping = self._stop_event(stopping)
        parts = self._client(), self.intake(), self.budget(), self.store
        return TwitterDoor(*parts, self.now, PAUSE, stopping, self.initial_period, self.lease())

    def withdrawn_post_check(self, days: int = 7) -> WithdrawnPostCheck:
        """Return the check for withdrawn posts."""
        return WithdrawnPostCheck(self._client(), self.posts, self.budget(), self.producer, self.now, days)

    def lease(self, holder: str = "this process") -> Lease:
        """Return the lease of a process."""
        return Lease(self.parts.engine, "twitter", lambda: holder, self.now)

    def budget(self) -> ReadBudget:
        """Return the count of reads."""
        return ReadBudget(self.store, self.limit, self.now)

    def intake(self) -> Intake:
        """Return the intake of the poller."""
        adapter = TwitterAdapter(self.parts.wrapper, loopback_x.ACCOUNT)
        pictures = PictureFetcher(self.parts.doors.attachments, self.hosts, self.clock, self.timeout)
        return Intake(adapter, pictures, self.producer, self.posts, self.now)

    def later(self, days: int) -> None:
        """Set the clock to this many days after the start."""
        self.now = lambda: START + timedelta(days=days)

    def poll(self) -> int:
        """Poll once."""
        return self.door().poll()

    def waits(self, polls: int) -> list[float]:
        """Run for this many polls. Return the wait after each."""
        stopping = RecordedWaits(polls)
        self.door(stopping).run()
        return stopping.waits

    def bodies(self) -> list[dict[str, Any]]:
        """Return the unsealed bodies in the order of the bus."""
        opened = [self.parts.sealer.open(raw.body, raw.message_id) for raw in raw_messages(self.parts, "twitter")]
        return [json.loads(body) for body in opened]

    def published(self) -> list[str]:
        """Return the ids of the posts on the bus, in order."""
        return [body["post"]["id"] for body in self.bodies()]

    def _client(self) -> XClient:
        return XClient(self.x.url, loopback_x.TOKEN, loopback_x.ACCOUNT, self.timeout)

    def _stop_event(self, stopping: threading.Event | None) -> threading.Event:
        stopping = stopping or threading.Event()
        if isinstance(stopping, RecordedWaits):
            self.now = stopping.now
        return stopping
