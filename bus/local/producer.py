"""Appends messages of many threads: those that wait at the same moment are written in one transaction."""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from bus.errors import Retry
from bus.local import log
from bus.port import Outgoing

# Bytes that may wait for the disk. Further messages are refused at once.
MAX_IN_FLIGHT_BYTES = 16_000_000
_DEADLINE_SECONDS = 20.0

# The messages of one call, and the future that its caller waits for.
_Call = tuple[Sequence[Outgoing], Future[None]]


class LocalProducer:
    """See `bus.port.Producer`."""

    def __init__(
        self, connection: sqlite3.Connection, written: threading.Condition, clock: Callable[[], float]
    ) -> None:
        self._connection = connection
        self._written = written
        self._clock = clock
        self._waiting: deque[_Call] = deque()
        self._in_flight = 0
        self._changed = threading.Condition()
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="local-bus-writer", daemon=True)
        self._writer.start()

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
                calls = list(self._waiting)
                self._waiting.clear()
            self._append(calls)
            with self._changed:
                self._in_flight -= sum(message.size for messages, _ in calls for message in messages)

    def _append(self, calls: list[_Call]) -> None:
        try:
            with log.transaction(self._connection):
                for messages, _ in calls:
                    log.append(self._connection, messages, int(self._clock() * 1000))
        except Exception as error:  # noqa: BLE001 - the callers get the error, not this thread
            self._append_separately(calls, error)
            return
        for _, done in calls:
            done.set_result(None)
        with self._written:
            self._written.notify_all()

    def _append_separately(self, calls: list[_Call], error: Exception) -> None:
        """Append call by call, so that the error of one caller (an unknown topic) does not fail the others."""
        if len(calls) == 1:
            calls[0][1].set_exception(error)
            return
        for call in calls:
            self._append([call])
