"""Appends from many threads: whatever waits at the same moment goes to the disk in one transaction."""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from bus.errors import Retry
from bus.local import log
from bus.port import Outgoing

# Bytes that may wait for the disk; what comes beyond is refused at once.
MAX_IN_FLIGHT_BYTES = 16_000_000
_DEADLINE_SECONDS = 20.0


class LocalProducer:
    """See `bus.port.Producer`."""

    def __init__(
        self, connection: sqlite3.Connection, written: threading.Condition, clock: Callable[[], float]
    ) -> None:
        self._connection = connection
        self._written = written
        self._clock = clock
        self._waiting: deque[tuple[Sequence[Outgoing], Future[None]]] = deque()
        self._in_flight = 0
        self._changed = threading.Condition()
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="local-bus-writer", daemon=True)
        self._writer.start()

    @property
    def in_flight(self) -> int:
        """Bytes accepted and not yet on the disk."""
        return self._in_flight

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the port."""
        for message in messages:
            message.check()
        done: Future[None] = Future()
        size = sum(message.size for message in messages)
        with self._changed:
            if self._closed:
                raise Retry("the producer is closed")
            if self._in_flight + size > MAX_IN_FLIGHT_BYTES:
                raise Retry("too many bytes are waiting for the disk")
            self._in_flight += size
            self._waiting.append((messages, done))
            self._changed.notify()
        try:
            done.result(_DEADLINE_SECONDS)
        except TimeoutError as error:
            raise Retry("the disk did not confirm in time") from error

    def close(self) -> None:
        """See the port."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._writer.join(_DEADLINE_SECONDS)
        self._connection.close()

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                batch = list(self._waiting)
                self._waiting.clear()
            self._append(batch)
            with self._changed:
                self._in_flight -= sum(message.size for messages, _ in batch for message in messages)

    def _append(self, batch: list[tuple[Sequence[Outgoing], Future[None]]]) -> None:
        try:
            with log.transaction(self._connection):
                for messages, _ in batch:
                    log.append(self._connection, messages, int(self._clock() * 1000))
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to those who wait, not to this thread
            self._refuse(batch, error)
            return
        for _, done in batch:
            done.set_result(None)
        with self._written:
            self._written.notify_all()

    def _refuse(self, batch: list[tuple[Sequence[Outgoing], Future[None]]], error: Exception) -> None:
        """One caller's fault (an unknown topic) is not the others': work them one by one to find whose it is."""
        if len(batch) == 1:
            batch[0][1].set_exception(error)
            return
        for entry in batch:
            self._append([entry])
