"""Posts that their authors withdrew: each post is looked up once a day; a withdrawn one is an oversight event."""

from datetime import timedelta

import pytest
from structlog.types import EventDict

from ingest.twitter.client import XUnavailable
from ingest.twitter.read_budget import ReadsSpent
from ingest.twitter.withdrawn_posts import (
    WithdrawnPost,
    withdrawn_posts_of_lookup,
)
from messages import codec, ids
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT
from tests.ingest.door_client import FlakyProducer
from tests.ingest.people import post
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.reading import START, Reading
from tests.support.arrival_ids import arrival_id

FIVE = [post(number)["id"] for number in range(1, 6)]


def withdrawal_events(reading: Reading) -> list[OversightEvent]:
    """Return the events on oversight."""
    reader = reading.parts.bus.reader()
    try:
        return [codec.decode(OversightEvent, record.value, record.headers) for record in reader.read([OVERSIGHT])]
    finally:
        reader.close()


def stored_posts(reading: Reading) -> list[str]:
    """Return the ids of the posts that are looked up once a day."""
    return list(reading.posts.due(START + timedelta(days=1_000), 1_000))


def complaint_of(number: int) -> object:
    """Return the id of the complaint that a post became."""
    return ids.complaint_id(arrival_id("twitter", post(number)["id"]))


@pytest.fixture
def received(reading: Reading) -> Reading:
    """Door that received five posts, two days ago."""
    reading.x.page_size = 100
    reading.poll()
    reading.later(2)
    return reading


def test_withdrawn_posts_are_published(received: Reading, logged: list[EventDict]) -> None:
    """For a deleted or protected post, oversight gets the complaint's id and nothing of the post."""
    received.x.deleted, received.x.protected = {FIVE[1]}, {FIVE[3]}

    assert received.withdrawn_post_check().check_due_posts() == 2

    events = withdrawal_events(received)
    assert {(event.event, event.subject, event.reason) for event in events} == {
        ("post-withdrawn", complaint_of(2), "deleted"),
        ("post-withdrawn", complaint_of(4), "protected"),
    }
    assert [number for number in FIVE if any(number in event.model_dump_json() for event in events)] == []
    assert [line["posts"] for line in logged if line["event"] == "x.posts_withdrawn"] == [2]


def test_withdrawn_post_is_published_once(received: Reading) -> None:
    """A withdrawn post is not looked up again."""
    received.x.deleted = {FIVE[1]}
    received.withdrawn_post_check().check_due_posts()
    received.later(4)
    received.withdrawn_post_check().check_due_posts()

    assert len(withdrawal_events(received)) == 1
    assert [len(ids) for ids in received.x.looked_up] == [5, 4]


def test_one_lookup_a_day(received: Reading) -> None:
    """Each post costs one read a day, however often the check runs."""
    checks = received.withdrawn_post_check()
    for _ in range(5):
        checks.check_due_posts()

    assert [sorted(ids) for ids in received.x.looked_up] == [FIVE]
    assert received.budget().today().used == 5


def test_new_posts_are_not_looked_up(reading: Reading) -> None:
    """A post is not looked up in its first day."""
    reading.poll()
    reading.now = lambda: START + timedelta(hours=23)
    reading.withdrawn_post_check().check_due_posts()

    assert reading.x.looked_up == []


def test_old_posts_are_not_looked_up(received: Reading) -> None:
    """After the configured days a post and its id are deleted from the store."""
    received.later(8)

    assert received.withdrawn_post_check(days=7).check_due_posts() == 0
    assert (received.x.looked_up, stored_posts(received)) == ([], [])


def test_hundreds_take_several_lookups(reading: Reading) -> None:
    """X looks up a hundred posts at once; the next check takes the remaining ones."""
    reading.x.page_size = 100
    reading.x.posts = [post(number) for number in range(1, 251)]
    reading.poll()
    reading.later(2)
    checks = reading.withdrawn_post_check()
    for _ in range(4):
        checks.check_due_posts()

    assert [len(ids) for ids in reading.x.looked_up] == [100, 100, 50]


def test_lookups_count_as_reads(received: Reading) -> None:
    """Lookups count as reads: they stop when the day's reads are used up."""
    received.limit = 3
    checks = received.withdrawn_post_check()
    checks.check_due_posts()
    with pytest.raises(ReadsSpent):
        checks.check_due_posts()

    assert [len(ids) for ids in received.x.looked_up] == [3]


@pytest.mark.parametrize(
    "answer",
    [
        loopback_x.limited(),
        loopback_x.html_error(),
        loopback_x.broken_json(),
        loopback_x.json_answer({}),
        loopback_x.json_answer([]),
        loopback_x.json_answer({"data": 5}),
    ],
)
def test_error_of_x_withdraws_nothing(received: Reading, answer: loopback_x.Answer) -> None:
    """After an error of X nothing is withdrawn, and the posts are looked up again."""
    received.x.lookups.append(answer)
    checks = received.withdrawn_post_check()

    with pytest.raises(XUnavailable):
        checks.check_due_posts()
    assert withdrawal_events(received) == []
    checks.check_due_posts()
    assert len(received.x.looked_up) == 2


def test_post_missing_from_the_response(received: Reading) -> None:
    """A post that X neither returns nor names in an error counts as present; it is checked the next day."""
    received.x.lookups.append(loopback_x.json_answer({"data": [post(1)]}))

    assert received.withdrawn_post_check().check_due_posts() == 0
    assert sorted(stored_posts(received)) == FIVE


def test_event_is_published_later_if_the_bus_is_away(received: Reading) -> None:
    """An event that could not be published is published at the next check."""
    received.x.deleted = {FIVE[0]}
    received.producer = FlakyProducer(received.producer, {1})
    checks = received.withdrawn_post_check()

    with pytest.raises(Exception, match="away"):
        checks.check_due_posts()
    assert checks.check_due_posts() == 1
    assert len(withdrawal_events(received)) == 1


def test_edited_posts_are_looked_up_by_their_version(reading: Reading) -> None:
    """X deletes all versions at once, so the received version is the one to look up."""
    reading.x.posts = [post(2, edit_history_tweet_ids=[post(1)["id"], post(2)["id"]])]
    reading.poll()
    reading.later(2)
    reading.x.deleted = {post(2)["id"]}

    assert reading.withdrawn_post_check().check_due_posts() == 1
    message = arrival_id("twitter", f"{post(1)['id']}:{post(2)['id']}")
    assert withdrawal_events(reading)[0].subject == ids.complaint_id(message)


def test_errors_about_users_are_ignored() -> None:
    """An error about a suspended user, with the same type, is not about a post."""
    kind = "https://api.twitter.com/2/problems/resource-not-found"
    user = {"resource_type": "user", "resource_id": "77", "type": kind}
    disallowed = {
        "resource_type": "tweet",
        "resource_id": "78",
        "type": "https://api.twitter.com/2/problems/disallowed",
    }
    renamed = {"resource_type": "post", "resource_id": "79", "type": kind}

    assert withdrawn_posts_of_lookup({"errors": [user, disallowed, renamed, None, {}]}) == [
        WithdrawnPost("79", "deleted")
    ]
