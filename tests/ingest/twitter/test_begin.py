"""First poll of X: how far back it reads. No post after the first start is missed."""

from datetime import timedelta

import pytest
from structlog.types import EventDict

from ingest.twitter.client import XUnavailable
from tests.ingest.door_client import raw_messages
from tests.ingest.people import Fields, post
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.reading import START, Reading
from tests.ingest.twitter.test_door import _CURSOR
from tests.support.arrival_ids import arrival_id, provider_id_of

# X's ids hold the milliseconds since this moment in their upper bits.
_EPOCH_MS = 1_288_834_974_657


@pytest.fixture
def reading(reading: Reading) -> Reading:
    """Service that never polled, and an X without posts. The first poll reads the last day."""
    reading.x.posts = []
    reading.initial_period = timedelta(hours=24)
    return reading


def written(hours: float) -> Fields:
    """Return a mention written this many hours after the first start."""
    moment = START + timedelta(hours=hours)
    return post(1) | {"id": str((int(moment.timestamp() * 1000) - _EPOCH_MS) << 22)}


def published_ids(reading: Reading) -> set[str]:
    """Return the ids of the posts that became messages."""
    return {provider_id_of(raw, reading.parts.sealer) for raw in raw_messages(reading.parts, "twitter")}


def test_older_mentions_are_not_read(reading: Reading, logged: list[EventDict]) -> None:
    """Of the mentions before the first start only those of the last day are read, and the log has the start time."""
    posts = [written(hours) for hours in (-1000, -24.1, -23.9, -1, 0)]
    reading.x.posts = posts

    assert reading.poll() == 3

    assert published_ids(reading) == {post_["id"] for post_ in posts[2:]}
    (line,) = [line for line in logged if line["event"] == "x.polling_started"]
    assert line["after"] == "2026-11-23T08:04:05.000Z"


def test_outage_at_the_first_start(reading: Reading) -> None:
    """X first answers three days after the start: all posts since the start and of the day before it are read."""
    reading.x.script.append(loopback_x.html_error(503))
    with pytest.raises(XUnavailable):
        reading.poll()
    posts = [written(hours) for hours in (-25, -23, 1, 47, 71)]
    reading.x.posts = posts
    reading.later(3)

    assert reading.poll() == 4
    assert published_ids(reading) == {post_["id"] for post_ in posts[1:]}


def test_first_cursor_is_stored_once(reading: Reading, logged: list[EventDict]) -> None:
    """Weeks without a mention and a changed setting do not move the cursor that the first start stored."""
    reading.poll()
    first_cursor = reading.store.cursor(_CURSOR)
    reading.later(30)
    reading.initial_period = timedelta(hours=1)
    reading.x.posts = [written(2), written(700)]

    assert reading.poll() == 2
    assert reading.x.requests[-1]["since_id"] == first_cursor
    assert len([line for line in logged if line["event"] == "x.polling_started"]) == 1


def test_existing_cursor_counts(reading: Reading) -> None:
    """A service that polled before keeps its cursor: unread posts are read, however old."""
    reading.store.move_cursor(_CURSOR, written(-500)["id"])
    reading.x.posts = [written(-400), written(-1)]

    assert reading.poll() == 2


def test_first_poll_continues_after_spent_reads(reading: Reading) -> None:
    """If the reads end during the first poll, the next day continues down to the first start's limit."""
    reading.limit = 5
    posts = [written(-hours) for hours in range(30, 0, -3)]
    reading.x.posts = posts
    reading.x.page_size = 5
    reading.poll()
    reading.later(1)
    reading.poll()

    assert published_ids(reading) == {post_["id"] for post_ in posts if post_["id"] > written(-24)["id"]}


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
    assert raw.id == arrival_id("twitter", f"{first}:{later}")
