"""The senders: written down first, sent once; whoever dies, whatever is away, and however many there are."""

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
from tests.sinks.replies.office import Office, complaint, reply
from tests.support.loopback_twilio import LoopbackTwilio


@pytest.fixture
def office(engine: Engine) -> Office:
    """An office on each database."""
    return Office(engine)


class Killed(BaseException):
    """`kill -9` in the middle of a call."""


class Post:
    """A way that keeps what it was given. `dies` and `fails` are raised at the first letters."""

    def __init__(self, *raises: BaseException | None, repeatable: bool = False) -> None:
        self.repeatable = repeatable
        self.sent: list[str] = []
        self._raises = list(raises)

    def address(self, letter: OutgoingReply) -> str:
        """See `ReplyProvider`."""
        return letter.contact.phone

    def deliver(self, letter: OutgoingReply) -> str:
        """See `ReplyProvider`: sent first, and then what happens."""
        self.sent.append(str(letter.id))
        raised = self._raises.pop(0) if self._raises else None
        if raised:
            raise raised
        return uuid4().hex


TOLD = reply(complaint())


def test_killed_with_a_letter_in_hand(office: Office) -> None:
    """It may have been sent: the next sender waits, then says unknown, and never sends it again."""
    post = Post(Killed())
    office.take(complaint(), TOLD)
    with pytest.raises(Killed):
        office.send(post)
    office.send(post)
    assert office.state(TOLD) == ("sending", "")
    for _ in range(4):
        office.clock.pass_by(minutes=11)
        office.take(complaint(), TOLD)
        office.send(post)
    assert (post.sent, office.state(TOLD)) == ([str(TOLD.id)], ("unknown", "sender_died"))


def test_killed_where_twice_is_once(office: Office) -> None:
    """A way that shows the same reply once gets it again."""
    post = Post(Killed(), repeatable=True)
    office.take(complaint(), TOLD)
    with pytest.raises(Killed):
        office.send(post)
    office.clock.pass_by(minutes=9)
    office.send(post)
    assert len(post.sent) == 1
    office.clock.pass_by(minutes=2)
    office.send(post)
    assert (post.sent, office.state(TOLD)) == ([str(TOLD.id)] * 2, ("sent", ""))


def test_nothing_is_sent_that_is_not_written_down_first(office: Office) -> None:
    """While a letter is with the provider its row already says so."""

    class Looking(Post):
        def deliver(self, letter: OutgoingReply) -> str:
            assert office.state(TOLD)[0] == "sending"
            return super().deliver(letter)

    post = Looking()
    office.take(complaint(), TOLD)
    office.send(post)
    assert (post.sent, office.state(TOLD)) == ([str(TOLD.id)], ("sent", ""))


class AwayOutbox(ReplyOutbox):
    """A database that is away when the first `times` letters were sent."""

    def __init__(self, engine: Engine, times: int) -> None:
        super().__init__(engine)
        self.times = times

    def mark_sent(self, reply_id: object, channel: Channel, provider_id: str) -> None:
        """See `ReplyOutbox`."""
        if self.times:
            self.times -= 1
            raise DatabaseUnavailable("away")
        super().mark_sent(reply_id, channel, provider_id)  # type: ignore[arg-type]


def test_a_database_that_is_away_after_sending_is_waited_for(office: Office) -> None:
    """The letter is out: its fate is written when the database is back, and it is not sent again."""
    post = Post()
    office.take(complaint(), TOLD)
    office.send(post, outbox=AwayOutbox(office.engine, times=3), pause=0.0)
    assert (post.sent, office.state(TOLD)) == ([str(TOLD.id)], ("sent", ""))


def test_stopped_while_the_database_is_away(office: Office) -> None:
    """Whoever is stopped then leaves the letter as it is: unknown, and not sent again."""
    post = Post()
    office.take(complaint(), TOLD)
    office.stopping.set()
    office.send(post, outbox=AwayOutbox(office.engine, times=1))
    assert office.state(TOLD) == ("sending", "")
    office.clock.pass_by(minutes=11)
    office.send(post)
    assert (post.sent, office.state(TOLD)) == ([str(TOLD.id)], ("unknown", "sender_died"))


def test_a_slow_answer_counts_after_all(office: Office) -> None:
    """A sender that was only slow, not dead, says at last that it was sent."""

    class Slow(Post):
        def deliver(self, letter: OutgoingReply) -> str:
            provider_id = super().deliver(letter)
            office.clock.pass_by(minutes=11)
            office.send(other)
            assert office.state(TOLD)[0] == "unknown"
            return provider_id

    post, other = Slow(), Post()
    office.take(complaint(), TOLD)
    office.send(post)
    assert (other.sent, office.state(TOLD)) == ([], ("sent", ""))


def test_many_senders_send_each_letter_once(office: Office, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """Four processes on one outbox: every SMS goes out, and none twice."""
    many = [complaint(f"c{n}", contact=Contact(phone=f"+62800000{n:04}")) for n in range(24)]
    office.take(*many, *(reply(one) for one in many))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            office.send(sms)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(send["Body"] for send in twilio.sends) == sorted(reply(one).text for one in many)


def test_many_senders_keep_one_limit(office: Office) -> None:
    """However many processes there are, so many letters in a minute leave together."""
    post = Post()
    many = [complaint(f"c{n}", contact=Contact(phone=f"+62800000{n:04}")) for n in range(12)]
    office.take(*many, *(reply(one) for one in many))
    threads = [
        threading.Thread(target=office.send, args=(post,), kwargs={"windows": [(5, timedelta(minutes=1))]})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(post.sent) == 5
    office.clock.pass_by(minutes=1)
    office.send(post, windows=[(5, timedelta(minutes=1))])
    assert len(post.sent) == 10


def test_two_letters_at_the_same_moment_are_counted_one_after_the_other(office: Office) -> None:
    """Where one more may go, one more goes, and not two."""
    limits = ReplyLimits(100, [(1, timedelta(minutes=1))], timedelta(days=7))
    outbox, barrier = ReplyOutbox(office.engine), threading.Barrier(2)
    for round_ in range(12):
        pair = [complaint(f"{round_} {side}", contact=Contact(phone=f"+62800000{round_}{side}")) for side in "12"]
        office.take(*pair, *(reply(one, at=office.clock()) for one in pair))
        due = outbox.next_due("sms", office.clock())
        assert due
        verdicts: list[object] = []

        def begin(one: DueReply) -> None:
            barrier.wait()
            verdicts.append(outbox.start_sending(one, "sms", "", limits, office.clock()))  # noqa: B023 - of this round

        threads = [threading.Thread(target=begin, args=(replace(due, id=reply(one).id),)) for one in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {type(verdict) for verdict in verdicts} == {SendNow, WaitUntil}
        for one in pair:
            outbox.mark_unknown(reply(one).id, "sms", "", office.clock())
            outbox.withhold(reply(one).id, "")
        office.clock.pass_by(hours=1)


def test_one_sender_gets_so_many_a_day(office: Office) -> None:
    """The rest is withheld, not put off: somebody may have written a hundred times in another's name."""
    post = Post()
    many = [complaint(f"c{n}") for n in range(5)]
    other = complaint("other", contact=Contact(phone="+628000000039"))
    office.take(*many, other, *(reply(one) for one in many), reply(other))
    office.send(post, per_sender=3)
    states = sorted(office.state(reply(one)) for one in many)
    assert states == [("sent", "")] * 3 + [("withheld", "sender_limit")] * 2
    assert office.state(reply(other)) == ("sent", "")
    later = complaint("later")
    office.clock.pass_by(days=1)
    office.take(later, reply(later, at=office.clock()))
    office.send(post, per_sender=3)
    assert office.state(reply(later)) == ("sent", "")


def test_what_is_too_old_is_not_sent(office: Office) -> None:
    """A sink that starts late, or a topic that is replayed, tells nobody last month's news."""
    post = Post()
    old, new = complaint("old"), complaint("new")
    office.take(old, new, reply(old, at=NOW - timedelta(days=8)), reply(new, at=NOW - timedelta(days=6)))
    office.send(post)
    assert post.sent == [str(reply(new).id)]
    assert office.state(reply(old)) == ("expired", "too_old")


def test_what_never_found_its_complaint_is_given_up(office: Office) -> None:
    """A reply without a complaint waits as long as any other, and no longer."""
    office.take(TOLD)
    office.clock.pass_by(days=8)
    office.send(Post())
    assert office.state(TOLD) == ("expired", "too_old")


@pytest.mark.parametrize("channel", ["sms", "twitter", "mobile", "web"])
def test_without_a_way_replies_are_recorded_and_do_not_pile_up(office: Office, channel: Channel) -> None:
    """Nothing is configured: each reply is withheld, also when a way is configured later."""
    one = complaint("one", channel)
    office.take(one, reply(one))
    office.send(None, channel)
    assert office.state(reply(one)) == ("withheld", "no_way")
    post = Post()
    office.send(post, channel)
    assert post.sent == []


def test_one_channel_is_not_another(office: Office) -> None:
    """A sender takes only what is its own."""
    tweet = complaint("tweet", "twitter")
    office.take(tweet, reply(tweet, "received"))
    post = Post()
    office.send(post)
    assert (post.sent, office.state(reply(tweet, "received"))) == ([], ("waiting", ""))


def test_a_damaged_seal_withholds_one_reply(office: Office) -> None:
    """Whose contact can't be opened can't be told; the next one is."""
    one, two = complaint("one"), complaint("two")
    office.take(one.model_copy(update={"contact": two.contact}), two, reply(one), reply(two))
    post = Post()
    office.send(post)
    assert post.sent == [str(reply(two).id)]
    assert office.state(reply(one)) == ("withheld", "unsealable")


def test_another_key_stops_the_sender(office: Office) -> None:
    """Not one reply's fault: whoever started us must look."""
    office.take(complaint(), TOLD)
    with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY"):
        office.send(Post(), sealer=Sealer([b"o" * 64]))
    assert office.state(TOLD) == ("waiting", "")


def test_a_fault_of_ours_gives_up_one_reply_and_ten_stop(office: Office) -> None:
    """Sent or not, nobody knows: unknown. Ten in a row mean that every other would follow."""
    many = [complaint(f"c{n}") for n in range(12)]
    office.take(*many, *(reply(one) for one in many))
    post = Post(*[ZeroDivisionError()] * 12)
    sender = office.sender(post)
    with pytest.raises(Stop, match="10 unexpected errors"):  # noqa: PT012 - the way rests in between
        while True:
            sender.step()
            office.clock.pass_by(minutes=15)
    states = sorted(office.state(reply(one))[0] for one in many)
    assert states == ["sending"] + ["unknown"] * 9 + ["waiting"] * 2


def test_a_way_out_of_order_rests_for_every_process(office: Office) -> None:
    """What one sender learns of a provider, another does not ask again."""
    with read_transaction(office.engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM replies_way")).scalar_one() == 0
    one = complaint()
    office.take(one, reply(one))
    post = Post()
    office.send(post, windows=[(1, timedelta(hours=1))])
    two = complaint("two", contact=Contact(phone="+628000000034"))
    office.take(two, reply(two))
    office.send(post, windows=[(1, timedelta(hours=1))])
    office.send(post)
    assert len(post.sent) == 1
    office.clock.pass_by(hours=1)
    office.send(post)
    assert len(post.sent) == 2


def test_a_silent_provider_does_not_swallow_all_letters(office: Office) -> None:
    """Each that gets no answer is lost to us, so the next waits, and the one after it longer: 5, 10, 20 seconds."""
    many = [complaint(f"c{n}") for n in range(9)]
    office.take(*many, *(reply(one) for one in many))
    post = Post(*[OutcomeUnknown("ReadTimeout")] * 4)
    tries = []
    for second in range(36):
        before = len(post.sent)
        office.send(post)
        tries += [second] * (len(post.sent) - before)
        office.clock.pass_by(seconds=1)
    assert tries == [0, 5, 15, 35]
    office.clock.pass_by(seconds=40)
    office.send(post)
    assert sorted(office.state(reply(one))[0] for one in many) == ["sent"] * 5 + ["unknown"] * 4


def test_runs_until_stopped(office: Office) -> None:
    """In its thread it sends what comes, and ends when it is told to."""
    office.take(complaint(), TOLD)

    class Last(Post):
        def deliver(self, letter: OutgoingReply) -> str:
            office.stopping.set()
            return super().deliver(letter)

    post = Last()
    office.sender(post).run()
    assert (post.sent, office.state(TOLD)) == ([str(TOLD.id)], ("sent", ""))
