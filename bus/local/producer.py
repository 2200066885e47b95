"""Appends messages of many threads: those that wait at the same moment are written in one transaction."""

import sqlite3
import threading
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
        self._waiting: list[_Call] = []
        self._in_flight = 0
        self._lock = threading.Lock()
        # Held by the thread that writes.
        self._turn = threading.Lock()
        self._closed = False

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the port."""
        for message in messages:
            message.check()
        done: Future[None] = Future()
        size = sum(message.size for message in messages)
        with self._lock:
            if self._closed:
                raise Retry("the producer is closed")
            if self._in_flight + size > MAX_IN_FLIGHT_BYTES:
                raise Retry("too many bytes are waiting for the disk")
            self._in_flight += size
            self._waiting.append((messages, done))
        # The thread that gets the turn writes for all that wait. The others find their messages written.
        if not self._turn.acquire(timeout=_DEADLINE_SECONDS):
            raise Retry("the disk did not confirm in time")
        try:
            if not done.done():
                self._write()
        finally:
            self._turn.release()
        done.result()

    def close(self) -> None:
        """See the port."""
        with self._lock:
            self._closed = True
        if self._turn.acquire(timeout=_DEADLINE_SECONDS):
            self._write()
            self._turn.release()
        self._connection.close()

    def _write(self) -> None:
        """Write all that waits. The caller has the turn."""
        with self._lock:
            calls, self._waiting = self._waiting, []
        if calls:
            self._append(calls)
        with self._lock:
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
