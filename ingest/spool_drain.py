"""Store and forward: a producer that falls back to the spool, and the drain that hands the spool over to the bus."""

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

import structlog

from bus.errors import Reject, Retry, Stop, cause_of
from bus.port import Outgoing, Producer
from ingest.spool import Spool, SpoolFull
from messages import codec

# Pause before the spool is checked again; it doubles with each failure, up to the maximum.
_POLL_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 5.0

_log = structlog.get_logger()


class SpoolingProducer:
    """A `bus.port.Producer` that accepts messages while the bus is away, as long as the spool has space.

    While the spool holds any message, new messages go behind it. So the messages of one sender keep their order, and
    no request waits for a bus that is away.

    Each message gets the name of this process as a header, unless `instance` is empty.
    """

    def __init__(self, producer: Producer, spool: Spool, instance: str = "") -> None:
        self._producer = producer
        self._spool = spool
        self._instance = instance

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`. `Retry` means here that the bus is away and the spool is full."""
        messages = [self._with_instance(message) for message in messages]
        for message in messages:
            message.check()
        if not self._has_waiting_messages():
            try:
                self._producer.publish(messages)
            except (Retry, Stop) as error:
                _log.warning("spool.stored", cause=cause_of(error))
            else:
                return
        try:
            self._spool.append(messages)
        except SpoolFull as error:
            raise Retry("the bus is away and the spool is full") from error

    def close(self) -> None:
        """See `bus.port.Producer`."""
        self._producer.close()

    def _with_instance(self, message: Outgoing) -> Outgoing:
        if not self._instance:
            return message
        return replace(message, headers=codec.with_sealing_instance(message.headers, self._instance))

    def _has_waiting_messages(self) -> bool:
        """Return True if messages wait. A spool that cannot be read does not keep new messages from the bus."""
        try:
            return len(self._spool) > 0
        except sqlite3.Error as error:
            _log.error("spool.unreadable", cause=str(error))
            return False


class SpoolDrain:
    """Empties the spool into the bus, oldest message first. Runs in its own thread.

    `lock_path` is a file: of several processes with one spool, one at a time drains. If the process dies after it
    published a message and before it deleted the message, the message is published twice, under the same ids.
    `ensure_topics` creates the topics: the doors may have opened before the bus was there.
    """

    def __init__(
        self,
        spool: Spool,
        producer: Producer,
        lock_path: Path,
        ensure_topics: Callable[[], object],
        stopping: threading.Event,
    ) -> None:
        self._spool = spool
        self._producer = producer
        self._lock_path = lock_path
        self._ensure_topics = ensure_topics
        self._stopping = stopping

    def run(self) -> None:
        """Drain until `stopping` is set."""
        with self._lock_path.open("w") as lock_file:
            while not self._stopping.is_set() and not _lock(lock_file):
                self._stopping.wait(_POLL_SECONDS)
            topics_checked, failures = False, 0
            while not self._stopping.is_set():
                try:
                    forwarded = self.drain_batch(check_topics=not topics_checked)
                    topics_checked, failures = True, 0
                except (Retry, Stop, sqlite3.Error) as error:
                    failures += 1
                    forwarded, topics_checked = 0, False
                    if failures == 1:
                        _log.warning("spool.drain_failed", cause=str(error))
                if not forwarded:
                    self._stopping.wait(min(_POLL_SECONDS * 2**failures, _MAX_PAUSE_SECONDS))

    def drain_batch(self, *, check_topics: bool = False) -> int:
        """Publish the oldest messages and return their number. Raises `Retry` or `Stop` if the bus takes none."""
        last_number, messages = self._spool.oldest_batch()
        if not messages:
            return 0
        if check_topics:
            self._ensure_topics()
        try:
            self._producer.publish(messages)
        except Reject as error:
            # `SpoolingProducer` checked each message before storing it, so the bus must have become stricter since.
            # The messages stay in the file for a person.
            _log.critical("spool.rejected", messages=len(messages), cause=str(error))
            self._spool.set_aside_until(last_number)
            return len(messages)
        self._spool.delete_until(last_number)
        _log.info("spool.drained", messages=len(messages))
        return len(messages)


def _lock(lock_file: IO[str]) -> bool:
    """Return True if this process got the lock."""
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
