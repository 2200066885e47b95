"""Publishes the answers whose act is stored and whose publishing did not succeed at once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bus.errors import cause_of
from bus.port import Outgoing
from config.database import DatabaseUnavailable
from desk.acts.act_queue import ActQueue
from messages import codec
from messages.shapes import AgencyAnswer
from messages.topics import AGENCY_ANSWERS

# The officer's request publishes by itself; its time is not up yet.
_REQUEST_PATIENCE = timedelta(seconds=30)

_log = structlog.get_logger()


class ActPublisher:
    """A thread's function."""

    def __init__(
        self, queue: ActQueue, now: Callable[[], datetime], stopping: threading.Event, pause_seconds: float
    ) -> None:
        """Create. `pause_seconds` is the time between two searches for waiting acts."""
        self._queue = queue
        self._now = now
        self._stopping = stopping
        self._pause_seconds = pause_seconds

    def run(self) -> None:
        """Publish until stopped. No error ends it."""
        while not self._stopping.wait(self._pause_seconds):
            try:
                self.publish_waiting()
            except DatabaseUnavailable as error:
                _log.warning("acts.waiting", causes=[cause_of(error)])
            except Exception as error:  # noqa: BLE001 - the acts wait for the next search
                _log.error("acts.failed_unexpectedly", exc_info=error)

    def publish_waiting(self) -> int:
        """Publish the acts that wait; return the number of dispatches of which the bus now has all acts.

        A dispatch that fails keeps its acts until the next call. The other dispatches go on: they may be in a partition
        that the bus can reach. Raises `DatabaseUnavailable`.
        """
        errors: list[str] = []
        dispatch_ids = self._queue.waiting_dispatches(self._now() - _REQUEST_PATIENCE)
        for dispatch_id in dispatch_ids:
            if self._stopping.is_set():
                break
            errors.append(self._queue.publish_dispatch(dispatch_id))
        failures = [error for error in errors if error]
        if failures:
            _log.warning("acts.waiting", dispatches=len(failures), causes=sorted(set(failures)))
        return len(errors) - len(failures)


def answer_message(answer: AgencyAnswer) -> Outgoing:
    """Return the message of an answer."""
    return Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(answer.complaint_id), f"/desk/{answer.agency}"))
