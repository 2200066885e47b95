"""The stream beside the poller: it may miss a post, and never ends for good, hurries, or counts for the poller."""

import json
import threading
from typing import Any

import pytest
from structlog.types import EventDict

from ingest.twitter.client import XUnavailable
from ingest.twitter.stream import PAUSE_SECONDS, RULE, XStream
from tests.ingest.door_client import FlakyProducer, quarantined, raw_messages
from tests.ingest.people import post
from tests.ingest.twitter import loopback_x as says
from tests.ingest.twitter.loopback_x import Answer, Stream, line
from tests.ingest.twitter.reading import START, Patience, Reading

_CURSOR = "twitter.since_id"
_RESET = int(START.timestamp()) + 300


def waits(reading: Reading, connections: int) -> list[float]:
    """Listen for so many connections; how long it waited after each."""
    patience = Patience(connections)
    reading.stream(patience).run()
    return patience.waits


def causes(logged: list[EventDict], event: str) -> list[Any]:
    """Why, as the log has it."""
    return [said["cause"] for said in logged if said["event"] == event]


def test_posts_are_published_as_they_come(reading: Reading) -> None:
    """Each line is one message, in the order of the stream, under the ids that polling would give."""
    reading.x.streams.append(Stream((line(post(1)), line(post(2)))))
    reading.stream().listen()
    streamed = [raw.id for raw in raw_messages(reading.parts, "twitter")]
    reading.x.posts = [post(1), post(2)]
    reading.poll()

    assert [raw.id for raw in raw_messages(reading.parts, "twitter")] == streamed * 2


def test_never_moves_the_place(reading: Reading) -> None:
    """What the stream gave says nothing of what it did not: the poller begins where the poller ended."""
    reading.x.streams.append(Stream((line(post(5)),)))
    reading.stream().listen()

    assert reading.store.cursor(_CURSOR) is None
    assert reading.poll() == 5


def test_same_fields_and_pictures_as_polling(reading: Reading) -> None:
    """The stream is asked for the same as the timeline: the first of the two that comes is the one that counts."""
    reading.x.streams.append(Stream((line(post(1)),)))
    reading.stream().listen()
    reading.poll()

    asked = {name: value for name, value in reading.x.asked[0].items() if name not in {"max_results", "since_id"}}
    assert reading.x.connections == [asked]


def test_rule_has_a_tag(reading: Reading) -> None:
    """A rule without a tag ends tweepy; ours has one, is made once, and leaves retweets and our own posts out."""
    reading.x.streams.extend([Stream((b"\r\n",)), Stream((b"\r\n",))])
    waits(reading, 2)

    assert reading.x.rules == [{"id": "1", "value": RULE, "tag": "satu-pintu"}]
    assert RULE == "@Lapor1708 -is:retweet -from:Lapor1708"


def test_rules_of_others_stay(reading: Reading) -> None:
    """A rule that somebody else made, with another tag or none, is left alone."""
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
def test_bad_line_is_kept_aside_and_the_stream_lives(reading: Reading, bad: bytes) -> None:
    """One bad line would end tweepy's stream for good: here it is quarantined, and the next one is heard."""
    reading.x.streams.append(Stream((line(post(1)), bad + b"\r\n", line(post(2)))))
    reading.stream().listen()

    assert reading.published() == [post(1)["id"], post(2)["id"]]
    (kept,) = quarantined(reading.parts)
    assert kept.reason == "not_a_post"


def test_bad_line_can_be_read_again(reading: Reading) -> None:
    """A bad line's very bytes are in quarantine."""
    reading.x.streams.append(Stream((b'{"data": "\xff\xfe"}\r\n',)))
    reading.stream().listen()

    (kept,) = quarantined(reading.parts)
    body = json.loads(reading.parts.sealer.open(kept.raw.body, kept.message_id))
    assert body["post"] == {"line": "eyJkYXRhIjogIv/+In0="}


STRANGE: dict[str, dict[str, Any]] = {
    "created without a fraction": {"created_at": "2026-11-24T08:00:00Z"},
    "no history": {},
    "an unknown field": {"community_id": "5", "edit_controls": {}},
    "another line end": {"text": "@Lapor1708 satu\u2028dua\u0085tiga"},
    "half a character": {"text": "@Lapor1708 \ud83d"},
}


@pytest.mark.parametrize("more", STRANGE.values(), ids=STRANGE)
def test_strange_posts_are_posts(reading: Reading, more: dict[str, Any]) -> None:
    """What tweepy's own models choke on, in a post or in its rules, is a post all the same."""
    rules = {"matching_rules": [{"id": 5, "tag": None}, {"id": "6"}]}
    reading.x.streams.append(Stream((line(post(1, **more), **rules), line(post(2)))))
    reading.stream().listen()

    assert reading.published() == [post(1)["id"], post(2)["id"]]
    assert quarantined(reading.parts) == []


def test_characters_cut_between_pieces(reading: Reading) -> None:
    """A line may come in any pieces, cut within a character too."""
    whole = json.dumps({"data": post(1, text="@Lapor1708 🚧 jalan"), "matching_rules": []}, ensure_ascii=False).encode()
    pieces = tuple(whole[at : at + 7] for at in range(0, len(whole), 7))
    reading.x.streams.append(Stream((*pieces, b"\r\n")))
    reading.stream().listen()

    assert reading.bodies()[0]["post"]["text"] == "@Lapor1708 🚧 jalan"


def test_half_a_line_at_the_end(reading: Reading) -> None:
    """A connection that breaks within a line loses that line to the poller; one that X ends so, to quarantine."""
    half = line(post(2))[:60]
    reading.x.streams.extend([Stream((line(post(1)), half), "cut"), Stream((line(post(3)), half), "closed")])
    waits(reading, 2)

    assert reading.published() == [post(1)["id"], post(3)["id"]]
    assert len(quarantined(reading.parts)) == 1


def test_bus_away_loses_nothing_and_the_stream_lives(reading: Reading, logged: list[EventDict]) -> None:
    """A post that could not be published is the poller's: the stream goes on with the next one."""
    reading.producer = FlakyProducer(reading.producer, {1})
    reading.x.streams.append(Stream((line(post(1)), line(post(2)))))
    reading.stream().listen()

    assert causes(logged, "x.line_failed") == ["Retry"]
    assert reading.published() == [post(2)["id"]]
    reading.poll()
    assert sorted(set(reading.published())) == [post(number)["id"] for number in range(1, 6)]


ENDS: dict[str, tuple[list[Answer | Stream], list[float]]] = {
    "closed again and again": ([Stream((b"\r\n",))] * 3, [PAUSE_SECONDS] * 3),
    "closed before anything was said": ([Stream()] * 4, [20.0, 40.0, 80.0, 160.0]),
    "broken again and again": ([Stream((), "cut")] * 5, [20.0, 40.0, 80.0, 160.0, 160.0]),
    "a wrong token": ([says.unauthorized()] * 5, [20.0, 40.0, 80.0, 160.0, 160.0]),
    "forbidden": ([says.json_answer({"title": "Forbidden"}, 403)] * 2, [20.0, 40.0]),
    "over capacity": ([says.html_error(503)] * 2, [20.0, 40.0]),
    "over capacity, with a reset": ([says.json_answer({}, 503, **{"x-rate-limit-reset": str(_RESET)})], [20.0]),
    "limited until five minutes from now": ([says.limited(_RESET)], [301.0]),
    "limited, without saying until when": ([says.limited()] * 2, [80.0, 160.0]),
    "limited until no number": ([says.json_answer({}, 429, **{"x-rate-limit-reset": "soon"})], [80.0]),
    "away, then there": ([says.html_error(), Stream((b"\r\n",)), says.html_error()], [20.0, 20.0, 20.0]),
}


@pytest.mark.parametrize(("answers", "expected"), ENDS.values(), ids=ENDS)
def test_connections_are_not_hurried(reading: Reading, answers: list[Answer | Stream], expected: list[float]) -> None:
    """However a connection ends, the next comes after a pause that X's 50 in a quarter of an hour allow, or grows."""
    reading.x.streams.extend(answers)

    assert waits(reading, len(answers)) == expected
    assert len(reading.x.connections) == len(answers)


def test_no_rules_is_mended(reading: Reading) -> None:
    """Somebody deleted the rules, and X says 409: they are there again at the next connection."""
    reading.x.streams.append(Stream((line(post(1)),)))
    door = reading.stream()
    door.listen()
    reading.x.rules.clear()
    reading.x.streams.append(Stream((line(post(2)),)))
    door.listen()

    assert reading.published() == [post(1)["id"], post(2)["id"]]


def test_silence_is_left(reading: Reading, logged: list[EventDict]) -> None:
    """X says something every twenty seconds; a connection that says nothing for longer is dead, and is left."""
    silent = Stream((line(post(1)),), "silent")
    reading.x.streams.append(silent)
    reading.timeout = (5.0, 0.2)
    try:
        reading.stream().listen()
    finally:
        silent.until.set()

    assert causes(logged, "x.stream_ended") == ["connection"]


def test_stop_wakes_who_listens(reading: Reading) -> None:
    """Told to stop, the stream does not wait for the next line, twenty seconds away."""
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
    """Told to stop while it is connecting, it connects and leaves."""
    silent = Stream((line(post(1)),), "silent")
    reading.x.streams.append(silent)
    stream = XStream(reading.x.url, says.TOKEN)
    heard: list[bytes] = []
    stream.close()
    try:
        assert stream.listen(heard.append) == "stopped"
    finally:
        silent.until.set()

    assert heard == []


def test_what_x_tells_is_no_post(reading: Reading, logged: list[EventDict]) -> None:
    """What X says before it disconnects is noted without its words; it is neither a post nor a bad line."""
    told = {"errors": [{"title": "operational-disconnect", "disconnect_type": "UpstreamOperationalDisconnect"}]}
    reading.x.streams.append(Stream((json.dumps(told).encode() + b"\r\n", line(post(1)))))
    reading.stream().listen()

    assert [said for said in logged if said["event"] == "x.notice_received"]
    assert (reading.published(), quarantined(reading.parts)) == ([post(1)["id"]], [])


def test_streamed_posts_are_reads(reading: Reading) -> None:
    """X bills them: they count, and when the day's reads are used up the stream hangs up and waits for the next day."""
    reading.limit = 2
    reading.x.streams.append(Stream((line(post(1)), line(post(2)), line(post(3)))))

    first, second = waits(reading, 2)

    assert (first, len(reading.x.connections)) == (PAUSE_SECONDS, 1)
    assert second > 3600
    reading.later(0)
    assert reading.budget().today().used == 2
    assert reading.published() == [post(1)["id"], post(2)["id"]]


def test_wrong_token(reading: Reading) -> None:
    """With a token that X does not know no connection is tried; the log would say the status and not the token."""
    with pytest.raises(XUnavailable, match=r"^http_401$"):
        XStream(reading.x.url, "wrong").listen(print)

    assert reading.x.connections == []
