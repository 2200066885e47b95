"""Stream door, in parallel to the poller. It may miss a post, never ends for good, and never moves the cursor."""

import json
import threading
from typing import Any

import pytest
from structlog.types import EventDict

from ingest.twitter.client import XUnavailable
from ingest.twitter.stream import PAUSE_SECONDS, RULE, XStream
from tests.ingest.door_client import FlakyProducer, quarantined, raw_messages
from tests.ingest.people import post
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.loopback_x import Answer, Stream, line
from tests.ingest.twitter.reading import START, Reading, RecordedWaits

_CURSOR = "twitter.since_id"
_RESET = int(START.timestamp()) + 300


def waits(reading: Reading, connections: int) -> list[float]:
    """Listen to this many connections. Return the wait after each."""
    stopping = RecordedWaits(connections)
    reading.stream(stopping).run()
    return stopping.waits


def causes(logged: list[EventDict], event: str) -> list[Any]:
    """Return the causes of this log event."""
    return [entry["cause"] for entry in logged if entry["event"] == event]


def test_posts_are_published_as_they_come(reading: Reading) -> None:
    """Each line is one message, in the order of the stream, under the ids that polling gives."""
    reading.x.streams.append(Stream((line(post(1)), line(post(2)))))
    reading.stream().listen()
    streamed = [raw.id for raw in raw_messages(reading.parts, "twitter")]
    reading.x.posts = [post(1), post(2)]
    reading.poll()

    assert [raw.id for raw in raw_messages(reading.parts, "twitter")] == streamed * 2


def test_stream_never_moves_the_cursor(reading: Reading) -> None:
    """The stream does not move the cursor: the poller reads all posts."""
    reading.x.streams.append(Stream((line(post(5)),)))
    reading.stream().listen()

    assert reading.store.cursor(_CURSOR) is None
    assert reading.poll() == 5


def test_same_fields_and_pictures_as_polling(reading: Reading) -> None:
    """The stream requests the same fields as the poller, so it does not matter which one publishes first."""
    reading.x.streams.append(Stream((line(post(1)),)))
    reading.stream().listen()
    reading.poll()

    poll_parameters = {
        name: value for name, value in reading.x.requests[0].items() if name not in {"max_results", "since_id"}
    }
    assert reading.x.connections == [poll_parameters]


def test_rule_has_a_tag(reading: Reading) -> None:
    """Our rule has a tag (tweepy fails without), is added once, and excludes retweets and our own posts."""
    reading.x.streams.extend([Stream((b"\r\n",)), Stream((b"\r\n",))])
    waits(reading, 2)

    assert reading.x.rules == [{"id": "1", "value": RULE, "tag": "satu-pintu"}]
    assert RULE == "@Lapor1708 -is:retweet -from:Lapor1708"


def test_foreign_rules_stay(reading: Reading) -> None:
    """Rules of other programs, with another tag or none, stay."""
    reading.x.rules = [{"id": "1", "value": "kucing"}, {"id": "2", "value": RULE}]
    reading.x.streams.append(Stream((b"\r\n",)))
    reading.stream().listen()

    assert [rule.get("tag") for rule in reading.x.rules] == [None, None, "satu-pintu"]


BAD_LINES: dict[str, bytes] = {
    "half an object": b'{"data": {"id": "19900',
    "no JSON": b"<html>",
    "no UTF-8": b'{"data": "\xff\xfe"}',
    "a number": b"17",
    "null": b"null",
    "a list": b"[]",
    "another object": b'{"status": "maintenance"}',
    "no post": b'{"data": 5}',
    "a post without words": b'{"data": {"id": "5", "author_id": "6"}}',
    "too deep": b"[" * 100_000,
    "too long": b'{"data": {"id": "5", "text": "' + b"a" * 300_000 + b'"}}',
}


@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=BAD_LINES)
def test_bad_line_is_quarantined_and_the_stream_continues(reading: Reading, bad: bytes) -> None:
    """A bad line is quarantined and the next line is read. tweepy would end the stream."""
    reading.x.streams.append(Stream((line(post(1)), bad + b"\r\n", line(post(2)))))
    reading.stream().listen()

    assert reading.published() == [post(1)["id"], post(2)["id"]]
    (message,) = quarantined(reading.parts)
    assert message.reason == "not_a_post"


def test_bad_line_can_be_read_again(reading: Reading) -> None:
    """The quarantine has the exact bytes of a bad line."""
    reading.x.streams.append(Stream((b'{"data": "\xff\xfe"}\r\n',)))
    reading.stream().listen()

    (message,) = quarantined(reading.parts)
    body = json.loads(reading.parts.sealer.open(message.raw.body, message.message_id))
    assert body["post"] == {"line": "eyJkYXRhIjogIv/+In0="}


STRANGE: dict[str, dict[str, Any]] = {
    "created without a fraction": {"created_at": "2026-11-24T08:00:00Z"},
    "no history": {},
    "an unknown field": {"community_id": "5", "edit_controls": {}},
    "another line end": {"text": "@Lapor1708 satu\u2028dua\u0085tiga"},
    "half a character": {"text": "@Lapor1708 \ud83d"},
}


@pytest.mark.parametrize("more", STRANGE.values(), ids=STRANGE)
def test_unusual_posts_are_published(reading: Reading, more: dict[str, Any]) -> None:
    """A post or rule that tweepy's own models cannot parse is published all the same."""
    rules = {"matching_rules": [{"id": 5, "tag": None}, {"id": "6"}]}
    reading.x.streams.append(Stream((line(post(1, **more), **rules), line(post(2)))))
    reading.stream().listen()

    assert reading.published() == [post(1)["id"], post(2)["id"]]
    assert quarantined(reading.parts) == []


def test_characters_cut_between_pieces(reading: Reading) -> None:
    """A line may arrive in any chunks, also cut inside a character."""
    line_bytes = json.dumps(
        {"data": post(1, text="@Lapor1708 🚧 jalan"), "matching_rules": []}, ensure_ascii=False
    ).encode()
    pieces = tuple(line_bytes[at : at + 7] for at in range(0, len(line_bytes), 7))
    reading.x.streams.append(Stream((*pieces, b"\r\n")))
    reading.stream().listen()

    assert reading.bodies()[0]["post"]["text"] == "@Lapor1708 🚧 jalan"


def test_half_a_line_at_the_end(reading: Reading) -> None:
    """A partial line is left to the poller if the connection broke, and quarantined if X closed it."""
    half = line(post(2))[:60]
    reading.x.streams.extend([Stream((line(post(1)), half), "cut"), Stream((line(post(3)), half), "closed")])
    waits(reading, 2)

    assert reading.published() == [post(1)["id"], post(3)["id"]]
    assert len(quarantined(reading.parts)) == 1


def test_bus_away_loses_nothing_and_the_stream_continues(reading: Reading, logged: list[EventDict]) -> None:
    """A post that could not be published is left to the poller; the stream continues with the next one."""
    reading.producer = FlakyProducer(reading.producer, {1})
    reading.x.streams.append(Stream((line(post(1)), line(post(2)))))
    reading.stream().listen()

    assert causes(logged, "x.line_failed") == ["Retry: away"]
    assert reading.published() == [post(2)["id"]]
    reading.poll()
    assert sorted(set(reading.published())) == [post(number)["id"] for number in range(1, 6)]


ENDS: dict[str, tuple[list[Answer | Stream], list[float]]] = {
    "closed again and again": ([Stream((b"\r\n",))] * 3, [PAUSE_SECONDS] * 3),
    "closed before anything was said": ([Stream()] * 4, [20.0, 40.0, 80.0, 160.0]),
    "broken again and again": ([Stream((), "cut")] * 5, [20.0, 40.0, 80.0, 160.0, 160.0]),
    "a wrong token": ([loopback_x.unauthorized()] * 5, [20.0, 40.0, 80.0, 160.0, 160.0]),
    "forbidden": ([loopback_x.json_answer({"title": "Forbidden"}, 403)] * 2, [20.0, 40.0]),
    "over capacity": ([loopback_x.html_error(503)] * 2, [20.0, 40.0]),
    "over capacity, with a reset": ([loopback_x.json_answer({}, 503, **{"x-rate-limit-reset": str(_RESET)})], [20.0]),
    "limited until five minutes from now": ([loopback_x.limited(_RESET)], [301.0]),
    "limited, without saying until when": ([loopback_x.limited()] * 2, [80.0, 160.0]),
    "limited until no number": ([loopback_x.json_answer({}, 429, **{"x-rate-limit-reset": "soon"})], [80.0]),
    "away, then there": ([loopback_x.html_error(), Stream((b"\r\n",)), loopback_x.html_error()], [20.0, 20.0, 20.0]),
}


@pytest.mark.parametrize(("answers", "expected"), ENDS.values(), ids=ENDS)
def test_pauses_between_connections(reading: Reading, answers: list[Answer | Stream], expected: list[float]) -> None:
    """The next connection follows after the pause that X's limit allows (50 in 15 minutes), or a longer one."""
    reading.x.streams.extend(answers)

    assert waits(reading, len(answers)) == expected
    assert len(reading.x.connections) == len(answers)


def test_deleted_rules_are_added_again(reading: Reading) -> None:
    """If the rules were deleted and X answers 409, the next connection adds them again."""
    reading.x.streams.append(Stream((line(post(1)),)))
    door = reading.stream()
    door.listen()
    reading.x.rules.clear()
    reading.x.streams.append(Stream((line(post(2)),)))
    door.listen()

    assert reading.published() == [post(1)["id"], post(2)["id"]]


def test_silent_connection_is_closed(reading: Reading, logged: list[EventDict]) -> None:
    """X sends something every twenty seconds; a connection that is silent for longer is closed."""
    silent = Stream((line(post(1)),), "silent")
    reading.x.streams.append(silent)
    reading.timeout = (5.0, 0.2)
    try:
        reading.stream().listen()
    finally:
        silent.until.set()

    assert causes(logged, "x.stream_ended") == ["connection"]


def test_stop_wakes_the_listener(reading: Reading) -> None:
    """A stop does not wait for the next line, which may be twenty seconds away."""
    silent = Stream((line(post(1)),), "silent")
    reading.x.streams.append(silent)
    reading.timeout = (5.0, 60.0)
    stopping = threading.Event()
    thread = threading.Thread(target=reading.stream(stopping).run)
    thread.start()
    try:
        while not reading.budget().today().used:
            assert thread.is_alive()
        # Now it is about to wait for the next line; without this moment it might not yet.
        stopping.wait(0.2)
        stopping.set()
        thread.join(5)
        assert not thread.is_alive()
    finally:
        silent.until.set()


def test_stopped_before_it_connects(reading: Reading) -> None:
    """A stop while connecting ends the connection at once."""
    silent = Stream((line(post(1)),), "silent")
    reading.x.streams.append(silent)
    stream = XStream(reading.x.url, loopback_x.TOKEN)
    heard: list[bytes] = []
    stream.close()
    try:
        assert stream.listen(heard.append) == "stopped"
    finally:
        silent.until.set()

    assert heard == []


def test_notice_is_not_a_post(reading: Reading, logged: list[EventDict]) -> None:
    """X's notice before a disconnect is logged without its text; it is neither a post nor a bad line."""
    notice = {"errors": [{"title": "operational-disconnect", "disconnect_type": "UpstreamOperationalDisconnect"}]}
    reading.x.streams.append(Stream((json.dumps(notice).encode() + b"\r\n", line(post(1)))))
    reading.stream().listen()

    assert [entry for entry in logged if entry["event"] == "x.notice_received"]
    assert (reading.published(), quarantined(reading.parts)) == ([post(1)["id"]], [])


def test_streamed_posts_are_reads(reading: Reading) -> None:
    """Streamed posts count as reads. When the day's reads are used up, the stream waits for the next day."""
    reading.limit = 2
    reading.x.streams.append(Stream((line(post(1)), line(post(2)), line(post(3)))))

    first, second = waits(reading, 2)

    assert (first, len(reading.x.connections)) == (PAUSE_SECONDS, 1)
    assert second > 3600
    reading.later(0)
    assert reading.budget().today().used == 2
    assert reading.published() == [post(1)["id"], post(2)["id"]]


def test_wrong_token(reading: Reading) -> None:
    """With a wrong token no connection is opened; the error names the status, not the token."""
    with pytest.raises(XUnavailable, match=r"^http_401$"):
        XStream(reading.x.url, "wrong").listen(print)

    assert reading.x.connections == []
