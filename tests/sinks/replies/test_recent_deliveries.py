"""Deliveries that the limits count: each once, and by an index."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, text

from config.database import read_transaction, write_transaction
from messages.shapes import Contact
from sinks.replies.outbox import count_recent, started_newest_first
from sinks.replies.tables import OutboxRow
from tests.conftest import NOW
from tests.sinks.replies.reply_harness import OTHER_PHONE, ReplyHarness, complaint, reply
from tests.sinks.replies.test_sender import RecordingProvider
from tests.support.query_plans import plans, scanned_tables

DAY = timedelta(days=1)


OTHER_REPLIES = 1_500


def add_other_replies(engine: Engine) -> None:
    """Add replies of other days to other persons, so that a planner prefers an index to the whole table."""
    rows = [
        OutboxRow(
            id=UUID(int=number),
            complaint_id=UUID(int=number % 500),
            channel="sms",
            tracking=f"L{number}",
            kind="received",
            text="",
            made_at=NOW,
            state="sent",
            attempts=1,
            next_at=NOW,
            started_at=NOW - number * timedelta(hours=1),
            address=f"address {number % 300}",
            provider_id="",
            status="",
            error="",
        ).model_dump()
        for number in range(OTHER_REPLIES)
    ]
    with write_transaction(engine) as connection:
        connection.execute(insert(OutboxRow), rows)
        connection.execute(text("ANALYZE"))


def test_a_delivery_to_sender_and_address_counts_once(engine: Engine) -> None:
    """A sender writes from two numbers, and two senders share one. The reply that is about to go does not count."""
    harness = ReplyHarness(engine)
    provider = RecordingProvider()
    first, second = complaint("one"), complaint("two", contact=Contact(phone=OTHER_PHONE))
    sent, next_reply = [reply(first), reply(first, "answered"), reply(second)], reply(second, "answered")
    harness.take(first, second, *sent)
    harness.send(provider)
    assert len(provider.sent) == 3
    addresses = {message.complaint_id: harness.row(message).address for message in sent}

    def count(sender: str, address: str, *, excluded: int = -1, after: timedelta = -DAY) -> int:
        reply_id = sent[excluded].id if excluded >= 0 else next_reply.id
        query = count_recent("sms", reply_id, sender, address, NOW + after)
        with read_transaction(engine) as connection:
            return connection.execute(query).scalar_one()

    assert count(first.sender, addresses[first.id]) == 2
    assert count(first.sender, addresses[second.id]) == 3
    assert count("nobody", addresses[second.id]) == 1
    assert count(first.sender, addresses[second.id], excluded=0) == 2
    assert count(first.sender, addresses[second.id], after=DAY) == 0


def test_the_queries_read_no_whole_outbox(engine: Engine) -> None:
    """However many replies went out on other days."""
    add_other_replies(engine)
    recent = count_recent("sms", UUID(int=0), "sender", "address 7", NOW - DAY)

    def query(connection: Connection) -> None:
        connection.execute(recent).all()
        connection.execute(started_newest_first("sms").limit(1)).all()

    plan_of_count, plan_of_times = (plan for _, plan in plans(engine, query))
    for plan in (plan_of_count, plan_of_times):
        assert scanned_tables(plan, {"replies_outbox", "replies_recipient"}) == set()
    assert "ix_replies_outbox_address" in plan_of_count
    assert "ix_replies_outbox_began" in plan_of_times
