"""Posts that their authors took back: X is asked about each once a day, and oversight hears of what is gone."""

from datetime import timedelta

import pytest
from structlog.types import EventDict

from ingest.twitter.client import XUnavailable
from ingest.twitter.read_budget import ReadsSpent
from ingest.twitter.withdrawn_posts import (
    WithdrawnPost,
    compliance_events,
    withdrawn_post_of_event,
    withdrawn_posts_of_lookup,
)
from messages import codec, ids
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT
from tests.ingest.door_client import FlakyProducer
from tests.ingest.people import post
from tests.ingest.twitter import loopback_x as says
from tests.ingest.twitter.reading import START, Reading

FIVE = [post(number)["id"] for number in range(1, 6)]


def told(reading: Reading) -> list[OversightEvent]:
    """What oversight has heard."""
    reader = reading.parts.bus.reader()
    try:
        return [codec.decode(OversightEvent, one.value, one.headers) for one in reader.read([OVERSIGHT])]
    finally:
        reader.close()


def complaint_of(number: int) -> object:
    """The complaint that a post became."""
    return ids.complaint_id(ids.message_id("twitter", post(number)["id"]))


@pytest.fixture
def taken(reading: Reading) -> Reading:
    """Five posts were taken in, a day ago."""
    reading.x.page_size = 100
    reading.poll()
    reading.later(2)
    return reading


def test_gone_posts_are_told(taken: Reading, logged: list[EventDict]) -> None:
    """Deleted or protected: oversight hears which complaint's post it was, and nothing of the post."""
    taken.x.gone, taken.x.protected = {FIVE[1]}, {FIVE[3]}

    assert taken.withdrawals().check_due_posts() == 2

    found = told(taken)
    assert {(event.event, event.subject, event.reason) for event in found} == {
        ("post-withdrawn", complaint_of(2), "deleted"),
        ("post-withdrawn", complaint_of(4), "protected"),
    }
    assert [number for number in FIVE if any(number in event.model_dump_json() for event in found)] == []
    assert [line["posts"] for line in logged if line["event"] == "x.posts_withdrawn"] == [2]


def test_told_once(taken: Reading) -> None:
    """A post that is gone is not asked about again."""
    taken.x.gone = {FIVE[1]}
    taken.withdrawals().check_due_posts()
    taken.later(4)
    taken.withdrawals().check_due_posts()

    assert len(told(taken)) == 1
    assert [len(asked) for asked in taken.x.looked_up] == [5, 4]


def test_asked_once_a_day(taken: Reading) -> None:
    """Each post costs one read a day, however often is looked."""
    checks = taken.withdrawals()
    for _ in range(5):
        checks.check_due_posts()

    assert [sorted(asked) for asked in taken.x.looked_up] == [FIVE]
    assert taken.budget().today().used == 5


def test_young_posts_are_not_asked_about(reading: Reading) -> None:
    """In its first day a post is not looked up: it was just there."""
    reading.poll()
    reading.now = lambda: START + timedelta(hours=23)
    reading.withdrawals().check_due_posts()

    assert reading.x.looked_up == []


def test_after_some_days_no_more(taken: Reading) -> None:
    """After the days that are set a post is forgotten, and its id with it."""
    taken.later(8)

    assert taken.withdrawals(days=7).check_due_posts() == 0
    assert (taken.x.looked_up, dict(taken.posts.all())) == ([], {})


def test_hundreds_take_several_looks(reading: Reading) -> None:
    """X looks up a hundred posts at once; the others come next."""
    reading.x.page_size = 100
    reading.x.posts = [post(number) for number in range(1, 251)]
    reading.poll()
    reading.later(2)
    checks = reading.withdrawals()
    for _ in range(4):
        checks.check_due_posts()

    assert [len(asked) for asked in reading.x.looked_up] == [100, 100, 50]


def test_looks_are_bounded_by_the_days_reads(taken: Reading) -> None:
    """Looking up is reading: it stops where the day's reads end, and goes on the next day."""
    taken.limit = 3
    checks = taken.withdrawals()
    checks.check_due_posts()
    with pytest.raises(ReadsSpent):
        checks.check_due_posts()

    assert [len(asked) for asked in taken.x.looked_up] == [3]


@pytest.mark.parametrize(
    "answer",
    [
        says.limited(),
        says.html_error(),
        says.broken_json(),
        says.json_answer({}),
        says.json_answer([]),
        says.json_answer({"data": 5}),
    ],
)
def test_x_away_is_no_withdrawal(taken: Reading, answer: says.Answer) -> None:
    """Whatever else X answers says nothing about the posts: they are asked about again."""
    taken.x.lookups.append(answer)
    checks = taken.withdrawals()

    with pytest.raises(XUnavailable):
        checks.check_due_posts()
    assert told(taken) == []
    checks.check_due_posts()
    assert len(taken.x.looked_up) == 2


def test_post_that_x_says_nothing_about(taken: Reading) -> None:
    """Neither there nor an error: it is taken to be there, and asked about the next day."""
    taken.x.lookups.append(says.json_answer({"data": [post(1)]}))

    assert taken.withdrawals().check_due_posts() == 0
    assert set(taken.posts.all()) == set(FIVE)


def test_bus_away_is_told_later(taken: Reading) -> None:
    """What could not be told is still known, and told at the next look."""
    taken.x.gone = {FIVE[0]}
    taken.producer = FlakyProducer(taken.producer, {1})
    checks = taken.withdrawals()

    with pytest.raises(Exception, match="away"):
        checks.check_due_posts()
    assert checks.check_due_posts() == 1
    assert len(told(taken)) == 1


def test_edited_posts_are_asked_about_by_their_version(reading: Reading) -> None:
    """Deleting one version deletes all: the version that was taken in is the one that is looked up."""
    reading.x.posts = [post(2, edit_history_tweet_ids=[post(1)["id"], post(2)["id"]])]
    reading.poll()
    reading.later(2)
    reading.x.gone = {post(2)["id"]}

    assert reading.withdrawals().check_due_posts() == 1
    message = ids.message_id("twitter", f"{post(1)['id']}:{post(2)['id']}")
    assert told(reading)[0].subject == ids.complaint_id(message)


def test_errors_about_others_are_not_about_posts() -> None:
    """A suspended user whom a post names is an error of the same type, and no post."""
    kind = "https://api.twitter.com/2/problems/resource-not-found"
    user = {"resource_type": "user", "resource_id": "77", "type": kind}
    other = {"resource_type": "tweet", "resource_id": "78", "type": "https://api.twitter.com/2/problems/disallowed"}
    renamed = {"resource_type": "post", "resource_id": "79", "type": kind}

    assert withdrawn_posts_of_lookup({"errors": [user, other, renamed, None, {}]}) == [WithdrawnPost("79", "deleted")]


def test_compliance_events(taken: Reading) -> None:
    """A compliance job's result is believed about posts of ours: deleted, protected, or their author gone."""
    events = [
        {"id": FIVE[0], "action": "delete", "created_at": "2026-11-24T08:00:00.000Z", "reason": "protected"},
        {"id": FIVE[1], "action": "delete", "created_at": "2026-11-24T08:00:00.000Z", "reason": "deactivated"},
        {"id": FIVE[2], "action": "undelete"}, {"id": "5", "action": "delete"}, {"action": "delete"}, 7, None,
    ]  # fmt: skip

    assert taken.withdrawals().accept_events(events) == 2
    assert [(event.subject, event.reason) for event in told(taken)] == [
        (complaint_of(1), "protected"),
        (complaint_of(2), "deleted"),
    ]


def test_lines_that_are_no_events() -> None:
    """A torn or empty line of the result is passed over."""
    assert list(compliance_events('\n{"id": "5", "action": "delete"}\n{"id"')) == [{"id": "5", "action": "delete"}]
    assert withdrawn_post_of_event({"id": "x", "action": "delete"}) is None
