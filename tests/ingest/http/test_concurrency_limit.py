"""The room for what takes much memory: never more inside than may be, a short queue, and nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from ingest.arrival import Refused
from ingest.http.concurrency_limit import ConcurrencyLimit

_PATIENCE_SECONDS = 30.0


def test_never_more_than_may_be_inside() -> None:
    """Fifty who come at once are all served, two at a time."""
    room = ConcurrencyLimit(2, 50, _PATIENCE_SECONDS)
    lock = threading.Lock()
    inside, most = 0, 0

    def work(_number: int) -> None:
        nonlocal inside, most
        with room.slot():
            with lock:
                inside += 1
                most = max(most, inside)
            # The others have their turn to come in meanwhile.
            threading.Event().wait(0.001)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(work, range(50)))
    assert (most, inside) == (2, 0)


def test_who_waits_comes_in_when_another_goes() -> None:
    """The one who waited is served as soon as there is a place."""
    room = ConcurrencyLimit(1, 1, _PATIENCE_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        with room.slot():
            waiting = pool.submit(_enter, room)
            _until_one_waits(room)
        assert waiting.result(_PATIENCE_SECONDS) == "inside"


def test_a_full_queue_is_said_at_once() -> None:
    """Whoever comes behind it does not wait, however patient; the one in it still has its turn."""
    room = ConcurrencyLimit(1, 1, _PATIENCE_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        with room.slot():
            waiting = pool.submit(_enter, room)
            _until_one_waits(room)
            with pytest.raises(Refused, match="busy"), room.slot(_PATIENCE_SECONDS):
                pass
        assert waiting.result(_PATIENCE_SECONDS) == "inside"


@pytest.mark.parametrize("patience", [0.0, -1.0])
def test_who_has_no_patience_does_not_wait(patience: float) -> None:
    """503, and when to come again; an empty room is entered all the same."""
    room = ConcurrencyLimit(1, 1, _PATIENCE_SECONDS)
    with room.slot(patience), pytest.raises(Refused) as refused, room.slot(patience):
        pass
    assert (refused.value.reason, refused.value.status) == ("busy", 503)
    assert refused.value.retry_after


def test_a_place_is_given_back_whatever_happened() -> None:
    """After a fault inside, and after a refusal, there is as much room as before."""
    room = ConcurrencyLimit(2, 0, 0.0)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), room.slot():
            raise ZeroDivisionError
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(room.slot())
        for _ in range(5):
            assert _enter(room) == "busy"
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(room.slot())


def _enter(room: ConcurrencyLimit, patience: float | None = None) -> str:
    try:
        with room.slot(patience):
            return "inside"
    except Refused as refused:
        return refused.reason


def _until_one_waits(room: ConcurrencyLimit) -> None:
    while not room.waiting:
        threading.Event().wait(0.001)
