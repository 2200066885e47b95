"""Deliveries that the limits count: each once, and by an index."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, Select, text

from config.database import read_transaction
from messages.shapes import Contact
from sinks.replies.recent_deliveries import count_recent, started_newest_first
from tests.conftest import NOW
from tests.sinks.replies.reply_harness import OTHER_PHONE, ReplyHarness, complaint, reply
from tests.sinks.replies.test_sender import RecordingProvider

DAY = timedelta(days=1)


def plan(engine: Engine, query: Select[Any]) -> str:
    """Return the plan of a query."""
    statement = query.compile(engine, compile_kwargs={"literal_binds": True})
    with read_transaction(engine) as connection:
        prefix = "EXPLAIN QUERY PLAN"
        if engine.dialect.name == "postgresql":
            # A small table is read as a whole although an index would serve. Only a query that has none still does so.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            prefix = "EXPLAIN"
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{prefix} {statement}"))


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
    recent = count_recent("sms", reply(complaint()).id, "sender", "address", NOW - DAY)
    plans = [plan(engine, recent), plan(engine, started_newest_first("sms").limit(1))]
    for lines in plans:
        assert not any(scan in lines for scan in ("SCAN replies_outbox", "SCAN replies_recipient", "Seq Scan on"))
    assert "ix_replies_outbox_address" in plans[0]
