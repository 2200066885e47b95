"""The Twitter door: mentions polled through tweepy; nothing is skipped, whatever X does."""

import json
import threading
from typing import Any

import pytest

from app.database import open_database
from bus.errors import Retry
from config.database import DatabaseUnavailable
from ingest.door_store import DoorStore
from ingest.twitter.client import XClient, XUnavailable
from messages import ids
from tests.ingest.door_client import FlakyProducer, quarantined, raw_messages
from tests.ingest.people import AUTHOR, HANDLE, post
from tests.ingest.twitter import loopback_x as says
from tests.ingest.twitter.loopback_x import Answer, LoopbackX
from tests.ingest.twitter.reading import PAUSE, START, Patience, Reading

_CURSOR = "twitter.since_id"
# Before any post.
_BEGIN = "0"

FIVE = [post(number)["id"] for number in range(1, 6)]


def test_oldest_first(reading: Reading) -> None:
    """X gives the newest first, page after page; one person's posts stand on the bus as they were written."""
    assert reading.poll() == 5
    assert reading.published() == FIVE
    assert len(reading.x.asked) == 3


def test_posts_without_a_count_are_a_page(reading: Reading) -> None:
    """What counts is the posts: a page that does not say how many it has is read all the same."""
    reading.x.script.append(says.json_answer({"data": [post(1)]}))

    assert reading.poll() == 1


def test_post_becomes_one_record(reading: Reading) -> None:
    """A mention is one record: X's post with the account it was found for, sealed, under the id its number gives it."""
    reading.x.posts = [post(1, note_tweet={"text": "panjang"})]

    reading.poll()

    (raw,) = raw_messages(reading.parts, "twitter")
    assert reading.bodies() == [{"account": says.ACCOUNT, "post": reading.x.posts[0]}]
    assert (raw.id, raw.verified_by) == (ids.message_id("twitter", post(1)["id"]), "x-api")
    assert [private for private in (AUTHOR, HANDLE) if private in raw.model_dump_json()] == []


def test_long_posts_are_asked_for(reading: Reading) -> None:
    """X is asked for what a reader needs, the whole of a long post among it."""
    reading.poll()

    assert {"note_tweet", "author_id", "referenced_tweets"} <= set(reading.x.asked[0]["tweet.fields"].split(","))


def test_next_look_goes_on(reading: Reading) -> None:
    """A look reads what is newer than the last one, and nothing twice."""
    reading.poll()
    reading.x.posts.append(post(6))

    assert [reading.poll(), reading.poll()] == [1, 0]
    assert reading.published() == [*FIVE, post(6)["id"]]


def test_place_outlives_the_process(reading: Reading) -> None:
    """How far was read is on the disk: a process that starts anew knows it."""
    reading.poll()

    engine = open_database(reading.parts.settings.database)
    assert DoorStore(engine).cursor(_CURSOR) == FIVE[-1]
    engine.dispose()


def test_place_moves_only_after_the_bus(reading: Reading) -> None:
    """While the bus is away the place stays, and the next look publishes everything."""
    reading.producer = FlakyProducer(reading.producer, {1})

    with pytest.raises(Retry):
        reading.poll()
    assert reading.store.cursor(_CURSOR) == _BEGIN

    assert reading.poll() == 5
    assert reading.published() == FIVE


def test_backlog_is_kept_in_pieces(reading: Reading) -> None:
    """A long backlog is published in pieces, so that a failure in the middle neither loses nor begins it anew."""
    reading.x.page_size = 100
    reading.x.posts = [post(number) for number in range(1, 251)]
    reading.producer = FlakyProducer(reading.producer, {2})

    with pytest.raises(Retry):
        reading.poll()

    assert reading.store.cursor(_CURSOR) == post(100)["id"]
    assert reading.poll() == 150
    assert reading.published() == [each["id"] for each in reading.x.posts]


def test_published_twice_is_the_same_message(reading: Reading) -> None:
    """When the place could not be kept the posts come again, under the ids they had."""
    reading.poll()
    reading.store.move_cursor(_CURSOR, "0")
    reading.poll()

    found = [raw.id for raw in raw_messages(reading.parts, "twitter")]
    assert (len(found), len(set(found))) == (10, 5)


def test_database_away_is_waited_out(reading: Reading) -> None:
    """Without its database the door reads nothing, and waits longer each time."""
    engine = open_database("postgresql://nobody@127.0.0.1:9/none")
    reading.store = DoorStore(engine)

    with pytest.raises(DatabaseUnavailable):
        reading.poll()
    assert reading.waits(3) == [PAUSE, 2 * PAUSE, 4 * PAUSE]
    assert reading.x.asked == []
    engine.dispose()


_RESET = int(START.timestamp())

FAILURES: dict[str, tuple[Answer, float]] = {
    "limited until a minute from now": (says.limited(_RESET + 60), 61.0),
    "limited until a moment ago": (says.limited(_RESET - 5), 1.0),
    "limited until next week": (says.limited(_RESET + 604_800), 900.0),
    "limited, without saying until when": (says.limited(), 4 * PAUSE),
    "month used up": (says.usage_capped(), 4 * PAUSE),
    "limited until no number": (says.json_answer({}, 429, **{"x-rate-limit-reset": "soon"}), PAUSE),
    "unauthorized": (says.unauthorized(), PAUSE),
    "error in HTML": (says.html_error(), PAUSE),
    "error in JSON of nobody's": (says.json_answer(["bad gateway"], 502), PAUSE),
    "error as JSON text": (says.json_answer("unavailable", 503), PAUSE),
    "not found": (says.json_answer({"title": "Not ReceivedPost"}, 404), PAUSE),
    "broken JSON": (says.broken_json(), PAUSE),
    "no JSON": (says.html_error(200), PAUSE),
    "no UTF-8": (Answer(200, b'{"data": "\xff\xfe"}'), PAUSE),
    "a list": (says.json_answer([]), PAUSE),
    "another object": (says.json_answer({"status": "maintenance"}), PAUSE),
    "posts that are no list": (says.json_answer({"data": {}, "meta": {"result_count": 1}}), PAUSE),
    "meta that is none": (says.json_answer({"data": [], "meta": None}), PAUSE),
    "a token that is none": (says.json_answer({"data": [], "meta": {"result_count": 0, "next_token": 7}}), PAUSE),
    "cut off": (says.cut_off(), PAUSE),
}


@pytest.mark.parametrize(("answer", "wait"), FAILURES.values(), ids=FAILURES)
def test_failure_is_waited_out(reading: Reading, answer: Answer, wait: float) -> None:
    """Whatever X answers in the middle of its pages: the door waits, reads all of them again, and skips nothing."""
    reading.x.script.extend([None, answer])

    assert reading.waits(2) == [wait, PAUSE]
    assert reading.published() == FIVE


def test_unlimited_patience_is_no_hot_loop(reading: Reading) -> None:
    """Limited again and again without being told for how long, the door asks less and less often."""
    reading.x.script.extend(says.limited() for _ in range(20))

    waits = reading.waits(20)

    assert waits[:4] == [60.0, 120.0, 180.0, 240.0]
    assert waits[-1] == 900.0
    assert len(reading.x.asked) == 20


def test_reset_that_is_always_over_is_no_hot_loop(reading: Reading) -> None:
    """Told again and again that the limit is over, and limited all the same, the door believes it once."""
    reading.x.script.extend(says.limited(_RESET - 5) for _ in range(4))

    assert reading.waits(5) == [1.0, 15.0, 30.0, 60.0, 15.0]


def test_absence_is_asked_after_more_seldom(reading: Reading) -> None:
    """While X is away the pauses double up to a bound; after it came back they are short again."""
    reading.x.script.extend(says.html_error(503) for _ in range(5))

    assert reading.waits(7) == [15.0, 30.0, 60.0, 120.0, 120.0, 15.0, 15.0]
    assert reading.published() == FIVE


def test_pages_in_a_circle(reading: Reading) -> None:
    """A server that sends the door from page to page for ever is left, before memory fills."""
    circle = says.json_answer({"data": [post(1)], "meta": {"result_count": 1, "next_token": "1"}})
    reading.x.script.extend([circle] * 10)

    with pytest.raises(XUnavailable, match="pages_in_a_circle"):
        reading.poll()
    assert len(reading.x.asked) == 2


NO_POSTS: list[Any] = [
    "a text", None, 17, [], {}, {"id": 5}, {"id": None, "text": "x", "author_id": "1"},
    {"id": "²", "author_id": "1", "text": "x"}, {"id": "9" * 5_000, "author_id": "1", "text": "x"},
    {"id": "\ud800", "author_id": "1", "text": "x"}, {"id": "1", "author_id": "\ud800", "text": "x"},
    {"id": "1", "text": "x"}, {"id": "1", "author_id": "1"}, {"id": "1", "author_id": "1", "text": ["x"]},
]  # fmt: skip


def test_what_is_no_post_is_kept_aside(reading: Reading) -> None:
    """Among posts, what is none goes to quarantine with its reason and its bytes; the others go on."""
    reading.x.page_size = 100
    reading.x.posts += NO_POSTS

    reading.poll()

    kept = quarantined(reading.parts)
    bodies = [json.loads(reading.parts.sealer.open(found.raw.body, found.message_id))["post"] for found in kept]
    assert {found.reason for found in kept} == {"not_a_post"}
    assert sorted(map(json.dumps, bodies)) == sorted(map(json.dumps, NO_POSTS))
    assert reading.published() == FIVE
    assert reading.store.cursor(_CURSOR) == FIVE[-1]


def test_id_of_another_time_hides_nothing(reading: Reading) -> None:
    """A post whose id is of next century is kept, and what comes after it is still read."""
    reading.x.posts.append(post(6, id="9223372036854775807"))
    reading.poll()
    assert reading.store.cursor(_CURSOR) == FIVE[-1]
    reading.x.posts = [*reading.x.posts[:-1], post(7)]

    assert reading.poll() == 1
    assert reading.published() == [*FIVE, "9223372036854775807", post(7)["id"]]


def test_place_never_goes_back(reading: Reading) -> None:
    """A page with older posts than asked for is kept, and how far was read stays."""
    reading.poll()
    reading.x.script.append(says.json_answer({"data": [post(2), post(1)], "meta": {"result_count": 2}}))
    reading.poll()

    assert reading.store.cursor(_CURSOR) == FIVE[-1]


def test_newest_is_no_post(reading: Reading) -> None:
    """A post that lacks its words still counts as read: it is kept aside once, not at every look."""
    reading.x.posts.append({"id": post(6)["id"]})

    assert [reading.poll(), reading.poll()] == [6, 0]
    assert len(quarantined(reading.parts)) == 1


def test_strange_text_is_taken(reading: Reading) -> None:
    """Any text that JSON can spell is taken, half characters too."""
    texts = ["🚧👩🏽‍🦽", "\u202eطريق", "lampu\0mati", "e\u0301" * 500, "\ud83d", "\udc00\ud800", "", "\u2028"]
    reading.x.posts = [post(number, text=text) for number, text in enumerate(texts, 1)]

    assert reading.poll() == len(texts)
    assert [body["post"]["text"] for body in reading.bodies()] == texts


def test_stop_ends_a_long_wait(reading: Reading) -> None:
    """Told to stop, the door leaves even the longest wait at once."""
    reading.x.script.append(says.limited(_RESET + 900))
    stopping = threading.Event()
    thread = threading.Thread(target=reading.door(stopping).run)
    thread.start()
    assert reading.x.was_asked.wait(5)

    stopping.set()

    thread.join(5)
    assert not thread.is_alive()
    assert reading.published() == []


def test_stopped_between_pages(reading: Reading) -> None:
    """Told to stop between two pages, the door publishes nothing of them, and begins there again."""
    patience = Patience()
    patience.set()

    assert reading.door(patience).poll() == 0
    assert reading.poll() == 5


def test_stalled_server_is_left(reading: Reading) -> None:
    """A server that takes the request and says nothing is left at the deadline, and asked again."""
    released = threading.Event()
    reading.x.script.append(says.stalled(released))
    reading.timeout = (5.0, 0.1)

    try:
        assert reading.waits(1) == [PAUSE]
    finally:
        released.set()

    reading.timeout = (5.0, 5.0)
    assert reading.poll() == 5


def test_nobody_there(reading: Reading) -> None:
    """A refused connection is X being away, and no more."""
    with pytest.raises(XUnavailable, match="ConnectionError"):
        XClient("http://127.0.0.1:9", says.TOKEN, says.ACCOUNT).page(None, None)


def test_own_reads_are_signed(reading: Reading) -> None:
    """With the account's own keys mentions are read as the account, signed for the host that is asked, page by page."""
    mentions = XClient(reading.x.url, says.TOKEN, says.ACCOUNT, oauth_keys=says.SIGNING)
    first = mentions.page("1", None)
    mentions.page("1", first["meta"]["next_token"], until_id=post(4)["id"])
    mentions.lookup([post(1)["id"]])

    assert reading.x.shown == ["OAuth", "OAuth", "Bearer"]


def test_wrong_keys(reading: Reading) -> None:
    """Keys that X does not know are said by their status; no part of them is."""
    wrong = says.SIGNING._replace(access_token_secret="wrong")
    with pytest.raises(XUnavailable, match=r"^http_401$"):
        XClient(reading.x.url, says.TOKEN, says.ACCOUNT, oauth_keys=wrong).page(None, None)


def test_redirect_is_not_followed(reading: Reading) -> None:
    """X does not send its readers elsewhere; who does, does not get our token."""
    reading.x.script.append(Answer(302, b"", {"Location": "/2/elsewhere"}))
    with pytest.raises(XUnavailable, match=r"^http_302$"):
        reading.poll()
    assert reading.x.shown == ["Bearer"]


def test_wrong_token(reading: Reading) -> None:
    """A token that X does not know is said by its status; the token is not."""
    with pytest.raises(XUnavailable, match=r"^http_401$"):
        XClient(reading.x.url, "wrong", says.ACCOUNT).page(None, None)


def test_proxy_is_chosen_for_the_host_asked(x: LoopbackX, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another host stands in for X, `NO_PROXY` is read for that host, and not for X's."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert XClient(x.url, says.TOKEN, says.ACCOUNT).page(None, None)["meta"] == {"result_count": 0}
