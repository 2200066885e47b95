"""Twitter door: polls mentions through tweepy and skips nothing, whatever X answers."""

import json
import threading
from typing import Any

import pytest

from app.database import open_database
from bus.errors import Retry
from config.database import DatabaseUnavailable
from ingest.door_store import DoorStore
from ingest.twitter.client import XClient, XUnavailable
from tests.ingest.door_client import FlakyProducer, quarantined, raw_messages
from tests.ingest.people import AUTHOR, HANDLE, post
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.loopback_x import Answer, LoopbackX
from tests.ingest.twitter.reading import PAUSE, START, Reading, RecordedWaits
from tests.support.arrival_ids import arrival_id

_CURSOR = "twitter.since_id"
# Before any post.
_BEGIN = "0"

FIVE = [post(number)["id"] for number in range(1, 6)]


def test_oldest_first(reading: Reading) -> None:
    """X sends the newest posts first, page by page; the bus gets them in the order of writing."""
    assert reading.poll() == 5
    assert reading.published() == FIVE
    assert len(reading.x.requests) == 3


def test_posts_without_a_count_are_a_page(reading: Reading) -> None:
    """A page with posts but without a count is valid."""
    reading.x.script.append(loopback_x.json_answer({"data": [post(1)]}))

    assert reading.poll() == 1


def test_post_becomes_one_record(reading: Reading) -> None:
    """A mention is one record: X's post and the mentioned account, sealed, with an id made from the post's id."""
    reading.x.posts = [post(1, note_tweet={"text": "panjang"})]

    reading.poll()

    (raw,) = raw_messages(reading.parts, "twitter")
    assert reading.bodies() == [{"account": loopback_x.ACCOUNT, "post": reading.x.posts[0]}]
    assert (raw.id, raw.verified_by) == (arrival_id("twitter", post(1)["id"]), "x-api")
    assert [private for private in (AUTHOR, HANDLE) if private in raw.model_dump_json()] == []


def test_long_posts_are_requested(reading: Reading) -> None:
    """The door requests all fields that a reader needs, including the full text of long posts."""
    reading.poll()

    assert {"note_tweet", "author_id", "referenced_tweets"} <= set(reading.x.requests[0]["tweet.fields"].split(","))


def test_next_poll_reads_newer_posts(reading: Reading) -> None:
    """A poll reads posts newer than the last poll, and nothing twice."""
    reading.poll()
    reading.x.posts.append(post(6))

    assert [reading.poll(), reading.poll()] == [1, 0]
    assert reading.published() == [*FIVE, post(6)["id"]]


def test_cursor_survives_the_process(reading: Reading) -> None:
    """The cursor is on disk: a new process has it."""
    reading.poll()

    engine = open_database(reading.parts.settings.database)
    assert DoorStore(engine).cursor(_CURSOR) == FIVE[-1]
    engine.dispose()


def test_cursor_moves_only_after_the_bus(reading: Reading) -> None:
    """While the bus is away the cursor stays, and the next poll publishes everything."""
    reading.producer = FlakyProducer(reading.producer, {1})

    with pytest.raises(Retry):
        reading.poll()
    assert reading.store.cursor(_CURSOR) == _BEGIN

    assert reading.poll() == 5
    assert reading.published() == FIVE


def test_backlog_is_published_in_batches(reading: Reading) -> None:
    """A long backlog is published in batches, so that a failure in the middle neither loses nor repeats all of it."""
    reading.x.page_size = 100
    reading.x.posts = [post(number) for number in range(1, 251)]
    reading.producer = FlakyProducer(reading.producer, {2})

    with pytest.raises(Retry):
        reading.poll()

    assert reading.store.cursor(_CURSOR) == post(100)["id"]
    assert reading.poll() == 150
    assert reading.published() == [mention["id"] for mention in reading.x.posts]


def test_published_twice_is_the_same_message(reading: Reading) -> None:
    """If the cursor was not stored, the posts are published again under the same ids."""
    reading.poll()
    reading.store.move_cursor(_CURSOR, "0")
    reading.poll()

    message_ids = [raw.id for raw in raw_messages(reading.parts, "twitter")]
    assert (len(message_ids), len(set(message_ids))) == (10, 5)


def test_database_away_is_waited_out(reading: Reading) -> None:
    """Without its database the door reads nothing, and waits longer each time."""
    engine = open_database("postgresql://nobody@127.0.0.1:9/none")
    reading.store = DoorStore(engine)

    with pytest.raises(DatabaseUnavailable):
        reading.poll()
    assert reading.waits(3) == [PAUSE, 2 * PAUSE, 4 * PAUSE]
    assert reading.x.requests == []
    engine.dispose()


_RESET = int(START.timestamp())

FAILURES: dict[str, tuple[Answer, float]] = {
    "limited until a minute from now": (loopback_x.limited(_RESET + 60), 61.0),
    "limited until a moment ago": (loopback_x.limited(_RESET - 5), 1.0),
    "limited until next week": (loopback_x.limited(_RESET + 604_800), 900.0),
    "limited, without saying until when": (loopback_x.limited(), 4 * PAUSE),
    "month used up": (loopback_x.usage_capped(), 4 * PAUSE),
    "limited until no number": (loopback_x.json_answer({}, 429, **{"x-rate-limit-reset": "soon"}), PAUSE),
    "unauthorized": (loopback_x.unauthorized(), PAUSE),
    "error in HTML": (loopback_x.html_error(), PAUSE),
    "error in JSON of nobody's": (loopback_x.json_answer(["bad gateway"], 502), PAUSE),
    "error as JSON text": (loopback_x.json_answer("unavailable", 503), PAUSE),
    "not found": (loopback_x.json_answer({"title": "Not Found"}, 404), PAUSE),
    "broken JSON": (loopback_x.broken_json(), PAUSE),
    "no JSON": (loopback_x.html_error(200), PAUSE),
    "no UTF-8": (Answer(200, b'{"data": "\xff\xfe"}'), PAUSE),
    "a list": (loopback_x.json_answer([]), PAUSE),
    "another object": (loopback_x.json_answer({"status": "maintenance"}), PAUSE),
    "posts that are no list": (loopback_x.json_answer({"data": {}, "meta": {"result_count": 1}}), PAUSE),
    "meta that is none": (loopback_x.json_answer({"data": [], "meta": None}), PAUSE),
    "a token that is none": (loopback_x.json_answer({"data": [], "meta": {"result_count": 0, "next_token": 7}}), PAUSE),
    "cut off": (loopback_x.cut_off(), PAUSE),
}


@pytest.mark.parametrize(("answer", "wait"), FAILURES.values(), ids=FAILURES)
def test_failure_is_waited_out(reading: Reading, answer: Answer, wait: float) -> None:
    """After any failure between pages the door waits, reads all pages again, and skips nothing."""
    reading.x.script.extend([None, answer])

    assert reading.waits(2) == [wait, PAUSE]
    assert reading.published() == FIVE


def test_rate_limit_without_reset_slows_polling(reading: Reading) -> None:
    """With repeated 429 responses without a reset the door polls less and less often."""
    reading.x.script.extend(loopback_x.limited() for _ in range(20))

    waits = reading.waits(20)

    assert waits[:4] == [60.0, 120.0, 180.0, 240.0]
    assert waits[-1] == 900.0
    assert len(reading.x.requests) == 20


def test_past_reset_time_is_trusted_once(reading: Reading) -> None:
    """If X names a past reset time again and again, the door trusts it only once."""
    reading.x.script.extend(loopback_x.limited(_RESET - 5) for _ in range(4))

    assert reading.waits(5) == [1.0, 15.0, 30.0, 60.0, 15.0]


def test_pauses_grow_while_x_is_away(reading: Reading) -> None:
    """While X is away the pauses double up to a maximum; after a success they are short again."""
    reading.x.script.extend(loopback_x.html_error(503) for _ in range(5))

    assert reading.waits(7) == [15.0, 30.0, 60.0, 120.0, 120.0, 15.0, 15.0]
    assert reading.published() == FIVE


def test_pages_in_a_circle(reading: Reading) -> None:
    """A repeated page token ends the poll before memory fills."""
    circle = loopback_x.json_answer({"data": [post(1)], "meta": {"result_count": 1, "next_token": "1"}})
    reading.x.script.extend([circle] * 10)

    with pytest.raises(XUnavailable, match="pages_in_a_circle"):
        reading.poll()
    assert len(reading.x.requests) == 2


NO_POSTS: list[Any] = [
    "a text", None, 17, [], {}, {"id": 5}, {"id": None, "text": "x", "author_id": "1"},
    {"id": "²", "author_id": "1", "text": "x"}, {"id": "9" * 5_000, "author_id": "1", "text": "x"},
    {"id": "\ud800", "author_id": "1", "text": "x"}, {"id": "1", "author_id": "\ud800", "text": "x"},
    {"id": "1", "text": "x"}, {"id": "1", "author_id": "1"}, {"id": "1", "author_id": "1", "text": ["x"]},
]  # fmt: skip


def test_invalid_posts_are_quarantined(reading: Reading) -> None:
    """Content that is not a post is quarantined with its reason and bytes; the posts are published."""
    reading.x.page_size = 100
    reading.x.posts += NO_POSTS

    reading.poll()

    quarantined_messages = quarantined(reading.parts)
    bodies = [
        json.loads(reading.parts.sealer.open(message.raw.body, message.message_id))["post"]
        for message in quarantined_messages
    ]
    assert {message.reason for message in quarantined_messages} == {"not_a_post"}
    assert sorted(map(json.dumps, bodies)) == sorted(map(json.dumps, NO_POSTS))
    assert reading.published() == FIVE
    assert reading.store.cursor(_CURSOR) == FIVE[-1]


def test_future_id_hides_no_posts(reading: Reading) -> None:
    """A post with an id of the next century is published, and later posts are still read."""
    reading.x.posts.append(post(6, id="9223372036854775807"))
    reading.poll()
    assert reading.store.cursor(_CURSOR) == FIVE[-1]
    reading.x.posts = [*reading.x.posts[:-1], post(7)]

    assert reading.poll() == 1
    assert reading.published() == [*FIVE, "9223372036854775807", post(7)["id"]]


def test_cursor_never_moves_back(reading: Reading) -> None:
    """A page with posts older than requested is published, and the cursor stays."""
    reading.poll()
    reading.x.script.append(loopback_x.json_answer({"data": [post(2), post(1)], "meta": {"result_count": 2}}))
    reading.poll()

    assert reading.store.cursor(_CURSOR) == FIVE[-1]


def test_invalid_newest_post_is_read_once(reading: Reading) -> None:
    """A post without text counts as read: it is quarantined once, not at every poll."""
    reading.x.posts.append({"id": post(6)["id"]})

    assert [reading.poll(), reading.poll()] == [6, 0]
    assert len(quarantined(reading.parts)) == 1


def test_strange_text_is_taken(reading: Reading) -> None:
    """Any text that JSON can represent is accepted, including half characters."""
    texts = ["🚧👩🏽‍🦽", "\u202eطريق", "lampu\0mati", "e\u0301" * 500, "\ud83d", "\udc00\ud800", "", "\u2028"]
    reading.x.posts = [post(number, text=text) for number, text in enumerate(texts, 1)]

    assert reading.poll() == len(texts)
    assert [body["post"]["text"] for body in reading.bodies()] == texts


def test_stop_ends_a_long_wait(reading: Reading) -> None:
    """A stop ends even the longest wait at once."""
    reading.x.script.append(loopback_x.limited(_RESET + 900))
    stopping = threading.Event()
    thread = threading.Thread(target=reading.door(stopping).run)
    thread.start()
    assert reading.x.request_received.wait(5)

    stopping.set()

    thread.join(5)
    assert not thread.is_alive()
    assert reading.published() == []


def test_stopped_between_pages(reading: Reading) -> None:
    """A stop between two pages publishes nothing of them; the next poll reads them again."""
    patience = RecordedWaits()
    patience.set()

    assert reading.door(patience).poll() == 0
    assert reading.poll() == 5


def test_stalled_server_is_left(reading: Reading) -> None:
    """A server that sends nothing is left at the deadline and polled again."""
    released = threading.Event()
    reading.x.script.append(loopback_x.stalled(released))
    reading.timeout = (5.0, 0.1)

    try:
        assert reading.waits(1) == [PAUSE]
    finally:
        released.set()

    reading.timeout = (5.0, 5.0)
    assert reading.poll() == 5


def test_refused_connection(reading: Reading) -> None:
    """A refused connection means that X is away."""
    with pytest.raises(XUnavailable, match="ConnectionError"):
        XClient("http://127.0.0.1:9", loopback_x.TOKEN, loopback_x.ACCOUNT).page(None, None)


def test_own_reads_are_signed(reading: Reading) -> None:
    """With the account's own keys each page of mentions is requested as the account, signed for the requested host."""
    mentions = XClient(reading.x.url, loopback_x.TOKEN, loopback_x.ACCOUNT, oauth_keys=loopback_x.SIGNING)
    first = mentions.page("1", None)
    mentions.page("1", first["meta"]["next_token"], until_id=post(4)["id"])
    mentions.lookup([post(1)["id"]])

    assert reading.x.authorizations == ["OAuth", "OAuth", "Bearer"]


def test_wrong_keys(reading: Reading) -> None:
    """The error for wrong keys names the status and no part of the keys."""
    wrong = loopback_x.SIGNING._replace(access_token_secret="wrong")
    with pytest.raises(XUnavailable, match=r"^http_401$"):
        XClient(reading.x.url, loopback_x.TOKEN, loopback_x.ACCOUNT, oauth_keys=wrong).page(None, None)


def test_redirect_is_not_followed(reading: Reading) -> None:
    """A redirect is not followed, so no other server gets our token."""
    reading.x.script.append(Answer(302, b"", {"Location": "/2/elsewhere"}))
    with pytest.raises(XUnavailable, match=r"^http_302$"):
        reading.poll()
    assert reading.x.authorizations == ["Bearer"]


def test_wrong_token(reading: Reading) -> None:
    """The error for a wrong token names the status, not the token."""
    with pytest.raises(XUnavailable, match=r"^http_401$"):
        XClient(reading.x.url, "wrong", loopback_x.ACCOUNT).page(None, None)


def test_proxy_is_chosen_for_the_requested_host(x: LoopbackX, monkeypatch: pytest.MonkeyPatch) -> None:
    """If another host replaces X, `NO_PROXY` applies to that host, not to X's."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert XClient(x.url, loopback_x.TOKEN, loopback_x.ACCOUNT).page(None, None)["meta"] == {"result_count": 0}
