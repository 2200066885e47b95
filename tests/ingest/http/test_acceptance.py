"""Messages of concurrent requests are sealed and published together, and each request has its own outcome."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.assembly.parts import Parts
from bus.errors import Reject, Retry
from bus.port import Outgoing
from ingest.http.acceptance import Acceptance
from ingest.wrap import OpenMessage, accepted_record
from messages import codec
from messages.shapes import RawMessage
from tests.conftest import NOW


class SlowProducer:
    """A producer whose first call waits until `release` is set. It refuses the records of `rejected` senders."""

    def __init__(self) -> None:
        self.calls: list[Sequence[Outgoing]] = []
        self.entered, self.release = threading.Event(), threading.Event()
        self.rejected: set[bytes] = set()
        self.error: Exception | None = None

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Record the call."""
        self.calls.append(messages)
        if len(self.calls) == 1:
            self.entered.set()
            self.release.wait(60)
        elif self.error:
            raise self.error
        if any(message.key in self.rejected for message in messages):
            raise Reject("too_large")

    def close(self) -> None:
        """Do nothing."""


def open_message(parts: Parts, number: int) -> OpenMessage:
    """Return the message of a sender without proof."""
    return parts.wrapper.open_message("web", f"key:{number}", "", f"text {number}".encode(), NOW, "text/plain")


async def accept_together(parts: Parts, producer: SlowProducer, count: int) -> list[Exception | None]:
    """Accept the first message, and the others while it is written. Return the outcome of each."""
    acceptance = Acceptance(parts.wrapper, producer, ThreadPoolExecutor)

    async def accept(number: int) -> Exception | None:
        try:
            await acceptance.accept(open_message(parts, number), accepted_record)
        except (Retry, Reject) as error:
            return error
        return None

    tasks = [asyncio.create_task(accept(0))]
    await asyncio.to_thread(producer.entered.wait, 60)
    tasks += [asyncio.create_task(accept(number)) for number in range(1, count)]
    await asyncio.sleep(0)
    producer.release.set()
    return await asyncio.gather(*tasks)


def sender_of(parts: Parts, number: int) -> bytes:
    """Return the key of the record of a message."""
    return open_message(parts, number).raw.sender.encode()


def test_messages_that_come_while_others_are_written_are_one_batch(parts: Parts) -> None:
    """Each is sealed with the key of its own sender and opens to what its sender wrote."""
    producer = SlowProducer()
    assert asyncio.run(accept_together(parts, producer, 4)) == [None] * 4
    assert [len(call) for call in producer.calls] == [1, 3]
    raws = [codec.decode(RawMessage, record.value, record.headers) for call in producer.calls for record in call]
    assert [parts.sealer.open(raw.body, raw.id) for raw in raws] == [f"text {number}".encode() for number in range(4)]
    assert len({raw.body.partition(".")[0] for raw in raws}) == 4
    assert all(raw.body.startswith("p") for raw in raws)


def test_a_message_that_the_bus_rejects_refuses_no_other(parts: Parts) -> None:
    """The others of its batch are published one by one."""
    producer = SlowProducer()
    producer.rejected = {sender_of(parts, 2)}
    outcomes = asyncio.run(accept_together(parts, producer, 4))
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), Reject, type(None)]


def test_a_bus_that_is_away_refuses_every_request_of_the_batch(parts: Parts) -> None:
    """Nobody waits for a second attempt."""
    producer = SlowProducer()
    producer.error = Retry("away")
    outcomes = asyncio.run(accept_together(parts, producer, 3))
    assert [type(outcome) for outcome in outcomes] == [type(None), Retry, Retry]
    assert len(producer.calls) == 2


def test_a_fault_of_one_batch_does_not_end_the_next(parts: Parts) -> None:
    """An unexpected error goes to the requests that it concerns."""
    producer = SlowProducer()
    producer.release.set()
    acceptance = Acceptance(parts.wrapper, producer, ThreadPoolExecutor)

    def fail(_raw: RawMessage) -> Outgoing:
        raise ZeroDivisionError

    async def run() -> None:
        with pytest.raises(ZeroDivisionError):
            await acceptance.accept(open_message(parts, 1), fail)
        await acceptance.accept(open_message(parts, 2), accepted_record)

    asyncio.run(run())
    assert [len(call) for call in producer.calls] == [1]


def test_a_batch_after_several_messages_is_gathered(parts: Parts) -> None:
    """The next two are one batch. Without the wait the first of them would be written alone."""
    producer = SlowProducer()
    producer.release.set()
    acceptance = Acceptance(parts.wrapper, producer, ThreadPoolExecutor, gather_seconds=1)

    async def accept(number: int) -> None:
        await acceptance.accept(open_message(parts, number), accepted_record)

    async def run() -> None:
        await asyncio.gather(accept(0), accept(1), accept(2))
        await asyncio.gather(accept(3), accept(4))

    asyncio.run(run())
    assert [len(call) for call in producer.calls] == [1, 2, 2]


def test_a_message_that_comes_alone_does_not_wait(parts: Parts) -> None:
    """It is written at once, also after another one."""
    producer = SlowProducer()
    producer.release.set()
    acceptance = Acceptance(parts.wrapper, producer, ThreadPoolExecutor, gather_seconds=3_600)

    async def run() -> None:
        for number in range(3):
            await asyncio.wait_for(acceptance.accept(open_message(parts, number), accepted_record), 60)

    asyncio.run(run())
    assert [len(call) for call in producer.calls] == [1, 1, 1]
