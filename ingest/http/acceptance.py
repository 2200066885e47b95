"""Seals and publishes the messages of concurrent requests together: one wait for keys and one durable write for all."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from bus.errors import Reject
from bus.port import Outgoing, Producer
from ingest.wrap import OpenMessage, Wrapper
from messages.shapes import RawMessage

# Bytes of a batch (at least one message), which limits what is in flight.
_BATCH_BYTES = 2_000_000
# A batch costs as much processor time as ten of its messages: two waits for the disk, after each of which the caches of
# the processor have the data of others.
_GATHER_SECONDS = 0.004


class _Waiting(NamedTuple):
    """A message, what makes its record of it, and the future that its request waits for."""

    message: OpenMessage
    record_of: Callable[[RawMessage], Outgoing]
    stored: "asyncio.Future[None]"


class Acceptance:
    """Accepts messages on an event loop. A message that comes while others are written waits for the next batch.

    A thread seals and publishes a batch, so a request changes threads once, and under load not even that. A batch
    behind one of several messages is gathered for `gather_seconds`; a message that comes alone never waits.
    """

    def __init__(
        self,
        wrapper: Wrapper,
        producer: Producer,
        pool: Callable[[int, str], Executor],
        gather_seconds: float = _GATHER_SECONDS,
    ) -> None:
        self._wrapper = wrapper
        self._producer = producer
        self._gather_seconds = gather_seconds
        # A thread of its own: a message must not wait for requests that wait for the database.
        self._thread = pool(1, "acceptance")
        self._waiting: deque[_Waiting] = deque()
        # A batch is written, or the next one is gathered.
        self._is_busy = False

    async def accept(self, message: OpenMessage, record_of: Callable[[RawMessage], Outgoing]) -> None:
        """Return when the record of the sealed message is durable. Raises `Retry`, `Stop` or `Reject` as a producer."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(message, record_of, loop.create_future())
        self._waiting.append(waiting)
        if not self._is_busy:
            self._start_batch(loop)
        await waiting.stored

    def accept_in_thread(self, message: OpenMessage, record_of: Callable[[RawMessage], Outgoing]) -> None:
        """Return when the record of the sealed message is durable, outside the event loop. Raises as `accept`."""
        self._producer.publish([record_of(self._wrapper.seal(message))])

    def _start_batch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the thread write a batch. It costs less than to await the thread, which copies contexts and limits."""
        batch = self._next_batch()

        def write() -> None:
            errors = self._write(batch)
            loop.call_soon_threadsafe(self._end_batch, loop, batch, errors)

        self._thread.submit(write)
        self._is_busy = True

    def _end_batch(
        self, loop: asyncio.AbstractEventLoop, batch: Sequence[_Waiting], errors: Sequence[Exception | None]
    ) -> None:
        """Tell each request the outcome, and go on with the next batch, at once or a little later."""
        for waiting, error in zip(batch, errors, strict=True):
            # A request may have been cancelled meanwhile.
            if not waiting.stored.done():
                _end(waiting.stored, error)
        if len(batch) > 1:
            # Several report at a time, so more messages will come soon.
            loop.call_later(self._gather_seconds, self._go_on, loop)
        else:
            self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the thread write what waits."""
        self._is_busy = False
        if self._waiting:
            self._start_batch(loop)

    def _next_batch(self) -> Sequence[_Waiting]:
        batch, size = [self._waiting.popleft()], 0
        while self._waiting and size < _BATCH_BYTES:
            size += len(batch[-1].message.plain)
            batch.append(self._waiting.popleft())
        return batch

    def _write(self, batch: Sequence[_Waiting]) -> Sequence[Exception | None]:
        """Seal and publish. Return the error of each message, `None` for one that is durable."""
        try:
            self._wrapper.prepare_sealing(waiting.message for waiting in batch)
            records = [self._record(waiting) for waiting in batch]
        except Exception as error:  # noqa: BLE001 - each request gets it
            return [error] if len(batch) == 1 else [self._write([waiting])[0] for waiting in batch]
        return self._publish(records)

    def _record(self, waiting: _Waiting) -> Outgoing:
        return waiting.record_of(self._wrapper.seal(waiting.message))

    def _publish(self, records: Sequence[Outgoing]) -> Sequence[Exception | None]:
        try:
            self._producer.publish(records)
        except Reject as error:
            # One of them is too large for the bus; the others are not.
            return [error] if len(records) == 1 else [self._publish([record])[0] for record in records]
        except Exception as error:  # noqa: BLE001 - each request gets it
            return [error] * len(records)
        return [None] * len(records)


def _end(stored: "asyncio.Future[None]", error: Exception | None) -> None:
    if error:
        stored.set_exception(error)
    else:
        stored.set_result(None)
