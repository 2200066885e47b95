"""Reads are counted and limited, and a gap of hours is filled without losing or reading any post twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.types import EventDict

from bus.errors import Retry
from ingest.door_store import DoorStore
from ingest.twitter.client import XUnavailable
from ingest.twitter.read_budget import DailyReads, ReadBudget, ReadsSpent
from tests.ingest.door_client import FlakyProducer
from tests.ingest.people import post
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.reading import START, Reading, RecordedWaits

_CURSOR = "twitter.since_id"
# X's ids count milliseconds from their 23rd bit on.
_AN_HOUR = 3_600_000 << 22
_TO_MIDNIGHT = (datetime(2026, 11, 25, tzinfo=UTC) - START).total_seconds()


def _ids(numbers: Iterator[int] | range) -> list[str]:
    return [post(number)["id"] for number in numbers]


def _events(logged: list[EventDict], name: str) -> list[EventDict]:
    return [line for line in logged if line["event"] == name]


@pytest.fixture
def backlog(reading: Reading) -> Reading:
    """Door with its cursor at post 3, and 57 newer posts in pages of ten."""
    reading.x.posts = [post(number) for number in range(1, 61)]
    reading.x.page_size = 10
    reading.store.move_cursor(_CURSOR, post(3)["id"])
    return reading


def test_reads_are_counted(reading: Reading, logged: list[EventDict]) -> None:
    """Each post that X returned counts, each time; an empty page costs nothing."""
    reading.poll()
    reading.poll()
    reading.x.posts.append(post(6))
    reading.poll()

    assert reading.budget().today() == DailyReads(START.date(), used=6, limit=0)
    assert [line["reads_today"] for line in _events(logged, "x.mentions_read")] == [5, 6]


def test_count_survives_the_process(reading: Reading) -> None:
    """The count of today is on disk; the next day starts at 0, and the day before stays readable."""
    reading.poll()
    later = ReadBudget(DoorStore(reading.parts.engine), 100, lambda: START + timedelta(days=1))

    assert (reading.budget().today().used, later.today().used) == (5, 0)
    later.count_reads(2)
    assert (reading.budget().today().used, later.today().used, later.today().remaining) == (5, 2, 98)


def test_two_count_at_once(engine: Any) -> None:
    """Reads of two processes at the same time are both counted, on either database."""
    store = DoorStore(engine)
    for more in (3, 4, 5):
        store.increase_counter("a day", more)

    assert store.cursor("a day") == "12"


def test_spent_reads_wait_for_the_next_day(reading: Reading, logged: list[EventDict]) -> None:
    """After the day's reads are used up the door logs it once, waits for the next UTC day, and continues."""
    reading.limit = 5
    stopping = RecordedWaits(4)
    door = reading.door(stopping)
    reading.x.posts = [post(number) for number in range(1, 6)]
    reading.x.page_size = 100
    door.poll()
    reading.x.posts += [post(6), post(7)]

    door.run()

    assert stopping.waits[0] == _TO_MIDNIGHT + 1
    assert reading.published() == _ids(range(1, 8))
    assert [(line["used"], line["limit"]) for line in _events(logged, "x.reads_spent")] == [(5, 5)]


def test_reason_while_the_door_is_shut(reading: Reading) -> None:
    """While the door waits for the next day's reads, `why_shut` returns the reason; otherwise it is empty."""
    reading.limit = 5
    door = reading.door(RecordedWaits(1))
    reading.x.posts = [post(number) for number in range(1, 6)]
    reading.x.page_size = 100
    door.poll()
    assert door.why_shut() == ""
    reading.x.posts += [post(6)]

    door.run()

    assert door.why_shut() == "reads_spent"


def test_page_size_within_remaining_reads(reading: Reading) -> None:
    """A page is requested with no more posts than the day has left, within X's minimum."""
    reading.limit = 12
    reading.x.posts = [post(number) for number in range(1, 41)]
    reading.x.page_size = 100

    reading.poll()

    assert [request["max_results"] for request in reading.x.requests] == ["12"]
    assert reading.budget().today().used == 12


def test_cursor_stays_while_a_gap_is_open(backlog: Reading) -> None:
    """If the reads end within a gap, the read posts are published and the cursor stays."""
    backlog.limit = 20

    assert backlog.poll() == 20

    assert backlog.published() == _ids(range(41, 61))
    assert backlog.store.cursor(_CURSOR) == post(3)["id"]
    with pytest.raises(ReadsSpent):
        backlog.poll()


def test_gap_is_filled_on_the_next_days(backlog: Reading) -> None:
    """With few reads a day the gap is filled from its newest to its oldest post; none is lost or read twice."""
    backlog.limit = 20
    for day in range(4):
        backlog.later(day)
        backlog.x.posts.append(post(61 + day))
        poll_until_spent(backlog)

    ids = [mention["id"] for mention in backlog.x.posts[3:]]
    assert sorted(backlog.published()) == ids
    assert backlog.store.cursor(_CURSOR) == ids[-1]
    assert [used_on(backlog, day) for day in range(4)] == [20, 20, 20, 1]


@pytest.mark.parametrize("away", range(1, 5))
def test_gap_survives_a_crash(backlog: Reading, away: int) -> None:
    """If the bus fails at any time while a gap is filled, each post is published once in the end."""
    backlog.limit = 20
    backlog.producer = FlakyProducer(backlog.producer, {away})
    for day in range(5):
        backlog.later(day)
        poll_until_spent(backlog)

    assert sorted(backlog.published()) == _ids(range(4, 61))
    assert backlog.store.cursor(_CURSOR) == post(60)["id"]


def used_on(reading: Reading, day: int) -> int:
    """Return the reads of a day."""
    reading.later(day)
    return reading.budget().today().used


def poll_until_spent(reading: Reading) -> None:
    """Poll until there is nothing new, or no reads are left today."""
    try:
        while reading.poll():
            pass
    except (ReadsSpent, Retry):
        return


def test_hours_offline(reading: Reading, logged: list[EventDict]) -> None:
    """A gap of hundreds of posts is read back to the cursor and published in the order of writing."""
    reading.x.page_size = 100
    reading.poll()
    reading.x.posts += [post(number) for number in range(6, 706)]

    assert reading.poll() == 700

    assert reading.published() == _ids(range(1, 706))
    assert len(reading.x.requests) == 1 + 7
    assert _events(logged, "x.window_exceeded") == []


def test_more_than_x_shows(reading: Reading, logged: list[EventDict]) -> None:
    """With more than 800 new mentions the shown ones are published, and the log names the time of the gap."""
    reading.x.page_size = 100
    reading.poll()
    reading.x.posts = [post(_AN_HOUR + number) for number in range(800)]

    assert reading.poll() == 800

    (event,) = _events(logged, "x.window_exceeded")
    assert (event["after"], event["before"]) == ("2025-11-16T10:12:27.069Z", "2025-11-16T11:12:27.069Z")
    assert reading.store.cursor(_CURSOR) == reading.x.posts[-1]["id"]


def test_failure_in_a_gap_reads_it_again(backlog: Reading) -> None:
    """A failure between two pages of a gap costs reads, and no posts."""
    backlog.x.script.extend([None, None, loopback_x.html_error(503)])

    with pytest.raises(XUnavailable):
        backlog.poll()
    assert backlog.published() == []
    assert backlog.poll() == 57
    assert backlog.published() == _ids(range(4, 61))
    assert backlog.budget().today().used == 20 + 57
