"""Reply sink: every reply is in the outbox once with its recipient, in any order and however often it arrives."""

from itertools import permutations

import pytest
from sqlalchemy import Engine, text

from bus.errors import Reject
from bus.port import Record
from config.database import read_transaction
from tests.sinks.replies.reply_harness import ReplyHarness, complaint, record, reply
from tests.sinks.replies.test_sender import RecordingProvider
from tests.support.loopback_twilio import LoopbackTwilio
from tests.support.stages import make_reply_sink


@pytest.fixture
def harness(engine: Engine) -> ReplyHarness:
    """An office on each database."""
    return ReplyHarness(engine)


def count(harness: ReplyHarness, table: str) -> int:
    """Return the number of rows."""
    with read_transaction(harness.engine) as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def test_any_order_and_repetition_gives_the_same_rows(harness: ReplyHarness) -> None:
    """Each reply has one row. A sent reply is not waiting again after a replay in any order."""
    complaint_, provider = complaint(), RecordingProvider()
    messages = (complaint_, reply(complaint_), reply(complaint_, "answered"))
    for order in permutations(messages):
        harness.take(*order)
        harness.take(*order, *order)
        harness.send(provider)
    assert sorted(provider.sent) == sorted(str(reply(complaint_, event).id) for event in ("dispatched", "answered"))
    assert (count(harness, "replies_outbox"), count(harness, "replies_recipient")) == (2, 1)


def test_a_reply_waits_for_its_complaint(harness: ReplyHarness) -> None:
    """The recipient is unknown until the complaint arrives; then the reply is sent."""
    complaint_, provider = complaint(), RecordingProvider()
    harness.take(reply(complaint_))
    harness.send(provider)
    assert (provider.sent, harness.state(reply(complaint_))) == ([], ("waiting", ""))
    harness.take(complaint_)
    harness.send(provider)
    assert provider.sent == [str(reply(complaint_).id)]


def test_every_complaint_has_a_recipient(harness: ReplyHarness) -> None:
    """A complaint of the web has one: its sender may prove a contact later. A repeat has one: a person may split it."""
    first = complaint()
    harness.take(complaint("web", "web"), complaint("again", of=first))
    assert count(harness, "replies_recipient") == 2


def test_an_unreadable_reply_is_rejected(harness: ReplyHarness) -> None:
    """A broken record, and a text that is longer than one SMS, are dead letters."""
    sink = make_reply_sink(harness.engine)
    good = record(reply(complaint()))
    long = good.value.replace(b"Laporan", b"Laporan" * 30)
    unsayable = good.value.replace(b"Laporan", "Laporan 😷".encode())
    for value in (b"{", long, unsayable):
        with pytest.raises(Reject, match="not_the_shape"):
            sink.handle([Record(good.topic, 0, 0, 0, b"", value, good.headers)])


def test_an_unstorable_reply_is_rejected(harness: ReplyHarness) -> None:
    """A date before the calendar is the fault of one record."""
    good = record(reply(complaint()))
    spoiled = good.value.replace(b'"2026-11-24T08:04:05.678Z"', b'"0001-01-01T00:00:00+14:00"')
    with pytest.raises(Reject, match="unstorable"):
        make_reply_sink(harness.engine).handle([Record(good.topic, 0, 0, 0, b"", spoiled, good.headers)])


def test_the_contact_is_stored_sealed(harness: ReplyHarness, twilio: LoopbackTwilio) -> None:
    """No row has a number or a handle in clear."""
    harness.take(complaint(), complaint("x", "twitter"), complaint("app", "mobile"))
    with read_transaction(harness.engine) as connection:
        rows = str(connection.execute(text("SELECT * FROM replies_recipient")).all())
    for contact in ("628000000031", "1990000000000000042", "push-token"):
        assert contact not in rows
