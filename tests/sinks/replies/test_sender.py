"""Reply senders: each delivery is recorded first and sent once, whatever fails and however many senders there are."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from bus.errors import Stop
from config.database import DatabaseUnavailable, read_transaction
from messages.sealing import Sealer
from messages.shapes import Channel, Contact
from sinks.replies.decision import ReplyLimits, SendNow, WaitUntil
from sinks.replies.outbox import DueReply, ReplyOutbox
from sinks.replies.providers.provider import OutcomeUnknown, OutgoingReply
from sinks.replies.providers.twilio import TwilioSms
from tests.conftest import NOW
from tests.sinks.replies.reply_harness import PHONE, ReplyHarness, complaint, reply
from tests.support.log_capture import captured_log
from tests.support.loopback_twilio import LoopbackTwilio


@pytest.fixture
def harness(engine: Engine) -> ReplyHarness:
    """An office on each database."""
    return ReplyHarness(engine)


class ProcessKilled(BaseException):
    """`kill -9` during a call."""


class RecordingProvider:
    """Provider that records what it gets. Each of `raises` is raised after one delivery."""

    def __init__(self, *raises: BaseException | None, repeatable: bool = False) -> None:
        self.repeatable = repeatable
        self.sent: list[str] = []
        self._raises = list(raises)

    def address(self, outgoing: OutgoingReply) -> str:
        """See `ReplyProvider`."""
        return outgoing.contact.phone

    def deliver(self, outgoing: OutgoingReply) -> str:
        """See `ReplyProvider`: sent first, and then what happens."""
        self.sent.append(str(outgoing.id))
        error = self._raises.pop(0) if self._raises else None
        if error:
            raise error
        return uuid4().hex


REPLY = reply(complaint())


def test_a_reply_of_a_killed_process_becomes_unknown(harness: ReplyHarness) -> None:
    """The reply may have been sent: after the timeout it is unknown, and it is never sent again."""
    provider = RecordingProvider(ProcessKilled())
    harness.take(complaint(), REPLY)
    with pytest.raises(ProcessKilled):
        harness.send(provider)
    harness.send(provider)
    assert harness.state(REPLY) == ("sending", "")
    for _ in range(4):
        harness.clock.advance(minutes=11)
        harness.take(complaint(), REPLY)
        harness.send(provider)
    assert (provider.sent, harness.state(REPLY)) == ([str(REPLY.id)], ("unknown", "sender_died"))


def test_a_repeatable_reply_of_a_killed_process_is_sent_again(harness: ReplyHarness) -> None:
    """A provider that shows a repeated reply once gets it again."""
    provider = RecordingProvider(ProcessKilled(), repeatable=True)
    harness.take(complaint(), REPLY)
    with pytest.raises(ProcessKilled):
        harness.send(provider)
    harness.clock.advance(minutes=9)
    harness.send(provider)
    assert len(provider.sent) == 1
    harness.clock.advance(minutes=2)
    harness.send(provider)
    assert (provider.sent, harness.state(REPLY)) == ([str(REPLY.id)] * 2, ("sent", ""))


def test_a_delivery_is_recorded_before_it_starts(harness: ReplyHarness) -> None:
    """During the delivery, the reply's row already has the state `sending`."""

    class Looking(RecordingProvider):
        def deliver(self, reply_to_send: OutgoingReply) -> str:
            assert harness.state(REPLY)[0] == "sending"
            return super().deliver(reply_to_send)

    provider = Looking()
    harness.take(complaint(), REPLY)
    harness.send(provider)
    assert (provider.sent, harness.state(REPLY)) == ([str(REPLY.id)], ("sent", ""))


class UnavailableOutbox(ReplyOutbox):
    """Outbox whose database is away for the first `times` outcomes."""

    def __init__(self, engine: Engine, times: int) -> None:
        super().__init__(engine)
        self.times = times

    def mark_sent(self, reply_id: object, channel: Channel, provider_id: str) -> None:
        """See `ReplyOutbox`."""
        if self.times:
            self.times -= 1
            raise DatabaseUnavailable("away")
        super().mark_sent(reply_id, channel, provider_id)  # type: ignore[arg-type]


def test_the_outcome_is_written_when_the_database_is_back(harness: ReplyHarness) -> None:
    """The outcome is written when the database is back, and the reply is not sent again."""
    provider = RecordingProvider()
    harness.take(complaint(), REPLY)
    harness.send(provider, outbox=UnavailableOutbox(harness.engine, times=3), pause=0.0)
    assert (provider.sent, harness.state(REPLY)) == ([str(REPLY.id)], ("sent", ""))


def test_a_stop_while_the_database_is_away_leaves_the_reply_unknown(harness: ReplyHarness) -> None:
    """A reply whose outcome was not written becomes unknown, and is not sent again."""
    provider = RecordingProvider()
    harness.take(complaint(), REPLY)
    harness.stopping.set()
    harness.send(provider, outbox=UnavailableOutbox(harness.engine, times=1))
    assert harness.state(REPLY) == ("sending", "")
    harness.clock.advance(minutes=11)
    harness.send(provider)
    assert (provider.sent, harness.state(REPLY)) == ([str(REPLY.id)], ("unknown", "sender_died"))


def test_a_slow_answer_overrides_unknown(harness: ReplyHarness) -> None:
    """A slow sender still records that the reply was sent."""

    class Slow(RecordingProvider):
        def deliver(self, reply_to_send: OutgoingReply) -> str:
            provider_id = super().deliver(reply_to_send)
            harness.clock.advance(minutes=11)
            harness.send(other_provider)
            assert harness.state(REPLY)[0] == "unknown"
            return provider_id

    provider, other_provider = Slow(), RecordingProvider()
    harness.take(complaint(), REPLY)
    harness.send(provider)
    assert (other_provider.sent, harness.state(REPLY)) == ([], ("sent", ""))


def test_many_senders_send_each_reply_once(harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """Four processes share one outbox: every SMS is sent, and none twice."""
    complaints = [complaint(f"c{n}", contact=Contact(phone=f"+62800000{n:04}")) for n in range(24)]
    harness.take(*complaints, *(reply(complaint_) for complaint_ in complaints))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            harness.send(sms)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(send["Body"] for send in twilio.sends) == sorted(reply(complaint_).text for complaint_ in complaints)


@pytest.mark.slow
def test_many_senders_keep_one_limit(harness: ReplyHarness) -> None:
    """The limit of a minute holds for all processes together."""
    provider = RecordingProvider()
    complaints = [complaint(f"c{n}", contact=Contact(phone=f"+62800000{n:04}")) for n in range(12)]
    harness.take(*complaints, *(reply(complaint_) for complaint_ in complaints))
    threads = [
        threading.Thread(target=harness.send, args=(provider,), kwargs={"windows": [(5, timedelta(minutes=1))]})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.sent) == 5
    harness.clock.advance(minutes=1)
    harness.send(provider, windows=[(5, timedelta(minutes=1))])
    assert len(provider.sent) == 10


def test_two_replies_at_the_same_moment_are_counted_one_after_the_other(harness: ReplyHarness) -> None:
    """If the limit has room for one reply, two senders send one."""
    limits = ReplyLimits(100, [(1, timedelta(minutes=1))], timedelta(days=7))
    outbox, barrier = ReplyOutbox(harness.engine), threading.Barrier(2)
    for round_ in range(12):
        pair = [complaint(f"{round_} {side}", contact=Contact(phone=f"+62800000{round_}{side}")) for side in "12"]
        harness.take(*pair, *(reply(complaint_, at=harness.clock()) for complaint_ in pair))
        due_reply = outbox.next_due("sms", harness.clock())
        assert due_reply
        decisions: list[object] = []

        def start_sending(complaint_: DueReply) -> None:
            barrier.wait()
            decisions.append(outbox.start_sending(complaint_, "sms", "", limits, harness.clock()))  # noqa: B023 - of this round

        threads = [
            threading.Thread(target=start_sending, args=(replace(due_reply, id=reply(complaint_).id),))
            for complaint_ in pair
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {type(decision) for decision in decisions} == {SendNow, WaitUntil}
        for complaint_ in pair:
            outbox.mark_unknown(reply(complaint_).id, "sms", "", harness.clock())
            outbox.withhold(reply(complaint_).id, "")
        harness.clock.advance(hours=1)


def test_one_sender_gets_a_limited_number_a_day(harness: ReplyHarness) -> None:
    """Replies over the limit are withheld: somebody may write a hundred times in another person's name."""
    provider = RecordingProvider()
    complaints = [complaint(f"c{n}") for n in range(5)]
    other_sender = complaint("other", contact=Contact(phone="+628000000039"))
    harness.take(*complaints, other_sender, *(reply(complaint_) for complaint_ in complaints), reply(other_sender))
    harness.send(provider, per_sender=3)
    states = sorted(harness.state(reply(complaint_)) for complaint_ in complaints)
    assert states == [("sent", "")] * 3 + [("withheld", "sender_limit")] * 2
    assert harness.state(reply(other_sender)) == ("sent", "")
    next_day = complaint("later")
    harness.clock.advance(days=1)
    harness.take(next_day, reply(next_day, at=harness.clock()))
    harness.send(provider, per_sender=3)
    assert harness.state(reply(next_day)) == ("sent", "")


def test_an_old_reply_is_not_sent(harness: ReplyHarness) -> None:
    """A late sink or a replayed topic sends no reply that is older than a week."""
    provider = RecordingProvider()
    old, new = complaint("old"), complaint("new")
    harness.take(old, new, reply(old, at=NOW - timedelta(days=8)), reply(new, at=NOW - timedelta(days=6)))
    harness.send(provider)
    assert provider.sent == [str(reply(new).id)]
    assert harness.state(reply(old)) == ("expired", "too_old")


def test_a_reply_without_a_complaint_expires(harness: ReplyHarness) -> None:
    """A reply without a complaint expires like any other."""
    harness.take(REPLY)
    harness.clock.advance(days=8)
    harness.send(RecordingProvider())
    assert harness.state(REPLY) == ("expired", "too_old")


@pytest.mark.parametrize("channel", ["sms", "twitter", "mobile", "web"])
def test_replies_without_a_provider_are_withheld(harness: ReplyHarness, channel: Channel) -> None:
    """Without a provider, a reply is withheld. It stays withheld when a provider is configured later."""
    complaint_ = complaint("one", channel)
    harness.take(complaint_, reply(complaint_))
    harness.send(None, channel)
    assert harness.state(reply(complaint_)) == ("withheld", "no_way")
    provider = RecordingProvider()
    harness.send(provider, channel)
    assert provider.sent == []


def test_a_sender_takes_only_its_channel(harness: ReplyHarness) -> None:
    """A sender takes only the replies of its own channel."""
    tweet = complaint("tweet", "twitter")
    harness.take(tweet, reply(tweet, "received"))
    provider = RecordingProvider()
    harness.send(provider)
    assert (provider.sent, harness.state(reply(tweet, "received"))) == ([], ("waiting", ""))


def test_a_damaged_seal_withholds_one_reply(harness: ReplyHarness) -> None:
    """A reply whose contact cannot be opened is withheld; the next one is sent."""
    damaged, intact = complaint("one"), complaint("two")
    harness.take(damaged.model_copy(update={"contact": intact.contact}), intact, reply(damaged), reply(intact))
    provider = RecordingProvider()
    harness.send(provider)
    assert provider.sent == [str(reply(intact).id)]
    assert harness.state(reply(damaged)) == ("withheld", "unsealable")


def test_a_contact_of_another_key_holds_its_reply(harness: ReplyHarness) -> None:
    """The other replies are sent. The held one is sent when a sender has the key, and does not expire meanwhile."""
    foreign, readable = complaint("one"), complaint("two")
    other_sealer = Sealer([b"o" * 64])
    sealed = other_sealer.seal(Contact(phone=PHONE).model_dump_json().encode(), foreign.message_id)
    harness.take(foreign.model_copy(update={"contact": sealed}), readable, reply(foreign), reply(readable))
    provider = RecordingProvider()
    with captured_log() as log:
        harness.send(provider)
    assert (provider.sent, harness.state(reply(readable))) == ([str(reply(readable).id)], ("sent", ""))
    (key_id,) = other_sealer.key_ids
    assert harness.state(reply(foreign)) == ("held", key_id)
    (line,) = [line for line in log.lines if line["event"] == "reply.held"]
    assert (line["setting"], line["key"]) == ("SATUPINTU_SECRET_KEY", key_id)
    harness.clock.advance(days=6)
    harness.send(provider)
    assert harness.state(reply(foreign))[0] == "held"
    harness.send(provider, sealer=Sealer([b"k" * 64, b"o" * 64]))
    assert (provider.sent[1:], harness.state(reply(foreign))) == ([str(reply(foreign).id)], ("sent", ""))


def test_a_bug_gives_up_one_reply_and_ten_stop_the_sender(harness: ReplyHarness) -> None:
    """A bug makes the reply unknown. Ten in a row stop the sender."""
    complaints = [complaint(f"c{n}") for n in range(12)]
    harness.take(*complaints, *(reply(complaint_) for complaint_ in complaints))
    provider = RecordingProvider(*[ZeroDivisionError()] * 12)
    sender = harness.sender(provider)
    with pytest.raises(Stop, match="10 unexpected errors"):  # noqa: PT012 - the way rests in between
        while True:
            sender.step()
            harness.clock.advance(minutes=15)
    states = sorted(harness.state(reply(complaint_))[0] for complaint_ in complaints)
    assert states == ["sending"] + ["unknown"] * 9 + ["waiting"] * 2


def test_a_provider_pause_holds_for_every_sender(harness: ReplyHarness) -> None:
    """A pause that one sender records holds for every sender."""
    with read_transaction(harness.engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM replies_way")).scalar_one() == 0
    first = complaint()
    harness.take(first, reply(first))
    provider = RecordingProvider()
    harness.send(provider, windows=[(1, timedelta(hours=1))])
    second = complaint("two", contact=Contact(phone="+628000000034"))
    harness.take(second, reply(second))
    harness.send(provider, windows=[(1, timedelta(hours=1))])
    harness.send(provider)
    assert len(provider.sent) == 1
    harness.clock.advance(hours=1)
    harness.send(provider)
    assert len(provider.sent) == 2


def test_a_silent_provider_does_not_use_up_all_replies(harness: ReplyHarness) -> None:
    """Each reply without an answer is lost, so the provider rests 5, 10 and 20 seconds."""
    complaints = [complaint(f"c{n}") for n in range(9)]
    harness.take(*complaints, *(reply(complaint_) for complaint_ in complaints))
    provider = RecordingProvider(*[OutcomeUnknown("ReadTimeout")] * 4)
    seconds_of_attempts = []
    for second in range(36):
        sent_before = len(provider.sent)
        harness.send(provider)
        seconds_of_attempts += [second] * (len(provider.sent) - sent_before)
        harness.clock.advance(seconds=1)
    assert seconds_of_attempts == [0, 5, 15, 35]
    harness.clock.advance(seconds=40)
    harness.send(provider)
    assert sorted(harness.state(reply(complaint_))[0] for complaint_ in complaints) == ["sent"] * 5 + ["unknown"] * 4


def test_runs_until_stopped(harness: ReplyHarness) -> None:
    """The thread sends due replies and ends when it is stopped."""
    harness.take(complaint(), REPLY)

    class Last(RecordingProvider):
        def deliver(self, reply_to_send: OutgoingReply) -> str:
            harness.stopping.set()
            return super().deliver(reply_to_send)

    provider = Last()
    harness.sender(provider).run()
    assert (provider.sent, harness.state(REPLY)) == ([str(REPLY.id)], ("sent", ""))
