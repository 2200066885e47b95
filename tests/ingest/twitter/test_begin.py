"""The first look at X: how far back it goes, and that nothing written after the first start is missed."""

import json
from datetime import timedelta

import pytest
from structlog.types import EventDict

from ingest.twitter.client import XUnavailable
from messages import ids
from tests.ingest.door_client import raw_messages
from tests.ingest.people import Fields, post
from tests.ingest.twitter import loopback_x as says
from tests.ingest.twitter.reading import START, Reading
from tests.ingest.twitter.test_door import _CURSOR

# X's ids hold the milliseconds since this moment in their upper bits.
_EPOCH_MS = 1_288_834_974_657


@pytest.fixture
def reading(reading: Reading) -> Reading:
    """A service that never looked, and an X without posts; the first look goes a day back."""
    reading.x.posts = []
    reading.reach = timedelta(hours=24)
    return reading


def written(hours: float) -> Fields:
    """A mention of so many hours after the first start."""
    moment = START + timedelta(hours=hours)
    return post(1) | {"id": str((int(moment.timestamp() * 1000) - _EPOCH_MS) << 22)}


def found(reading: Reading) -> set[str]:
    """The posts that became messages."""
    return {raw.provider_id for raw in raw_messages(reading.parts, "twitter")}


def test_what_is_older_stays_where_it_is(reading: Reading, logged: list[EventDict]) -> None:
    """Of the mentions before the first start only the last day's are read, and the log says from when."""
    posts = [written(hours) for hours in (-1000, -24.1, -23.9, -1, 0)]
    reading.x.posts = posts

    assert reading.poll() == 3

    assert found(reading) == {one["id"] for one in posts[2:]}
    (line,) = [line for line in logged if line["event"] == "x.polling_started"]
    assert line["after"] == "2026-11-23T08:04:05.000Z"


def test_an_absence_of_x_at_first_moves_nothing(reading: Reading) -> None:
    """X answers three days after the first start: all that was written since is read, and the day before it."""
    reading.x.script.append(says.html_error(503))
    with pytest.raises(XUnavailable):
        reading.poll()
    posts = [written(hours) for hours in (-25, -23, 1, 47, 71)]
    reading.x.posts = posts
    reading.later(3)

    assert reading.poll() == 4
    assert found(reading) == {one["id"] for one in posts[1:]}


def test_it_begins_once(reading: Reading, logged: list[EventDict]) -> None:
    """No mention for weeks, and a setting that was changed meanwhile: the place stays where the first start put it."""
    reading.poll()
    began = reading.store.cursor(_CURSOR)
    reading.later(30)
    reading.reach = timedelta(hours=1)
    reading.x.posts = [written(2), written(700)]

    assert reading.poll() == 2
    assert reading.x.asked[-1]["since_id"] == began
    assert len([line for line in logged if line["event"] == "x.polling_started"]) == 1


def test_a_place_that_is_there_counts(reading: Reading) -> None:
    """A service that looked before is not begun anew: what it has not read is read, however old."""
    reading.store.move_cursor(_CURSOR, written(-500)["id"])
    reading.x.posts = [written(-400), written(-1)]

    assert reading.poll() == 2


def test_a_first_look_that_was_cut_short_is_finished(reading: Reading) -> None:
    """DailyReads that end within the first day's mentions: the next day goes on, down to where the first would have."""
    reading.limit = 5
    posts = [written(-hours) for hours in range(30, 0, -3)]
    reading.x.posts = posts
    reading.x.page_size = 5
    reading.poll()
    reading.later(1)
    reading.poll()

    assert found(reading) == {one["id"] for one in posts if one["id"] > written(-24)["id"]}


def test_a_first_look_of_an_older_version_is_finished(reading: Reading) -> None:
    """It knew no end: what was still to come below what it kept comes, however old."""
    gap = {"newest": int(written(-1)["id"]), "oldest": int(written(-1)["id"]), "looked": 5}
    reading.store.move_cursor("twitter.ahead", json.dumps(gap))
    reading.x.posts = [written(-900), written(-2), written(-1)]

    assert (reading.poll(), reading.poll()) == (2, 0)
    assert reading.store.cursor(_CURSOR) == written(-1)["id"]


def test_more_than_x_shows_is_said_of_the_first_look_too(reading: Reading, logged: list[EventDict]) -> None:
    """A day with more than 800 mentions before the first start: the log names the time that may have holes."""
    reading.x.posts = [written(-20 + number / 100) for number in range(801)]
    reading.x.page_size = 100

    reading.poll()

    assert "x.window_exceeded" in {line["event"] for line in logged}


def test_an_edit_of_what_is_too_old(reading: Reading) -> None:
    """A version that is new enough is read; it is the same matter as its first would have been."""
    first, later = written(-25)["id"], written(-23)["id"]
    reading.x.posts = [post(1) | {"id": later, "edit_history_tweet_ids": [first, later]}]

    assert reading.poll() == 1
    (raw,) = raw_messages(reading.parts, "twitter")
    assert raw.id == ids.message_id("twitter", f"{first}:{later}")
