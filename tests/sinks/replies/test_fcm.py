"""Pushes: google-auth's real client against Google on loopback; the same push twice is one notification."""

import json
import threading
from collections.abc import Iterator

import pytest

from messages.shapes import Contact
from sinks.replies.providers.fcm import FcmPush
from tests.sinks.replies.conftest import PATIENCE
from tests.sinks.replies.loopback_fcm import LoopbackFcm, refusal
from tests.sinks.replies.office import PUSH, Office, complaint, reply
from tests.support.loopback import Answer, broken, cut_off, html, stalled

MOBILE = "mobile"
REPORT = complaint("report", MOBILE)
TOLD = reply(REPORT)


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """Ends what stalls, with the test."""
    event = threading.Event()
    yield event
    event.set()


def test_a_push_is_sent_once(office: Office, fcm: LoopbackFcm, push: FcmPush) -> None:
    """To the app's token, with the text, what the app needs to open the report, and one tag for one reply."""
    office.take(REPORT, TOLD)
    for _ in range(3):
        office.take(TOLD, REPORT)
        office.send(push, MOBILE)
    (message,) = fcm.pushed
    assert message["token"] == PUSH
    assert message["notification"] == {"title": "SP4N-LAPOR!", "body": TOLD.text}
    assert message["data"] == {"reply_id": str(TOLD.id), "tracking": TOLD.tracking, "says": "dispatched"}
    assert message["android"]["notification"]["tag"] == message["apns"]["headers"]["apns-collapse-id"] == str(TOLD.id)
    assert office.state(TOLD) == ("sent", "")
    assert office.row(TOLD).provider_id == "projects/lapor-test/messages/1"


def test_one_access_token_serves_many(office: Office, fcm: LoopbackFcm, push: FcmPush) -> None:
    """Google is asked for a token once an hour, not once a push."""
    many = [complaint(f"r{n}", MOBILE, Contact(push=f"phone {n}")) for n in range(4)]
    office.take(*many, *(reply(one) for one in many))
    office.send(push, MOBILE)
    assert (len(fcm.pushed), fcm.tokens) == (4, 1)


@pytest.mark.parametrize("code", ["UNREGISTERED", "INVALID_ARGUMENT", "SENDER_ID_MISMATCH"])
def test_a_token_that_is_no_more(office: Office, fcm: LoopbackFcm, push: FcmPush, code: str) -> None:
    """The push failed; of an app that was removed (UNREGISTERED) the next is not even tried."""
    again = complaint("again", MOBILE)
    office.take(REPORT, TOLD)
    fcm.script.append(refusal({"UNREGISTERED": 404, "INVALID_ARGUMENT": 400}.get(code, 403), code))
    office.send(push, MOBILE)
    office.take(again, reply(again))
    office.send(push, MOBILE)
    assert office.state(TOLD) == ("failed", code)
    gone = ("withheld", "unregistered") if code == "UNREGISTERED" else ("sent", "")
    assert office.state(reply(again)) == gone


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
def test_what_is_waited_out(office: Office, fcm: LoopbackFcm, push: FcmPush, answer: Answer, seconds: int) -> None:
    """A quota, a fault of Google's or a mistake in our settings fails no push; each has its own patience."""
    office.take(REPORT, TOLD)
    # google-auth asks twice more with a new token when it hears 401.
    fcm.script.extend([answer] * (3 if answer.status == 401 else 1))
    office.send(push, MOBILE)
    asked = len(fcm.requests)
    office.clock.pass_by(seconds=seconds - 1)
    office.send(push, MOBILE)
    assert len(fcm.requests) == asked
    office.clock.pass_by(seconds=1)
    office.send(push, MOBILE)
    assert len(fcm.pushed) == 1


@pytest.mark.parametrize("how", ["stalled", "cut_off", "broken"])
def test_what_may_have_been_pushed_is_pushed_again(
    office: Office, fcm: LoopbackFcm, push: FcmPush, hold: threading.Event, how: str
) -> None:
    """The phone shows one notification for one tag: to be silent would be the greater harm."""
    answers = {"stalled": stalled(hold), "cut_off": cut_off(), "broken": broken()}
    office.take(REPORT, TOLD)
    fcm.script.append(answers[how])
    office.send(push, MOBILE)
    assert office.state(TOLD)[0] == "waiting"
    office.clock.pass_by(minutes=1)
    office.send(push, MOBILE)
    assert [message["android"]["notification"]["tag"] for message in fcm.pushed] == [str(TOLD.id)] * 2
    assert office.state(TOLD) == ("sent", "")


def test_google_away(office: Office, fcm: LoopbackFcm, push: FcmPush) -> None:
    """Without an access token nothing is sent, and nothing is lost."""
    office.take(REPORT, TOLD)
    office.send(FcmPush(fcm.account | {"token_uri": "http://127.0.0.1:9/token"}, fcm.url), MOBILE)
    assert office.state(TOLD) == ("waiting", "TransportError")
    office.clock.pass_by(minutes=1)
    office.send(push, MOBILE)
    assert len(fcm.pushed) == 1


def test_without_a_token_nothing_is_pushed(office: Office, fcm: LoopbackFcm, push: FcmPush) -> None:
    """Who did not allow notifications gets none."""
    one = complaint("mute", MOBILE, Contact(phone="+628000000033"))
    office.take(one, reply(one))
    office.send(push, MOBILE)
    assert office.state(reply(one)) == ("withheld", "no_token")
    assert fcm.requests == []


def test_what_is_no_account_is_refused(fcm: LoopbackFcm) -> None:
    """At the start, and not at the first push."""
    with pytest.raises(ValueError, match=r"token_uri|client_email|private"):
        FcmPush(json.loads("{}"), fcm.url, (PATIENCE, PATIENCE))
