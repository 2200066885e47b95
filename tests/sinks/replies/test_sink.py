"""The sink: every reply is in the outbox once, with whom it is for, in whatever order and however often it comes."""

from itertools import permutations

import pytest
from sqlalchemy import Engine, text

from bus.errors import Reject
from bus.port import Record
from config.database import read_transaction
from tests.sinks.replies.office import Office, complaint, record, reply
from tests.sinks.replies.test_sender import Post
from tests.support.loopback_twilio import LoopbackTwilio
from tests.support.stages import make_reply_sink


@pytest.fixture
def office(engine: Engine) -> Office:
    """An office on each database."""
    return Office(engine)


def count(office: Office, table: str) -> int:
    """Rows."""
    with read_transaction(office.engine) as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def test_in_any_order_and_twice(office: Office) -> None:
    """One row each; what is sent is not waiting again, whatever is replayed in whatever order."""
    one, post = complaint(), Post()
    messages = (one, reply(one), reply(one, "answered"))
    for order in permutations(messages):
        office.take(*order)
        office.take(*order, *order)
        office.send(post)
    assert sorted(post.sent) == sorted(str(reply(one, says).id) for says in ("dispatched", "answered"))
    assert (count(office, "replies_outbox"), count(office, "replies_recipient")) == (2, 1)


def test_a_reply_waits_for_its_complaint(office: Office) -> None:
    """Before the complaint is there nobody is known to send to; then it goes."""
    one, post = complaint(), Post()
    office.take(reply(one))
    office.send(post)
    assert (post.sent, office.state(reply(one))) == ([], ("waiting", ""))
    office.take(one)
    office.send(post)
    assert post.sent == [str(reply(one).id)]


def test_nobody_is_kept_who_is_told_nothing(office: Office) -> None:
    """Of a complaint on the web there is no contact here; of a repeat there is: a person may take it apart."""
    one = complaint()
    office.take(complaint("web", "web"), complaint("again", of=one))
    assert count(office, "replies_recipient") == 1


def test_what_can_not_be_read_is_rejected(office: Office) -> None:
    """A broken record, and a text that is more than one SMS, are dead letters."""
    sink = make_reply_sink(office.engine)
    good = record(reply(complaint()))
    long = good.value.replace(b"Laporan", b"Laporan" * 30)
    unsayable = good.value.replace(b"Laporan", "Laporan 😷".encode())
    for value in (b"{", long, unsayable):
        with pytest.raises(Reject, match="not_the_shape"):
            sink.handle([Record(good.topic, 0, 0, 0, b"", value, good.headers)])


def test_what_no_row_can_hold_is_rejected(office: Office) -> None:
    """A date before the calendar: the fault of one record."""
    good = record(reply(complaint()))
    spoiled = good.value.replace(b'"2026-11-24T08:04:05.678Z"', b'"0001-01-01T00:00:00+14:00"')
    with pytest.raises(Reject, match="unstorable"):
        make_reply_sink(office.engine).handle([Record(good.topic, 0, 0, 0, b"", spoiled, good.headers)])


def test_the_contact_is_kept_sealed(office: Office, twilio: LoopbackTwilio) -> None:
    """Neither number nor handle stands in any row."""
    office.take(complaint(), complaint("x", "twitter"), complaint("app", "mobile"))
    with read_transaction(office.engine) as connection:
        rows = str(connection.execute(text("SELECT * FROM replies_recipient")).all())
    for contact in ("628000000031", "1990000000000000042", "push-token"):
        assert contact not in rows
