"""SMS: Twilio's real client and a loopback Twilio, with every answer that Twilio may give or fail to give."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from config.database import read_transaction
from messages.shapes import Contact
from sinks.replies.providers.twilio import TwilioSms
from tests.sinks.replies.conftest import sms_to
from tests.sinks.replies.reply_harness import OTHER_PHONE, PHONE, ReplyHarness, complaint, reply
from tests.support.loopback import Answer, broken, cut_off, html, json_answer, stalled
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio, limited, problem, refusal


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """Event that ends stalled answers with the test."""
    event = threading.Event()
    yield event
    event.set()


def test_an_sms_is_sent_once(harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """The SMS goes to the sender's number from ours, with the callback address."""
    reply_ = reply(complaint())
    harness.take(complaint(), reply_)
    harness.send(sms)
    harness.send(sms)
    callback = f"https://lapor.example/s?reply={reply_.id}"
    assert twilio.sends == [{"To": PHONE, "From": "+628000001708", "Body": reply_.text, "StatusCallback": callback}]
    assert harness.state(reply_) == ("sent", "")
    assert harness.row(reply_).provider_id == twilio.messages[0]["sid"]


def test_a_messaging_service_chooses_its_number(harness: ReplyHarness, twilio: LoopbackTwilio) -> None:
    """`MG…` replaces the number. Without a public address there is no callback."""
    harness.take(complaint(), reply(complaint()))
    harness.send(TwilioSms(ACCOUNT, "twilio-test", "MG" + "0" * 32, twilio.url, lambda _: ""))
    assert set(twilio.sends[0]) == {"To", "MessagingServiceSid", "Body"}


def test_a_limit_of_twilio_pauses_the_provider(harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """Twilio never processed a 429. No SMS is sent until Retry-After; then all are sent."""
    first, second = complaint("one"), complaint("two", contact=Contact(phone=OTHER_PHONE))
    harness.take(first, second, reply(first), reply(second))
    twilio.script.append(limited(90))
    harness.send(sms)
    harness.clock.advance(seconds=89)
    harness.send(sms)
    assert (len(twilio.sends), twilio.messages) == (1, [])
    harness.clock.advance(seconds=1)
    harness.send(sms)
    assert sorted(message["to"] for message in twilio.messages) == [PHONE, OTHER_PHONE]


def test_a_limit_without_a_time_pauses_longer_each_time(
    harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms
) -> None:
    """Without Retry-After the waits double. A success resets them."""
    harness.take(complaint(), reply(complaint()))
    twilio.script.extend([limited(), limited(), limited()])
    waits = []
    for _ in range(3):
        start = harness.clock()
        while not harness.sender(sms).step():
            harness.clock.advance(seconds=1)
        waits.append(harness.clock() - start)
    # The reply itself waits half a minute, then a minute.
    assert waits == [timedelta(0), timedelta(seconds=30), timedelta(seconds=60)]
    with read_transaction(harness.engine) as connection:
        assert connection.execute(text("SELECT failures FROM replies_way")).scalar_one() == 3
    harness.clock.advance(minutes=2)
    harness.send(sms)
    with read_transaction(harness.engine) as connection:
        assert connection.execute(text("SELECT failures FROM replies_way")).scalar_one() == 0


@pytest.mark.parametrize("fault", [html(500), html(503), refusal(20500, 500), problem(20503, 503)])
def test_an_error_of_twilio_postpones_the_sms(
    harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms, fault: Answer
) -> None:
    """After a 5xx in any form Twilio does not have the message; it is sent later."""
    reply_ = reply(complaint())
    harness.take(complaint(), reply_)
    twilio.script.append(fault)
    harness.send(sms)
    assert harness.state(reply_)[0] == "waiting"
    harness.clock.advance(minutes=1)
    harness.send(sms)
    assert [message["body"] for message in twilio.messages] == [reply_.text]
    assert harness.state(reply_) == ("sent", "")


def test_an_sms_taken_despite_an_error_is_not_sent_again(
    harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms
) -> None:
    """After a 5xx Twilio is asked for the message before it is sent again."""
    reply_ = reply(complaint())
    harness.take(complaint(), reply_, reply(complaint(), "answered"))
    twilio.script.append(html(502, has_effect=True))
    harness.send(sms)
    harness.clock.advance(minutes=1)
    harness.send(sms)
    assert sorted(send["Body"] for send in twilio.sends) == sorted([reply_.text, reply(complaint(), "answered").text])
    assert harness.state(reply_) == ("sent", "")
    assert {harness.row(reply_).provider_id} <= {message["sid"] for message in twilio.messages}


@pytest.mark.parametrize("answer_kind", ["stalled", "cut_off", "broken", "strange"])
def test_an_unknown_sms_is_never_sent_again(
    harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms, hold: threading.Event, answer_kind: str
) -> None:
    """A missing or unreadable answer makes the SMS unknown. A replay does not send it again."""
    reply_ = reply(complaint())
    answers = {"stalled": stalled(hold), "cut_off": cut_off(), "broken": broken()}
    harness.take(complaint(), reply_)
    twilio.script.append(answers.get(answer_kind) or json_answer(["no", "message"], 201, has_effect=True))
    harness.send(sms)
    assert harness.state(reply_)[0] == "unknown"
    for _ in range(6):
        harness.clock.advance(days=1)
        harness.take(complaint(), reply_)
        harness.send(sms)
    assert len(twilio.sends) == 1
    assert harness.state(reply_)[0] == "unknown"


def test_a_missing_connection_postpones_the_sms(harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """Without a connection nothing was sent: the SMS is sent when Twilio is back."""
    reply_ = reply(complaint())
    harness.take(complaint(), reply_)
    harness.send(sms_to("http://127.0.0.1:9"))
    assert harness.state(reply_) == ("waiting", "ConnectionError")
    harness.clock.advance(minutes=1)
    harness.send(sms)
    assert len(twilio.messages) == 1


@pytest.mark.parametrize("answer", [refusal(21610), problem(21610)])
def test_an_opt_out_is_respected_for_a_month(
    harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms, answer: Answer
) -> None:
    """After 21610 nothing is sent for a month, then one attempt. The number is stored nowhere in clear."""
    first, second, third = complaint("one"), complaint("two"), complaint("three")
    harness.take(first, second, reply(first), reply(second))
    twilio.script.append(answer)
    harness.send(sms)
    assert sorted([harness.state(reply(first)), harness.state(reply(second))]) == [
        ("failed", "21610"),
        ("withheld", "opted_out"),
    ]
    assert len(twilio.sends) == 1
    harness.clock.advance(days=31)
    harness.take(third, reply(third, at=harness.clock()))
    harness.send(sms)
    assert harness.state(reply(third)) == ("sent", "")
    assert PHONE[-8:] not in everything(harness)


def test_an_opt_out_holds_for_its_number_only(harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """An opt-out holds only for its own number."""
    first, second = complaint("one"), complaint("two", contact=Contact(phone=OTHER_PHONE))
    harness.take(first, reply(first))
    twilio.script.append(refusal(21610))
    harness.send(sms)
    harness.take(second, reply(second))
    harness.send(sms)
    assert harness.state(reply(second)) == ("sent", "")


@pytest.mark.parametrize("code", [21211, 21408, 21614, 30999])
def test_a_receiver_error_fails_the_reply(
    harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms, code: int
) -> None:
    """An invalid number, a landline or a blocked country fails the reply; the next one to it is tried."""
    reply_ = reply(complaint())
    harness.take(complaint(), reply_)
    twilio.script.append(refusal(code))
    harness.send(sms)
    assert harness.state(reply_) == ("failed", str(code))
    harness.take(reply(complaint(), "answered"))
    harness.send(sms)
    assert harness.state(reply(complaint(), "answered")) == ("sent", "")


@pytest.mark.parametrize("code", [21606, 21659, 20404])
def test_an_operator_error_fails_no_reply(
    harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms, code: int
) -> None:
    """With a From that is not ours every reply waits until the operator fixes it."""
    reply_ = reply(complaint())
    harness.take(complaint(), reply_)
    twilio.script.append(refusal(code))
    harness.send(sms)
    assert harness.state(reply_) == ("waiting", f"twilio_{code}")
    harness.clock.advance(minutes=15)
    harness.send(sms)
    assert harness.state(reply_) == ("sent", "")


def test_a_wrong_token_fails_no_reply(harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """After a 401 every reply waits until the settings are fixed."""
    reply_ = reply(complaint())
    harness.take(complaint(), reply_)
    harness.send(sms_to(twilio.url, token="another"))
    assert harness.state(reply_) == ("waiting", "twilio_20003")
    harness.clock.advance(minutes=15)
    harness.send(sms)
    assert harness.state(reply_) == ("sent", "")


@pytest.mark.parametrize("phone", ["BANK", "1708", ""])
def test_a_name_or_short_code_gets_no_sms(
    harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms, phone: str
) -> None:
    """A name or a short code gets no SMS."""
    complaint_ = complaint(contact=Contact(phone=phone))
    harness.take(complaint_, reply(complaint_))
    harness.send(sms)
    assert harness.state(reply(complaint_)) == ("withheld", "no_number")
    assert twilio.requests == []


def everything(harness: ReplyHarness) -> str:
    """Return all rows of the reply tables as one text."""
    tables = ("replies_outbox", "replies_recipient", "replies_unreachable", "replies_way")
    with read_transaction(harness.engine) as connection:
        return str([connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables])  # noqa: S608
