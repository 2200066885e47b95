"""Calls that threads share: what waits while one call is made goes together into the next."""

import threading
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from app.threads import system_threads
from config.database import DatabaseUnavailable
from privacy.batched_call import BatchedCall
from privacy.bounded_call import BoundedCall, CallNotAnswered
from tests.support.waiting import wait_for

_PATIENT_SECONDS = 60.0


class Handler:
    """A call that records its values. The first one waits until `release` is set."""

    def __init__(self) -> None:
        self.calls: list[set[str]] = []
        self.entered, self.release = threading.Event(), threading.Event()
        self.error: Exception | None = None

    def __call__(self, values: Collection[str]) -> None:
        """Record the values."""
        self.calls.append(set(values))
        self.entered.set()
        if len(self.calls) == 1:
            self.release.wait(_PATIENT_SECONDS)
        elif self.error:
            raise self.error


def batched(handler: Handler, patience: float = _PATIENT_SECONDS) -> BatchedCall:
    """Return calls to a handler, with a clock that stands still."""
    return BatchedCall(handler, BoundedCall(lambda: 0.0, patience, 5.0, 8, system_threads().start_background))


def waiting_values(call: BatchedCall) -> set[str]:
    """Return the values of the next call so far."""
    batch = call._next_batch  # noqa: SLF001 - a test has no other way to see who waits
    return set(batch.values) if batch else set()


def call_together(handler: Handler, values: str) -> list[Future[None]]:
    """Call with the first value, and with the others while that call is made. Return the ended calls in this order."""
    call = batched(handler)
    first_value, other_values = values[0], values[1:]
    with ThreadPoolExecutor(len(values)) as pool:
        first = pool.submit(call, {first_value})
        handler.entered.wait(_PATIENT_SECONDS)
        others = [pool.submit(call, {value}) for value in other_values]
        wait_for(lambda: waiting_values(call) == set(other_values))
        handler.release.set()
        return [first, *others]


def test_values_that_wait_are_one_call() -> None:
    """Three threads come while a call is made. The next call has the values of all three."""
    handler = Handler()
    for future in call_together(handler, "abcd"):
        future.result()
    assert handler.calls == [{"a"}, set("bcd")]


def test_an_error_reaches_every_thread_of_its_call() -> None:
    """Each of them falls back. The call before had none."""
    handler = Handler()
    handler.error = DatabaseUnavailable("away")
    first, *others = call_together(handler, "abc")
    first.result()
    for future in others:
        with pytest.raises(DatabaseUnavailable):
            future.result()


def test_a_call_that_hangs_does_not_stop_the_next_ones() -> None:
    """Who waits for it gets an error in time; so does everybody in the pause after it."""
    handler = Handler()
    call = batched(handler, patience=0.01)
    try:
        for value in "ab":
            with pytest.raises(CallNotAnswered):
                call(value)
        assert handler.calls == [{"a"}]
    finally:
        handler.release.set()
