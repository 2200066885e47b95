"""Push notifications: google-auth's real client and a loopback Google. The same push twice is one notification."""

import json
import threading
from collections.abc import Iterator

import pytest

from messages.shapes import Contact
from sinks.replies.providers.fcm import FcmPush
from tests.sinks.replies.conftest import PATIENCE
from tests.sinks.replies.loopback_fcm import LoopbackFcm, refusal
from tests.sinks.replies.reply_harness import PUSH, ReplyHarness, complaint, reply
from tests.support.loopback import Answer, broken, cut_off, html, stalled

MOBILE = "mobile"
REPORT = complaint("report", MOBILE)
REPLY = reply(REPORT)


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """Event that ends stalled answers with the test."""
    event = threading.Event()
    yield event
    event.set()


def test_a_push_is_sent_once(harness: ReplyHarness, fcm: LoopbackFcm, push: FcmPush) -> None:
    """The push goes to the app's token, with the text, the app's data and one tag for one reply."""
    harness.take(REPORT, REPLY)
    for _ in range(3):
        harness.take(REPLY, REPORT)
        harness.send(push, MOBILE)
    (message,) = fcm.pushed
    assert message["token"] == PUSH
    assert message["notification"] == {"title": "SP4N-LAPOR!", "body": REPLY.text}
    assert message["data"] == {"reply_id": str(REPLY.id), "tracking": REPLY.tracking, "kind": "dispatched"}
    assert message["android"]["notification"]["tag"] == message["apns"]["headers"]["apns-collapse-id"] == str(REPLY.id)
    assert harness.state(REPLY) == ("sent", "")
    assert harness.row(REPLY).provider_id == "projects/lapor-test/messages/1"


def test_one_access_token_serves_many(harness: ReplyHarness, fcm: LoopbackFcm, push: FcmPush) -> None:
    """Google is asked for an access token once an hour."""
    reports = [complaint(f"r{n}", MOBILE, Contact(push=f"phone {n}")) for n in range(4)]
    harness.take(*reports, *(reply(report) for report in reports))
    harness.send(push, MOBILE)
    assert (len(fcm.pushed), fcm.tokens) == (4, 1)


@pytest.mark.parametrize("code", ["UNREGISTERED", "INVALID_ARGUMENT", "SENDER_ID_MISMATCH"])
def test_an_invalid_token_fails_the_push(harness: ReplyHarness, fcm: LoopbackFcm, push: FcmPush, code: str) -> None:
    """The push fails. After UNREGISTERED (the app was removed) no other push is tried."""
    second_report = complaint("again", MOBILE)
    harness.take(REPORT, REPLY)
    fcm.script.append(refusal({"UNREGISTERED": 404, "INVALID_ARGUMENT": 400}.get(code, 403), code))
    harness.send(push, MOBILE)
    harness.take(second_report, reply(second_report))
    harness.send(push, MOBILE)
    assert harness.state(REPLY) == ("failed", code)
    expected_state = ("withheld", "unregistered") if code == "UNREGISTERED" else ("sent", "")
    assert harness.state(reply(second_report)) == expected_state


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (refusal(429, "QUOTA_EXCEEDED"), 60),
        (refusal(429, "QUOTA_EXCEEDED", **{"Retry-After": "200"}), 200),
        (refusal(503, "UNAVAILABLE", **{"Retry-After": "120"}), 120),
        (refusal(503, "UNAVAILABLE"), 30),
        (refusal(500, "INTERNAL"), 30),
        (html(502), 30),
        (refusal(403, ""), 900),
        (refusal(404, ""), 900),
        (refusal(401, "THIRD_PARTY_AUTH_ERROR"), 900),
    ],
)
def test_waits_after_errors(
    harness: ReplyHarness, fcm: LoopbackFcm, push: FcmPush, answer: Answer, seconds: int
) -> None:
    """A quota, an error of Google's and an error of the operator fail no push; each has its own wait."""
    harness.take(REPORT, REPLY)
    # google-auth asks twice more with a new token when it hears 401.
    fcm.script.extend([answer] * (3 if answer.status == 401 else 1))
    harness.send(push, MOBILE)
    requests_before = len(fcm.requests)
    harness.clock.advance(seconds=seconds - 1)
    harness.send(push, MOBILE)
    assert len(fcm.requests) == requests_before
    harness.clock.advance(seconds=1)
    harness.send(push, MOBILE)
    assert len(fcm.pushed) == 1


@pytest.mark.parametrize("answer_kind", ["stalled", "cut_off", "broken"])
def test_an_unknown_push_is_repeated(
    harness: ReplyHarness, fcm: LoopbackFcm, push: FcmPush, hold: threading.Event, answer_kind: str
) -> None:
    """The phone shows one notification for one tag, so an unknown push is repeated."""
    answers = {"stalled": stalled(hold), "cut_off": cut_off(), "broken": broken()}
    harness.take(REPORT, REPLY)
    fcm.script.append(answers[answer_kind])
    harness.send(push, MOBILE)
    assert harness.state(REPLY)[0] == "waiting"
    harness.clock.advance(minutes=1)
    harness.send(push, MOBILE)
    assert [message["android"]["notification"]["tag"] for message in fcm.pushed] == [str(REPLY.id)] * 2
    assert harness.state(REPLY) == ("sent", "")


def test_google_away(harness: ReplyHarness, fcm: LoopbackFcm, push: FcmPush) -> None:
    """Without an access token nothing is sent, and nothing is lost."""
    harness.take(REPORT, REPLY)
    harness.send(FcmPush(fcm.account | {"token_uri": "http://127.0.0.1:9/token"}, fcm.url), MOBILE)
    assert harness.state(REPLY) == ("waiting", "TransportError")
    harness.clock.advance(minutes=1)
    harness.send(push, MOBILE)
    assert len(fcm.pushed) == 1


def test_without_a_token_nothing_is_pushed(harness: ReplyHarness, fcm: LoopbackFcm, push: FcmPush) -> None:
    """A sender who does not allow notifications gets none."""
    report = complaint("mute", MOBILE, Contact(phone="+628000000033"))
    harness.take(report, reply(report))
    harness.send(push, MOBILE)
    assert harness.state(reply(report)) == ("withheld", "no_token")
    assert fcm.requests == []


def test_a_wrong_account_is_refused(fcm: LoopbackFcm) -> None:
    """A wrong account is refused at the start."""
    with pytest.raises(ValueError, match=r"token_uri|client_email|private"):
        FcmPush(json.loads("{}"), fcm.url, (PATIENCE, PATIENCE))
