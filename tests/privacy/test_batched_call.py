"""Calls that threads share: what waits while one call is made goes together into the next."""

import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.database import DatabaseUnavailable
from privacy.batched_call import BatchedCall
from privacy.bounded_call import BoundedCall, CallNotAnswered

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
    return BatchedCall(handler, BoundedCall(lambda: 0.0, patience, 5.0, 8))


def waiting_values(call: BatchedCall) -> set[str]:
    """Return the values of the next call so far."""
    batch = call._next_batch  # noqa: SLF001 - a test has no other way to see who waits
    return set(batch.values) if batch else set()


def test_values_that_wait_are_one_call() -> None:
    """Three threads come while a call is made. The next call has the values of all three."""
    handler = Handler()
    call = batched(handler)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(call, "a")
        handler.entered.wait(_PATIENT_SECONDS)
        others = [pool.submit(call, value) for value in "bcd"]
        while waiting_values(call) != set("bcd"):
            pass
        handler.release.set()
        for future in (first, *others):
            future.result(_PATIENT_SECONDS)
    assert handler.calls == [{"a"}, set("bcd")]


def test_an_error_reaches_every_thread_of_its_call() -> None:
    """Each of them falls back. The call before had none."""
    handler = Handler()
    handler.error = DatabaseUnavailable("away")
    call = batched(handler)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(call, "a")
        handler.entered.wait(_PATIENT_SECONDS)
        others = [pool.submit(call, value) for value in "bc"]
        while waiting_values(call) != set("bc"):
            pass
        handler.release.set()
        first.result(_PATIENT_SECONDS)
        for future in others:
            with pytest.raises(DatabaseUnavailable):
                future.result(_PATIENT_SECONDS)


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
