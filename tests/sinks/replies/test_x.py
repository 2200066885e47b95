"""X: tweepy's real client against an X on loopback; a reply is posted once, or it is unknown and stays so."""

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
from tests.sinks.replies.office import ACCOUNT, POST, Office, complaint, reply
from tests.support.loopback import Answer, broken, cut_off, html, json_answer, stalled

TWITTER = "twitter"
MENTION = complaint("mention", TWITTER)
TOLD = reply(MENTION, "received")


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """Ends what stalls, with the test."""
    event = threading.Event()
    yield event
    event.set()


def way_to(x: LoopbackX, office: Office, secret: Literal["none", "message"], key: str = CONSUMER[0]) -> XReplies:
    """A way with other settings."""
    return XReplies(x.url, (key, CONSUMER[1]), ACCESS, secret, office.clock, (PATIENCE, PATIENCE))


def test_a_mention_is_answered_once(office: Office, x: LoopbackX, replies: XReplies) -> None:
    """Under the post, signed for the address that is called, and nothing but the text."""
    office.take(MENTION, TOLD)
    for _ in range(3):
        office.take(TOLD, MENTION)
        office.send(replies, TWITTER)
    assert x.posts == [{"text": TOLD.text, "reply": {"in_reply_to_tweet_id": POST}}]
    assert office.state(TOLD) == ("sent", "")
    assert office.row(TOLD).provider_id == "3001"


def test_a_limit_with_its_end(office: Office, x: LoopbackX, replies: XReplies) -> None:
    """429 says when X answers again; a second more, and nothing before."""
    office.take(MENTION, TOLD)
    x.script.append(limited(int(NOW.timestamp()) + 100))
    office.send(replies, TWITTER)
    office.clock.pass_by(seconds=100)
    office.send(replies, TWITTER)
    assert len(x.requests) == 1
    office.clock.pass_by(seconds=2)
    office.send(replies, TWITTER)
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
def test_what_is_ours_to_mend_fails_no_reply(office: Office, x: LoopbackX, replies: XReplies, answer: Answer) -> None:
    """The month is used up, no credit, wrong keys, an app without rights, a detour: the reply waits a quarter hour."""
    office.take(MENTION, TOLD)
    x.script.append(answer)
    office.send(replies, TWITTER)
    office.clock.pass_by(minutes=14)
    office.send(replies, TWITTER)
    assert (len(x.requests), office.state(TOLD)[0]) == (1, "waiting")
    office.clock.pass_by(minutes=1)
    office.send(replies, TWITTER)
    assert len(x.posts) == 1


def test_wrong_keys_fail_no_reply(office: Office, x: LoopbackX) -> None:
    """X does not know the signature: the reply waits."""
    office.take(MENTION, TOLD)
    office.send(way_to(x, office, "none", key="another"), TWITTER)
    assert office.state(TOLD) == ("waiting", "http_401")


@pytest.mark.parametrize("status", [400, 403, 404])
def test_what_x_refuses_is_given_up(office: Office, x: LoopbackX, replies: XReplies, status: int) -> None:
    """The post is gone, or its author did not mention us: never again."""
    office.take(MENTION, TOLD)
    x.script.append(refusal(status, "about:blank"))
    office.send(replies, TWITTER)
    office.clock.pass_by(days=1)
    office.send(replies, TWITTER)
    assert (len(x.requests), office.state(TOLD)) == (1, ("failed", f"http_{status}"))


@pytest.mark.parametrize(
    "how", ["stalled", "cut_off", "broken", "no id", "not an object", "html 500", "array 500", "502", "504"]
)
def test_what_may_have_been_posted_is_never_posted_again(
    office: Office, x: LoopbackX, replies: XReplies, hold: threading.Event, how: str
) -> None:
    """No answer, one that can't be read, or a fault in the middle: unknown for ever, whatever is replayed."""
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
    office.take(MENTION, TOLD)
    x.script.append(answers[how])
    office.send(replies, TWITTER)
    for _ in range(6):
        office.clock.pass_by(days=1)
        office.take(TOLD, MENTION)
        office.send(replies, TWITTER)
    assert (len(x.posts), len(x.requests), office.state(TOLD)[0]) == (1, 1, "unknown")


def test_over_capacity_is_waited_out(office: Office, x: LoopbackX, replies: XReplies) -> None:
    """503 says that nothing was done."""
    office.take(MENTION, TOLD)
    x.script.append(html(503))
    office.send(replies, TWITTER)
    office.clock.pass_by(minutes=1)
    office.send(replies, TWITTER)
    assert len(x.posts) == 1


def test_no_connection_is_no_attempt(office: Office, x: LoopbackX, replies: XReplies) -> None:
    """Where nothing can have left, the reply goes as soon as X is there."""
    office.take(MENTION, TOLD)
    nowhere = XReplies("http://127.0.0.1:9", CONSUMER, ACCESS, "none", office.clock)
    office.send(nowhere, TWITTER)
    assert office.state(TOLD) == ("waiting", "ConnectionError")
    office.clock.pass_by(minutes=1)
    office.send(replies, TWITTER)
    assert len(x.posts) == 1


@pytest.mark.parametrize("flag", ["anonim", "rahasia"])
def test_who_asked_for_secrecy_is_not_answered_in_public(
    office: Office, x: LoopbackX, replies: XReplies, flag: str
) -> None:
    """By default not at all: a reply would show everybody that they complained."""
    one = complaint("secret", TWITTER, **cast("Any", {flag: True}))
    office.take(one, reply(one, "received"))
    office.send(replies, TWITTER)
    assert office.state(reply(one, "received")) == ("withheld", "secret")
    assert x.requests == []


@pytest.mark.parametrize("flag", ["anonim", "rahasia"])
def test_who_asked_for_secrecy_is_answered_alone(office: Office, x: LoopbackX, flag: str) -> None:
    """By setting with a message to their account, and nothing under the post."""
    one = complaint("secret", TWITTER, **cast("Any", {flag: True}))
    told = reply(one, "received")
    office.take(one, told)
    office.send(way_to(x, office, "message"), TWITTER)
    assert (x.posts, x.messages) == ([], [(ACCOUNT, told.text)])
    assert (office.state(told), office.row(told).provider_id) == (("sent", ""), "9001")


def test_without_an_account_there_is_no_message(office: Office, x: LoopbackX) -> None:
    """Where only the post is known, nobody is answered rather than everybody."""
    one = complaint("secret", TWITTER, Contact(post=POST), rahasia=True)
    office.take(one, reply(one, "received"))
    office.send(way_to(x, office, "message"), TWITTER)
    assert office.state(reply(one, "received")) == ("withheld", "secret")
    assert x.requests == []


def test_secrecy_asked_for_later_counts(office: Office, x: LoopbackX, replies: XReplies) -> None:
    """An edit or a second post with #rahasia comes before we replied to the first: nothing is shown."""
    again = complaint("again", TWITTER, of=MENTION, rahasia=True)
    office.take(TOLD, MENTION, again)
    office.take(MENTION)
    office.send(replies, TWITTER)
    assert office.state(TOLD) == ("withheld", "secret")
    assert x.requests == []


def test_nothing_to_reply_to(office: Office, x: LoopbackX, replies: XReplies) -> None:
    """Without a post there is no reply: X allows none but to those who mentioned us."""
    one = complaint("none", TWITTER, Contact(account=ACCOUNT))
    office.take(one, reply(one, "received"))
    office.send(replies, TWITTER)
    assert office.state(reply(one, "received")) == ("withheld", "no_post")
    assert x.requests == []


def test_the_write_limit_holds_over_days_and_processes(office: Office, x: LoopbackX, replies: XReplies) -> None:
    """So many in 15 minutes and so many in a day; the rest waits, also for a sender that was started anew."""
    mentions = [complaint(f"m{n}", TWITTER, Contact(post=str(n + 1), account=str(n + 1))) for n in range(6)]
    office.take(*mentions, *(reply(mention, "received") for mention in mentions))
    windows = [(2, timedelta(minutes=15)), (3, timedelta(days=1))]
    sent = []
    for minutes in (0, 14, 1, 15, 24 * 60 - 31, 1):
        office.clock.pass_by(minutes=minutes)
        office.send(replies, TWITTER, windows=windows)
        sent.append(len(x.posts))
    assert sent == [2, 2, 3, 3, 3, 5]
