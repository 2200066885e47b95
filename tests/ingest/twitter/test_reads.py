"""What X bills is counted and bounded, and a gap of hours is filled without losing or reading anything twice."""

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
from tests.ingest.twitter import loopback_x as says
from tests.ingest.twitter.reading import START, Patience, Reading

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
    """A door that was kept at post 3, and 57 newer ones in pages of ten."""
    reading.x.posts = [post(number) for number in range(1, 61)]
    reading.x.page_size = 10
    reading.store.move_cursor(_CURSOR, post(3)["id"])
    return reading


def test_reads_are_counted(reading: Reading, logged: list[EventDict]) -> None:
    """Each post that X gave counts, once for each time it gave it; an empty page costs nothing."""
    reading.poll()
    reading.poll()
    reading.x.posts.append(post(6))
    reading.poll()

    assert reading.budget().today() == DailyReads(START.date(), used=6, limit=0)
    assert [line["reads_today"] for line in _events(logged, "x.mentions_read")] == [5, 6]


def test_count_outlives_the_process(reading: Reading) -> None:
    """What was used today is on the disk, and a day later it begins anew; the day before can still be seen."""
    reading.poll()
    later = ReadBudget(DoorStore(reading.parts.engine), 100, lambda: START + timedelta(days=1))

    assert (reading.budget().today().used, later.today().used) == (5, 0)
    later.count_reads(2)
    assert (reading.budget().today().used, later.today().used, later.today().remaining) == (5, 2, 98)


def test_two_count_at_once(engine: Any) -> None:
    """Two processes that read at the same time are both counted, on either database."""
    store = DoorStore(engine)
    for more in (3, 4, 5):
        store.increase_counter("a day", more)

    assert store.cursor("a day") == "12"


def test_spent_waits_for_the_next_day(reading: Reading, logged: list[EventDict]) -> None:
    """When the day's reads are used up the door waits for the next UTC day, says so once, and then reads on."""
    reading.limit = 5
    patience = Patience(4)
    door = reading.door(patience)
    reading.x.posts = [post(number) for number in range(1, 6)]
    reading.x.page_size = 100
    door.poll()
    reading.x.posts += [post(6), post(7)]

    door.run()

    assert patience.waits[0] == _TO_MIDNIGHT + 1
    assert reading.published() == _ids(range(1, 8))
    assert [(line["used"], line["limit"]) for line in _events(logged, "x.reads_spent")] == [(5, 5)]


def test_a_door_says_why_it_is_shut(reading: Reading) -> None:
    """Open while X shows what is new; while it waits for the next day's reads it says so, to `/ready`."""
    reading.limit = 5
    door = reading.door(Patience(1))
    reading.x.posts = [post(number) for number in range(1, 6)]
    reading.x.page_size = 100
    door.poll()
    assert door.why_shut() == ""
    reading.x.posts += [post(6)]

    door.run()

    assert door.why_shut() == "reads_spent"


def test_never_more_than_is_left(reading: Reading) -> None:
    """A page is asked for no more posts than the day has left, as far as X lets itself be asked for so few."""
    reading.limit = 12
    reading.x.posts = [post(number) for number in range(1, 41)]
    reading.x.page_size = 100

    reading.poll()

    assert [asked["max_results"] for asked in reading.x.asked] == ["12"]
    assert reading.budget().today().used == 12


def test_place_stays_while_a_gap_is_open(backlog: Reading) -> None:
    """A day's reads that end in the middle of a gap: what was read is kept, and how far was read does not move."""
    backlog.limit = 20

    assert backlog.poll() == 20

    assert backlog.published() == _ids(range(41, 61))
    assert backlog.store.cursor(_CURSOR) == post(3)["id"]
    with pytest.raises(ReadsSpent):
        backlog.poll()


def test_gap_is_filled_on_the_next_days(backlog: Reading) -> None:
    """However small the day's reads, the gap is filled from its new end to its old, nothing lost or read twice."""
    backlog.limit = 20
    for day in range(4):
        backlog.later(day)
        backlog.x.posts.append(post(61 + day))
        look_until_spent(backlog)

    everything = [found["id"] for found in backlog.x.posts[3:]]
    assert sorted(backlog.published()) == everything
    assert backlog.store.cursor(_CURSOR) == everything[-1]
    assert [used_on(backlog, day) for day in range(4)] == [20, 20, 20, 1]


@pytest.mark.parametrize("away", range(1, 5))
def test_gap_survives_a_crash(backlog: Reading, away: int) -> None:
    """Whenever the bus goes away while a gap is filled, everything is on it in the end, and most of it once."""
    backlog.limit = 20
    backlog.producer = FlakyProducer(backlog.producer, {away})
    for day in range(5):
        backlog.later(day)
        look_until_spent(backlog)

    assert sorted(backlog.published()) == _ids(range(4, 61))
    assert backlog.store.cursor(_CURSOR) == post(60)["id"]


def used_on(reading: Reading, day: int) -> int:
    """DailyReads of a day."""
    reading.later(day)
    return reading.budget().today().used


def look_until_spent(reading: Reading) -> None:
    """Look until there is nothing new, or no reads are left today."""
    try:
        while reading.poll():
            pass
    except (ReadsSpent, Retry):
        return


def test_hours_offline(reading: Reading, logged: list[EventDict]) -> None:
    """A gap of hundreds of posts is read back to the last one kept, and stands on the bus as it was written."""
    reading.x.page_size = 100
    reading.poll()
    reading.x.posts += [post(number) for number in range(6, 706)]

    assert reading.poll() == 700

    assert reading.published() == _ids(range(1, 706))
    assert len(reading.x.asked) == 1 + 7
    assert _events(logged, "x.window_exceeded") == []


def test_more_than_x_shows(reading: Reading, logged: list[EventDict]) -> None:
    """More than 800 mentions behind, X shows no older ones: what it shows is kept, and the time of the gap is said."""
    reading.x.page_size = 100
    reading.poll()
    reading.x.posts = [post(_AN_HOUR + number) for number in range(800)]

    assert reading.poll() == 800

    (told,) = _events(logged, "x.window_exceeded")
    assert (told["after"], told["before"]) == ("2025-11-16T10:12:27.069Z", "2025-11-16T11:12:27.069Z")
    assert reading.store.cursor(_CURSOR) == reading.x.posts[-1]["id"]


def test_failure_in_a_gap_reads_it_again(backlog: Reading) -> None:
    """X going away between two pages of a gap costs reads, and no posts."""
    backlog.x.script.extend([None, None, says.html_error(503)])

    with pytest.raises(XUnavailable):
        backlog.poll()
    assert backlog.published() == []
    assert backlog.poll() == 57
    assert backlog.published() == _ids(range(4, 61))
    assert backlog.budget().today().used == 20 + 57
