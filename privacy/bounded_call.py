"""Calls that must not keep a door waiting: a limited wait, and a pause after a failure."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class CallNotAnswered(Exception):
    """The call was not made, or did not end in time. The text says which."""


class PausingCall(Generic[T]):
    """Makes calls that take at most `patience_seconds` by themselves, as those to an SQLite file do.

    After a failure no call is made for `pause_seconds`: a database that is away delays one request and not all.
    """

    def __init__(self, monotonic: Callable[[], float], patience_seconds: float, pause_seconds: float) -> None:
        self._monotonic = monotonic
        self.patience_seconds = patience_seconds
        self._pause_seconds = pause_seconds
        self._paused_until = float("-inf")

    def __call__(self, call: Callable[[], T]) -> T:
        """Return the result of the call. Raises its error, or `CallNotAnswered`."""
        began = self._monotonic()
        if began < self._paused_until:
            raise CallNotAnswered("paused after a failure")
        try:
            return self._make(call, began)
        except Exception:
            self._paused_until = self._monotonic() + self._pause_seconds
            raise

    def _make(self, call: Callable[[], T], _began: float) -> T:
        return call()


class BoundedCall(PausingCall[T]):
    """Makes calls that may hang: in threads of their own, with a wait of at most `patience_seconds` for each.

    At most `calls_at_once` threads wait for a call that hangs. A thread is started when no other is free, and stays.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        patience_seconds: float,
        pause_seconds: float,
        calls_at_once: int,
        start_thread: Callable[[Callable[[], None], str], object],
    ) -> None:
        super().__init__(monotonic, patience_seconds, pause_seconds)
        self._start_thread = start_thread
        self._places = threading.BoundedSemaphore(calls_at_once)
        self._free_threads = threading.Semaphore(0)
        self._calls: SimpleQueue[tuple[Callable[[], T], Future[T]]] = SimpleQueue()

    def _make(self, call: Callable[[], T], began: float) -> T:
        result = self._start(call)
        try:
            return result.result(max(0.0, self.patience_seconds - (self._monotonic() - began)))
        except TimeoutError:
            raise CallNotAnswered("no answer in time") from None

    def _start(self, call: Callable[[], T]) -> "Future[T]":
        """Return the future result of a call in another thread. Raises `CallNotAnswered`."""
        if not self._places.acquire(timeout=self.patience_seconds):
            raise CallNotAnswered("too many calls wait")
        if not self._free_threads.acquire(blocking=False):
            try:
                self._start_thread(self._run, "person-keys")
            except RuntimeError as error:
                self._places.release()
                raise CallNotAnswered("no thread can be started") from error
        result: Future[T] = Future()
        self._calls.put((call, result))
        return result

    def _run(self) -> None:
        """Make one call after the other."""
        while True:
            call, result = self._calls.get()
            try:
                end = partial(result.set_result, call())
            except Exception as error:  # noqa: BLE001 - the caller handles it, not this thread
                end = partial(result.set_exception, error)
            # Before the caller goes on: its next call then needs no other thread.
            self._free_threads.release()
            self._places.release()
            end()
            # A waiting thread keeps nothing of the last call.
            del call, result, end
