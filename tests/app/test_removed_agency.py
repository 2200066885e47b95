"""A queue whose institution was removed from the registry is read until it is empty."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from app.assembly.parts import Parts
from app.assembly.queues import existing_queues, membership
from bus.port import Outgoing, Record, TopicSpec
from bus.worker import Worker
from cases.facts.tables import DispatchFact
from config.database import read_transaction
from messages.topics import agency_topic, dead_letter_topic
from tests.support import written_bus
from tests.support.case_stages import make_case_stage
from tests.support.log_capture import captured_log

REMOVED = "dinas-lama"
PATIENCE = 30.0


class StoppingCases:
    """The stage of cases. It stops its worker after the first batch."""

    def __init__(self, parts: Parts, stopping: threading.Event) -> None:
        self._cases = make_case_stage(parts.engine)
        self._stopping = stopping

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`."""
        self._stopping.set()
        return self._cases.handle(records)


@pytest.fixture
def removed_queue(parts: Parts) -> str:
    """The queue of an institution that the registry no longer has. It holds a dispatch."""
    queue = agency_topic(REMOVED)
    parts.bus.ensure([TopicSpec(queue)])
    with closing(parts.bus.producer()) as producer:
        producer.publish([written_bus.dispatch(1, REMOVED)])
    return queue


def test_the_queue_of_a_removed_agency_is_read(parts: Parts, removed_queue: str) -> None:
    """Its dispatch is recorded, and the log names the queue."""
    group, stopping = parts.consumer_groups["cases"], threading.Event()
    with captured_log() as log:
        worker = Worker(
            "cases",
            lambda: parts.bus.consumer(membership(parts.bus, group, "one", parts.queues)),
            StoppingCases(parts, stopping),
            dead_letter_topic("cases"),
            stopping,
            time.monotonic,
        )
        thread = threading.Thread(target=worker.run, daemon=True)
        thread.start()
        thread.join(PATIENCE)
    assert not thread.is_alive()
    with read_transaction(parts.engine) as connection:
        agencies = connection.execute(select(col(DispatchFact.agency))).scalars().all()
    assert agencies == [REMOVED]
    (line,) = [line for line in log.lines if line["event"] == "queues.without_agency"]
    assert line["queues"] == [removed_queue]


def test_other_groups_read_their_topics_alone(parts: Parts, removed_queue: str) -> None:
    """Only `cases` reads the queues."""
    group = parts.consumer_groups["router"]
    assert membership(parts.bus, group, "one", parts.queues).topics == group.topics
    assert removed_queue not in group.topics


def test_an_unrecorded_dispatch_of_a_removed_agency_is_pending_and_then_lost(parts: Parts, removed_queue: str) -> None:
    """The audit waits for `cases`, and names the dispatch if that stage passed it without a row."""
    assert "dispatch_not_recorded" not in parts.audit().counts
    consumer = parts.bus.consumer(membership(parts.bus, parts.consumer_groups["cases"], "one", parts.queues))
    assert [record.topic for record in consumer.poll(0.0, 10)] == [removed_queue]
    consumer.commit([])
    consumer.close()
    with read_transaction(parts.engine) as connection:
        assert connection.execute(select(func.count()).select_from(DispatchFact)).scalar_one() == 0
    assert parts.audit().counts["dispatch_not_recorded"] == 1


def test_the_router_names_the_queues_that_exist_as_its_outputs(parts: Parts, removed_queue: str) -> None:
    """The bus is asked only for topics that it has. The router reads none of them."""
    member = membership(parts.bus, parts.consumer_groups["router"], "one", parts.queues)
    with closing(parts.bus.reader()) as reader:
        assert {removed_queue, *member.outputs} == set(existing_queues(reader))
    assert not {removed_queue, *parts.queues} & set(member.topics)
