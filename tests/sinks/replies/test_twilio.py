"""SMS: Twilio's real client against a Twilio on loopback, with every answer that it may give or fail to give."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from config.database import read_transaction
from messages.shapes import Contact
from sinks.replies.providers.twilio import TwilioSms
from tests.sinks.replies.conftest import sms_to
from tests.sinks.replies.office import OTHER_PHONE, PHONE, Office, complaint, reply
from tests.support.loopback import Answer, broken, cut_off, html, json_answer, stalled
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio, limited, problem, refusal


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """Ends what stalls, with the test."""
    event = threading.Event()
    yield event
    event.set()


def test_an_sms_is_sent_once(office: Office, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """To the sender's number, from ours, with the address where Twilio tells what became of it."""
    told = reply(complaint())
    office.take(complaint(), told)
    office.send(sms)
    office.send(sms)
    callback = f"https://lapor.example/s?reply={told.id}"
    assert twilio.sends == [{"To": PHONE, "From": "+628000001708", "Body": told.text, "StatusCallback": callback}]
    assert office.state(told) == ("sent", "")
    assert office.row(told).provider_id == twilio.messages[0]["sid"]


def test_a_messaging_service_chooses_its_number(office: Office, twilio: LoopbackTwilio) -> None:
    """`MG…` instead of a number; an address that Twilio can't reach is not named to it."""
    office.take(complaint(), reply(complaint()))
    office.send(TwilioSms(ACCOUNT, "twilio-test", "MG" + "0" * 32, twilio.url, lambda _: ""))
    assert set(twilio.sends[0]) == {"To", "MessagingServiceSid", "Body"}


def test_a_limit_of_twilio_rests_the_way_as_long_as_it_asks(
    office: Office, twilio: LoopbackTwilio, sms: TwilioSms
) -> None:
    """429 was never processed: nothing more is asked of Twilio until then, whosever it is, and then all is sent."""
    first, second = complaint("one"), complaint("two", contact=Contact(phone=OTHER_PHONE))
    office.take(first, second, reply(first), reply(second))
    twilio.script.append(limited(90))
    office.send(sms)
    office.clock.pass_by(seconds=89)
    office.send(sms)
    assert (len(twilio.sends), twilio.messages) == (1, [])
    office.clock.pass_by(seconds=1)
    office.send(sms)
    assert sorted(message["to"] for message in twilio.messages) == [PHONE, OTHER_PHONE]


def test_a_limit_without_a_time_is_waited_out_longer_each_time(
    office: Office, twilio: LoopbackTwilio, sms: TwilioSms
) -> None:
    """Half a minute, then a minute; once it went well the way is as new."""
    office.take(complaint(), reply(complaint()))
    twilio.script.extend([limited(), limited(), limited()])
    rests = []
    for _ in range(3):
        before = office.clock()
        while not office.sender(sms).step():
            office.clock.pass_by(seconds=1)
        rests.append(office.clock() - before)
    # The reply itself waits half a minute, then a minute.
    assert rests == [timedelta(0), timedelta(seconds=30), timedelta(seconds=60)]
    with read_transaction(office.engine) as connection:
        assert connection.execute(text("SELECT failures FROM replies_way")).scalar_one() == 3
    office.clock.pass_by(minutes=2)
    office.send(sms)
    with read_transaction(office.engine) as connection:
        assert connection.execute(text("SELECT failures FROM replies_way")).scalar_one() == 0


@pytest.mark.parametrize("fault", [html(500), html(503), refusal(20500, 500), problem(20503, 503)])
def test_after_a_fault_of_twilio_the_sms_goes_later(
    office: Office, twilio: LoopbackTwilio, sms: TwilioSms, fault: Answer
) -> None:
    """5xx, in any of its forms: Twilio does not have the message, so it is sent when it is well."""
    told = reply(complaint())
    office.take(complaint(), told)
    twilio.script.append(fault)
    office.send(sms)
    assert office.state(told)[0] == "waiting"
    office.clock.pass_by(minutes=1)
    office.send(sms)
    assert [message["body"] for message in twilio.messages] == [told.text]
    assert office.state(told) == ("sent", "")


def test_a_fault_after_it_was_taken_is_found_out(office: Office, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """5xx, but Twilio has the message all the same: it is asked before anything is sent again."""
    told = reply(complaint())
    office.take(complaint(), told, reply(complaint(), "answered"))
    twilio.script.append(html(502, has_effect=True))
    office.send(sms)
    office.clock.pass_by(minutes=1)
    office.send(sms)
    assert sorted(send["Body"] for send in twilio.sends) == sorted([told.text, reply(complaint(), "answered").text])
    assert office.state(told) == ("sent", "")
    assert {office.row(told).provider_id} <= {message["sid"] for message in twilio.messages}


@pytest.mark.parametrize("how", ["stalled", "cut_off", "broken", "strange"])
def test_what_may_have_been_sent_is_never_sent_again(
    office: Office, twilio: LoopbackTwilio, sms: TwilioSms, hold: threading.Event, how: str
) -> None:
    """No answer, half of one, or none that can be read: the SMS stays unknown, whatever is replayed."""
    told = reply(complaint())
    answers = {"stalled": stalled(hold), "cut_off": cut_off(), "broken": broken()}
    office.take(complaint(), told)
    twilio.script.append(answers.get(how) or json_answer(["no", "message"], 201, has_effect=True))
    office.send(sms)
    assert office.state(told)[0] == "unknown"
    for _ in range(6):
        office.clock.pass_by(days=1)
        office.take(complaint(), told)
        office.send(sms)
    assert len(twilio.sends) == 1
    assert office.state(told)[0] == "unknown"


def test_no_connection_is_no_attempt(office: Office, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """Where nothing can have left, the SMS goes as soon as Twilio is there."""
    told = reply(complaint())
    office.take(complaint(), told)
    office.send(sms_to("http://127.0.0.1:9"))
    assert office.state(told) == ("waiting", "ConnectionError")
    office.clock.pass_by(minutes=1)
    office.send(sms)
    assert len(twilio.messages) == 1


@pytest.mark.parametrize("answer", [refusal(21610), problem(21610)])
def test_who_opted_out_is_left_alone(office: Office, twilio: LoopbackTwilio, sms: TwilioSms, answer: Answer) -> None:
    """Twilio says 21610 once; for a month nothing more is tried, and then once. The number itself is kept nowhere."""
    first, second, third = complaint("one"), complaint("two"), complaint("three")
    office.take(first, second, reply(first), reply(second))
    twilio.script.append(answer)
    office.send(sms)
    assert sorted([office.state(reply(first)), office.state(reply(second))]) == [
        ("failed", "21610"),
        ("withheld", "opted_out"),
    ]
    assert len(twilio.sends) == 1
    office.clock.pass_by(days=31)
    office.take(third, reply(third, at=office.clock()))
    office.send(sms)
    assert office.state(reply(third)) == ("sent", "")
    assert PHONE[-8:] not in everything(office)


def test_another_number_is_not_left_alone(office: Office, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """Who opted out did so for themselves."""
    first, second = complaint("one"), complaint("two", contact=Contact(phone=OTHER_PHONE))
    office.take(first, reply(first))
    twilio.script.append(refusal(21610))
    office.send(sms)
    office.take(second, reply(second))
    office.send(sms)
    assert office.state(reply(second)) == ("sent", "")


@pytest.mark.parametrize("code", [21211, 21408, 21614, 30999])
def test_what_twilio_never_takes_is_given_up(office: Office, twilio: LoopbackTwilio, sms: TwilioSms, code: int) -> None:
    """A number that is none, a landline, a country: the reply failed, and the next one to it is tried all the same."""
    told = reply(complaint())
    office.take(complaint(), told)
    twilio.script.append(refusal(code))
    office.send(sms)
    assert office.state(told) == ("failed", str(code))
    office.take(reply(complaint(), "answered"))
    office.send(sms)
    assert office.state(reply(complaint(), "answered")) == ("sent", "")


@pytest.mark.parametrize("code", [21606, 21659, 20404])
def test_our_own_mistake_fails_no_reply(office: Office, twilio: LoopbackTwilio, sms: TwilioSms, code: int) -> None:
    """A From that is not ours at Twilio: every reply waits until somebody mends it."""
    told = reply(complaint())
    office.take(complaint(), told)
    twilio.script.append(refusal(code))
    office.send(sms)
    assert office.state(told) == ("waiting", f"twilio_{code}")
    office.clock.pass_by(minutes=15)
    office.send(sms)
    assert office.state(told) == ("sent", "")


def test_a_wrong_token_fails_no_reply(office: Office, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """401: every reply waits until the settings are mended."""
    told = reply(complaint())
    office.take(complaint(), told)
    office.send(sms_to(twilio.url, token="another"))
    assert office.state(told) == ("waiting", "twilio_20003")
    office.clock.pass_by(minutes=15)
    office.send(sms)
    assert office.state(told) == ("sent", "")


@pytest.mark.parametrize("phone", ["BANK", "1708", ""])
def test_what_is_no_number_gets_no_sms(office: Office, twilio: LoopbackTwilio, sms: TwilioSms, phone: str) -> None:
    """A sender's name or a short code can't be written to."""
    one = complaint(contact=Contact(phone=phone))
    office.take(one, reply(one))
    office.send(sms)
    assert office.state(reply(one)) == ("withheld", "no_number")
    assert twilio.requests == []


def everything(office: Office) -> str:
    """All that the database holds of replies."""
    tables = ("replies_outbox", "replies_recipient", "replies_unreachable", "replies_way")
    with read_transaction(office.engine) as connection:
        return str([connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables])  # noqa: S608
