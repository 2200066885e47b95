"""Replies on X: tweepy's real client and a loopback X. A reply is posted once, or it is unknown and stays so."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal, cast

import pytest

from messages.shapes import Contact
from sinks.replies.providers.x import XReplies
from tests.conftest import NOW
from tests.sinks.replies.conftest import PATIENCE
from tests.sinks.replies.loopback_x import ACCESS, CONSUMER, LoopbackX, limited, refusal
from tests.sinks.replies.reply_harness import ACCOUNT, POST, ReplyHarness, complaint, reply
from tests.support.loopback import Answer, broken, cut_off, html, json_answer, stalled

TWITTER = "twitter"
MENTION = complaint("mention", TWITTER)
REPLY = reply(MENTION, "received")


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """Event that ends stalled answers with the test."""
    event = threading.Event()
    yield event
    event.set()


def provider_for(
    x: LoopbackX, harness: ReplyHarness, secret: Literal["none", "message"], key: str = CONSUMER[0]
) -> XReplies:
    """Return a provider with other settings."""
    return XReplies(x.url, (key, CONSUMER[1]), ACCESS, secret, harness.clock, (PATIENCE, PATIENCE))


def test_a_mention_is_answered_once(harness: ReplyHarness, x: LoopbackX, replies: XReplies) -> None:
    """The reply is under the post, signed for the called address, with only the text."""
    harness.take(MENTION, REPLY)
    for _ in range(3):
        harness.take(REPLY, MENTION)
        harness.send(replies, TWITTER)
    assert x.posts == [{"text": REPLY.text, "reply": {"in_reply_to_tweet_id": POST}}]
    assert harness.state(REPLY) == ("sent", "")
    assert harness.row(REPLY).provider_id == "3001"


def test_a_limit_with_its_end(harness: ReplyHarness, x: LoopbackX, replies: XReplies) -> None:
    """After a 429 the sender waits until X's reset and one second more."""
    harness.take(MENTION, REPLY)
    x.script.append(limited(int(NOW.timestamp()) + 100))
    harness.send(replies, TWITTER)
    harness.clock.advance(seconds=100)
    harness.send(replies, TWITTER)
    assert len(x.requests) == 1
    harness.clock.advance(seconds=2)
    harness.send(replies, TWITTER)
    assert len(x.posts) == 1


@pytest.mark.parametrize(
    "answer",
    [
        limited(),
        refusal(429, "about:blank", **{"x-rate-limit-reset": "soon"}),
        refusal(401, "about:blank"),
        refusal(402, "about:blank"),
        refusal(403, "https://api.twitter.com/2/problems/oauth1-permissions"),
        refusal(403, "https://api.twitter.com/2/problems/client-forbidden"),
        json_answer({}, 302, {"Location": "http://127.0.0.1:9/elsewhere"}),
    ],
)
def test_an_operator_error_fails_no_reply(
    harness: ReplyHarness, x: LoopbackX, replies: XReplies, answer: Answer
) -> None:
    """After an error of the operator (quota, credit, keys, rights, redirect) the reply waits a quarter of an hour."""
    harness.take(MENTION, REPLY)
    x.script.append(answer)
    harness.send(replies, TWITTER)
    harness.clock.advance(minutes=14)
    harness.send(replies, TWITTER)
    assert (len(x.requests), harness.state(REPLY)[0]) == (1, "waiting")
    harness.clock.advance(minutes=1)
    harness.send(replies, TWITTER)
    assert len(x.posts) == 1


def test_wrong_keys_fail_no_reply(harness: ReplyHarness, x: LoopbackX) -> None:
    """With wrong keys the reply waits."""
    harness.take(MENTION, REPLY)
    harness.send(provider_for(x, harness, "none", key="another"), TWITTER)
    assert harness.state(REPLY) == ("waiting", "http_401")


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refused_reply_fails_for_good(harness: ReplyHarness, x: LoopbackX, replies: XReplies, status: int) -> None:
    """If the post is deleted, or its author did not mention us, the reply fails for good."""
    harness.take(MENTION, REPLY)
    x.script.append(refusal(status, "about:blank"))
    harness.send(replies, TWITTER)
    harness.clock.advance(days=1)
    harness.send(replies, TWITTER)
    assert (len(x.requests), harness.state(REPLY)) == (1, ("failed", f"http_{status}"))


@pytest.mark.parametrize(
    "answer_kind", ["stalled", "cut_off", "broken", "no id", "not an object", "html 500", "array 500", "502", "504"]
)
def test_an_unknown_reply_is_never_posted_again(
    harness: ReplyHarness, x: LoopbackX, replies: XReplies, hold: threading.Event, answer_kind: str
) -> None:
    """A missing or unreadable answer makes the reply unknown. A replay does not send it again."""
    answers = {
        "stalled": stalled(hold),
        "cut_off": cut_off(),
        "broken": broken(),
        "no id": json_answer({"errors": []}, 201, has_effect=True),
        "not an object": json_answer([1], 201, has_effect=True),
        "html 500": html(500, has_effect=True),
        "array 500": json_answer([1], 500, has_effect=True),
        "502": html(502, has_effect=True),
        "504": html(504, has_effect=True),
    }
    harness.take(MENTION, REPLY)
    x.script.append(answers[answer_kind])
    harness.send(replies, TWITTER)
    for _ in range(6):
        harness.clock.advance(days=1)
        harness.take(REPLY, MENTION)
        harness.send(replies, TWITTER)
    assert (len(x.posts), len(x.requests), harness.state(REPLY)[0]) == (1, 1, "unknown")


def test_over_capacity_is_waited_out(harness: ReplyHarness, x: LoopbackX, replies: XReplies) -> None:
    """A 503 means that nothing was posted."""
    harness.take(MENTION, REPLY)
    x.script.append(html(503))
    harness.send(replies, TWITTER)
    harness.clock.advance(minutes=1)
    harness.send(replies, TWITTER)
    assert len(x.posts) == 1


def test_a_missing_connection_postpones_the_reply(harness: ReplyHarness, x: LoopbackX, replies: XReplies) -> None:
    """Without a connection nothing was sent: the reply is sent when X is back."""
    harness.take(MENTION, REPLY)
    nowhere = XReplies("http://127.0.0.1:9", CONSUMER, ACCESS, "none", harness.clock)
    harness.send(nowhere, TWITTER)
    assert harness.state(REPLY) == ("waiting", "ConnectionError")
    harness.clock.advance(minutes=1)
    harness.send(replies, TWITTER)
    assert len(x.posts) == 1


@pytest.mark.parametrize("flag", ["anonim", "rahasia"])
def test_a_secret_report_has_no_public_reply(harness: ReplyHarness, x: LoopbackX, replies: XReplies, flag: str) -> None:
    """By default a secret report has no reply: it would show everybody that the sender complained."""
    secret_mention = complaint("secret", TWITTER, **cast("Any", {flag: True}))
    harness.take(secret_mention, reply(secret_mention, "received"))
    harness.send(replies, TWITTER)
    assert harness.state(reply(secret_mention, "received")) == ("withheld", "secret")
    assert x.requests == []


@pytest.mark.parametrize("flag", ["anonim", "rahasia"])
def test_a_secret_report_gets_a_direct_message(harness: ReplyHarness, x: LoopbackX, flag: str) -> None:
    """With the setting, a direct message goes to the account, and nothing under the post."""
    secret_mention = complaint("secret", TWITTER, **cast("Any", {flag: True}))
    reply_ = reply(secret_mention, "received")
    harness.take(secret_mention, reply_)
    harness.send(provider_for(x, harness, "message"), TWITTER)
    assert (x.posts, x.messages) == ([], [(ACCOUNT, reply_.text)])
    assert (harness.state(reply_), harness.row(reply_).provider_id) == (("sent", ""), "9001")


def test_without_an_account_there_is_no_message(harness: ReplyHarness, x: LoopbackX) -> None:
    """If only the post is known, a secret report has no reply."""
    secret_mention = complaint("secret", TWITTER, Contact(post=POST), rahasia=True)
    harness.take(secret_mention, reply(secret_mention, "received"))
    harness.send(provider_for(x, harness, "message"), TWITTER)
    assert harness.state(reply(secret_mention, "received")) == ("withheld", "secret")
    assert x.requests == []


def test_secrecy_requested_later_counts(harness: ReplyHarness, x: LoopbackX, replies: XReplies) -> None:
    """A repeat with #rahasia makes the first complaint secret before its reply is sent."""
    again = complaint("again", TWITTER, of=MENTION, rahasia=True)
    harness.take(REPLY, MENTION, again)
    harness.take(MENTION)
    harness.send(replies, TWITTER)
    assert harness.state(REPLY) == ("withheld", "secret")
    assert x.requests == []


def test_without_a_post_there_is_no_reply(harness: ReplyHarness, x: LoopbackX, replies: XReplies) -> None:
    """Without a post there is no reply: X allows replies only to those who mentioned us."""
    mention = complaint("none", TWITTER, Contact(account=ACCOUNT))
    harness.take(mention, reply(mention, "received"))
    harness.send(replies, TWITTER)
    assert harness.state(reply(mention, "received")) == ("withheld", "no_post")
    assert x.requests == []


def test_the_write_limit_holds_over_days_and_processes(harness: ReplyHarness, x: LoopbackX, replies: XReplies) -> None:
    """The limits of 15 minutes and of a day hold, also for a restarted sender."""
    mentions = [complaint(f"m{n}", TWITTER, Contact(post=str(n + 1), account=str(n + 1))) for n in range(6)]
    harness.take(*mentions, *(reply(mention, "received") for mention in mentions))
    windows = [(2, timedelta(minutes=15)), (3, timedelta(days=1))]
    sent = []
    for minutes in (0, 14, 1, 15, 24 * 60 - 31, 1):
        harness.clock.advance(minutes=minutes)
        harness.send(replies, TWITTER, windows=windows)
        sent.append(len(x.posts))
    assert sent == [2, 2, 3, 3, 3, 5]
