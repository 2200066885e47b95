"""A mention that X indexed after newer ones is read, at the stated cost; a post that triggers a bug is put aside."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from structlog.types import EventDict

from bus.errors import Reject
from bus.port import Outgoing, Producer
from ingest.twitter.adapter import ReceivedPost, TwitterAdapter
from ingest.twitter.door import TwitterDoor
from ingest.twitter.intake import Intake
from ingest.twitter.pictures import PictureFetcher
from messages.shapes import RawMessage
from tests.ingest.door_client import quarantined
from tests.ingest.people import Fields, post
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.reading import PAUSE, START, Reading, RecordedWaits
from tests.ingest.twitter.test_begin import _EPOCH_MS

_CURSOR = "twitter.since_id"


class Clock:
    """Clock that a test sets, in minutes after the first poll."""

    def __init__(self) -> None:
        self.minute = 0.0

    def __call__(self) -> datetime:
        """Return the time."""
        return START + timedelta(minutes=self.minute)


@pytest.fixture
def clock(reading: Reading) -> Clock:
    """Clock of the door. X has no posts, and answers with long pages."""
    reading.now = clock = Clock()
    reading.x.posts = []
    reading.x.page_size = 100
    return clock


def written(minute: float) -> Fields:
    """Return a mention written this many minutes after the first poll."""
    moment = START + timedelta(minutes=minute)
    return post(1) | {"id": str((int(moment.timestamp() * 1000) - _EPOCH_MS) << 22)}


def poll_until(door: TwitterDoor, clock: Clock, minute: float) -> None:
    """Poll once in each minute."""
    while clock.minute < minute:
        clock.minute += 1
        door.poll()


def test_mention_that_x_indexes_late_is_read(reading: Reading, clock: Clock) -> None:
    """X shows a mention only after a newer one was read. It is published within ten minutes, the newer one once."""
    early, late, newer = written(1), written(2), written(3)
    door = reading.door()
    door.poll()
    reading.x.posts = [early, newer]
    poll_until(door, clock, 4)
    assert reading.published() == [early["id"], newer["id"]]
    reading.x.posts = [early, late, newer]
    poll_until(door, clock, 14)

    assert reading.published() == [early["id"], newer["id"], late["id"]]
    assert reading.store.cursor(_CURSOR) == newer["id"]


@pytest.mark.slow
def test_each_mention_is_read_twice_at_most(reading: Reading, clock: Clock) -> None:
    """In an hour with a mention every ten minutes X returns each mention twice. Later hours cost no post."""
    door = reading.door()
    door.poll()
    for minute in range(5, 60, 10):
        reading.x.posts.append(written(minute))
        poll_until(door, clock, minute + 5)
    poll_until(door, clock, 75)
    assert reading.budget().today().used == 2 * 6
    polls = len(reading.x.requests)
    poll_until(door, clock, 135)

    assert (len(reading.x.requests) - polls, reading.budget().today().used) == (60, 12)
    assert len(reading.published()) == 6


def test_successor_continues_the_second_reading(reading: Reading, clock: Clock) -> None:
    """After a restart a late mention is read too. The newer one is published again, under the same id."""
    late, newer = written(2), written(3)
    door = reading.door()
    door.poll()
    reading.x.posts = [newer]
    poll_until(door, clock, 4)
    reading.x.posts = [late, newer]
    poll_until(reading.door(), clock, 14)

    assert reading.published() == [newer["id"], late["id"], newer["id"]]


def test_backlog_is_read_once(reading: Reading, clock: Clock) -> None:
    """Mentions that were old enough when they were read need no second reading."""
    door = reading.door()
    door.poll()
    clock.minute = 600
    reading.x.posts = [written(minute) for minute in range(1, 590)]
    poll_until(door, clock, 620)

    assert reading.budget().today().used == 589


class FaultyAdapter(TwitterAdapter):
    """Adapter with a bug that the text of a post triggers."""

    def accept(self, received: ReceivedPost, at: datetime) -> RawMessage:
        """See `TwitterAdapter`."""
        if isinstance(received.post, dict) and "(3)" in received.post["text"]:
            raise ZeroDivisionError
        return super().accept(received, at)


class StrictProducer:
    """Producer of a bus that takes no record above `max_bytes`."""

    def __init__(self, producer: Producer, max_bytes: int) -> None:
        self._producer = producer
        self._max_bytes = max_bytes

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`."""
        if any(message.size > self._max_bytes for message in messages):
            raise Reject("too_large")
        self._producer.publish(messages)

    def close(self) -> None:
        """See `bus.port.Producer`."""


def test_post_that_triggers_a_bug_is_put_aside_alone(
    reading: Reading, logged: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The post is in quarantine with its content. The other posts are complaints, and none is read again."""
    pictures = PictureFetcher(reading.parts.doors.attachments, reading.hosts, lambda: 0.0)
    adapter = FaultyAdapter(reading.parts.wrapper, loopback_x.ACCOUNT)
    intake = Intake(adapter, pictures, reading.producer, reading.posts, reading.now)
    monkeypatch.setattr(reading, "intake", lambda: intake)
    reading.x.page_size = 100

    assert (reading.poll(), reading.poll()) == (5, 0)

    assert reading.published() == [post(number)["id"] for number in (1, 2, 4, 5)]
    (message,) = quarantined(reading.parts)
    assert message.reason == "unexpected"
    body = json.loads(reading.parts.sealer.open(message.raw.body, message.message_id))
    assert body["post"] == post(3)
    assert reading.store.cursor(_CURSOR) == post(5)["id"]
    assert len([line for line in logged if line["event"] == "x.post_failed"]) == 1


def test_post_that_the_bus_never_takes_is_put_aside_by_its_id(reading: Reading) -> None:
    """A post above the broker's limit blocks no other post. Its id is in quarantine, by which it is found on X."""
    reading.x.page_size = 100
    reading.x.posts[2] |= {"text": "a" * 20_000}
    reading.producer = StrictProducer(reading.producer, 15_000)

    assert (reading.poll(), reading.poll()) == (5, 0)

    assert reading.published() == [post(number)["id"] for number in (1, 2, 4, 5)]
    (message,) = quarantined(reading.parts)
    body = json.loads(reading.parts.sealer.open(message.raw.body, message.message_id))
    assert body["post"] == {"id": post(3)["id"]}


def test_bug_in_a_poll_does_not_end_the_process(
    reading: Reading, logged: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other doors of the process stay open; this one says that it is shut, and tries again."""
    stopping = RecordedWaits(3)
    door = reading.door(stopping)
    monkeypatch.setattr(reading.store, "cursor", lambda _name: 1 // 0)
    door.run()

    assert stopping.waits == [PAUSE, 2 * PAUSE, 4 * PAUSE]
    assert door.why_shut() == "unexpected"
    assert len([line for line in logged if line["event"] == "x.poll_failed"]) == 3
