"""The Twitter door at a loopback X, with a clock that its waits move, and what it published."""

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
from ingest.twitter.pictures import PictureFetcher
from ingest.twitter.read_budget import ReadBudget
from ingest.twitter.recent_posts import PostStore
from ingest.twitter.stream import StreamDoor, XStream
from ingest.twitter.withdrawn_posts import WithdrawnPostCheck
from tests.conftest import NOW
from tests.ingest.door_client import raw_messages
from tests.ingest.twitter import loopback_x as says
from tests.ingest.twitter.loopback_x import LoopbackX

PAUSE = 15.0
# X counts whole seconds.
START = NOW.replace(microsecond=0)


class Patience(threading.Event):
    """A stop event that keeps nobody waiting: it notes the seconds, moves the clock by them, and stops after `most`."""

    def __init__(self, most: int = 1) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._most = most

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event`; who waits for the stop itself does wait."""
        if timeout is None:
            return super().wait()
        self.waits.append(timeout)
        if len(self.waits) >= self._most:
            self.set()
        return self.is_set()

    def now(self) -> datetime:
        """The time after all these waits."""
        return START + timedelta(seconds=sum(self.waits))


class Reading:
    """A Twitter door at a loopback X. What a test changes here counts for the next door that is made."""

    def __init__(self, parts: Parts, producer: Producer, x: LoopbackX) -> None:
        self.parts = parts
        self.x = x
        self.store = DoorStore(parts.engine)
        self.posts = PostStore(parts.engine, parts.sealer)
        self.producer = producer
        self.timeout = (5.0, 5.0)
        self.limit = 0
        # To before X's first post: what most tests post is as old as they like.
        self.reach = timedelta(days=365 * 20)
        self.now: Callable[[], datetime] = lambda: START
        self.clock: Callable[[], float] = time.monotonic
        self.hosts = {x.url.removeprefix("http://")}

    def door(self, stopping: threading.Event | None = None) -> TwitterDoor:
        """A door as it is after a start."""
        stopping = self._told(stopping)
        parts = self._mentions(), self.intake(), self.budget(), self.store
        return TwitterDoor(*parts, self.now, PAUSE, stopping, self.reach)

    def stream(self, stopping: threading.Event | None = None) -> StreamDoor:
        """The stream beside it."""
        stopping = self._told(stopping)
        stream = XStream(self.x.url, says.TOKEN, self.timeout)
        return StreamDoor(stream, self.intake(), self.budget(), self.now, stopping)

    def withdrawals(self, days: int = 7) -> WithdrawnPostCheck:
        """Who asks whether posts are still there."""
        return WithdrawnPostCheck(self._mentions(), self.posts, self.budget(), self.producer, self.now, days)

    def budget(self) -> ReadBudget:
        """What may be read."""
        return ReadBudget(self.store, self.limit, self.now)

    def intake(self) -> Intake:
        """What both publish through."""
        adapter = TwitterAdapter(self.parts.wrapper, says.ACCOUNT)
        pictures = PictureFetcher(self.parts.attachments, self.hosts, self.clock, self.timeout)
        return Intake(adapter, pictures, self.producer, self.posts, self.now)

    def later(self, days: int) -> None:
        """So many days after the start."""
        self.now = lambda: START + timedelta(days=days)

    def poll(self) -> int:
        """Poll once."""
        return self.door().poll()

    def waits(self, looks: int) -> list[float]:
        """Run for so many looks; how long it waited after each."""
        patience = Patience(looks)
        self.door(patience).run()
        return patience.waits

    def bodies(self) -> list[dict[str, Any]]:
        """What is under the seals, in the order of the bus."""
        opened = [self.parts.sealer.open(raw.body, raw.message_id) for raw in raw_messages(self.parts, "twitter")]
        return [json.loads(body) for body in opened]

    def published(self) -> list[str]:
        """The ids of the posts on the bus, in their order."""
        return [body["post"]["id"] for body in self.bodies()]

    def _mentions(self) -> XClient:
        return XClient(self.x.url, says.TOKEN, says.ACCOUNT, self.timeout)

    def _told(self, stopping: threading.Event | None) -> threading.Event:
        stopping = stopping or threading.Event()
        if isinstance(stopping, Patience):
            self.now = stopping.now
        return stopping
