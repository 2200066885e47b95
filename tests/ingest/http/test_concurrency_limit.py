"""Limit for memory-intensive work: a maximum of running threads, a short queue, and a maximum waiting time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from ingest.http.concurrency_limit import ConcurrencyLimit
from pages.refusals import Refused

_PATIENCE_SECONDS = 30.0


def test_never_more_running_than_the_maximum() -> None:
    """Fifty concurrent threads are all served, two at a time."""
    limit = ConcurrencyLimit(2, 50, _PATIENCE_SECONDS)
    lock = threading.Lock()
    running, most_running = 0, 0

    def work(_number: int) -> None:
        nonlocal running, most_running
        with limit.slot():
            with lock:
                running += 1
                most_running = max(most_running, running)
            # The others have their turn to come in meanwhile.
            threading.Event().wait(0.001)
            with lock:
                running -= 1

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(work, range(50)))
    assert (most_running, running) == (2, 0)


def test_a_waiting_thread_gets_a_freed_slot() -> None:
    """A waiting thread runs as soon as a slot is free."""
    limit = ConcurrencyLimit(1, 1, _PATIENCE_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        with limit.slot():
            waiting = pool.submit(_enter, limit)
            _until_one_waits(limit)
        assert waiting.result(_PATIENCE_SECONDS) == "inside"


def test_a_full_queue_refuses_at_once() -> None:
    """A thread behind the full queue does not wait. The thread in the queue still gets its slot."""
    limit = ConcurrencyLimit(1, 1, _PATIENCE_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        with limit.slot():
            waiting = pool.submit(_enter, limit)
            _until_one_waits(limit)
            with pytest.raises(Refused, match="busy"), limit.slot(_PATIENCE_SECONDS):
                pass
        assert waiting.result(_PATIENCE_SECONDS) == "inside"


@pytest.mark.parametrize("patience", [0.0, -1.0])
def test_without_waiting_time_nobody_waits(patience: float) -> None:
    """503 with Retry-After. A free slot is taken all the same."""
    limit = ConcurrencyLimit(1, 1, _PATIENCE_SECONDS)
    with limit.slot(patience), pytest.raises(Refused) as refused, limit.slot(patience):
        pass
    assert (refused.value.reason, refused.value.status) == ("busy", 503)
    assert refused.value.retry_after


def test_a_slot_is_always_given_back() -> None:
    """After an error and after a refusal as many slots are free as before."""
    limit = ConcurrencyLimit(2, 0, 0.0)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), limit.slot():
            raise ZeroDivisionError
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(limit.slot())
        for _ in range(5):
            assert _enter(limit) == "busy"
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(limit.slot())


def test_one_client_gets_half_of_the_slots() -> None:
    """A client that holds its share waits, and other clients get a slot at once."""
    limit = ConcurrencyLimit(2, 8, 0.0)
    with limit.slot(client="203.0.113.7"):
        assert _enter(limit, client="203.0.113.7") == "busy"
        assert _enter(limit, client="198.51.100.9") == "inside"
        assert _enter(limit) == "inside"
    assert _enter(limit, client="203.0.113.7") == "inside"


def test_one_client_gets_a_quarter_of_the_queue() -> None:
    """A client whose waiting places are taken is refused at once, and others can still wait."""
    limit = ConcurrencyLimit(1, 4, _PATIENCE_SECONDS)
    with ThreadPoolExecutor(2) as pool:
        with limit.slot(client="203.0.113.7"):
            waiting = [pool.submit(_enter, limit, None, "203.0.113.7")]
            _until_one_waits(limit)
            assert _enter(limit, client="203.0.113.7") == "busy"
            waiting.append(pool.submit(_enter, limit, None, "198.51.100.9"))
            _until_one_waits(limit, count=2)
        assert [entered.result(_PATIENCE_SECONDS) for entered in waiting] == ["inside", "inside"]


def _enter(limit: ConcurrencyLimit, patience: float | None = None, client: str = "") -> str:
    try:
        with limit.slot(patience, client):
            return "inside"
    except Refused as refused:
        return refused.reason


def _until_one_waits(limit: ConcurrencyLimit, count: int = 1) -> None:
    while limit.waiting < count:
        threading.Event().wait(0.001)
