"""The room for what takes much memory: never more inside than may be, a short queue, and nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from ingest.arrival import Refused
from ingest.http.concurrency_limit import Room

_PATIENCE_SECONDS = 30.0


def test_never_more_than_may_be_inside() -> None:
    """Fifty who come at once are all served, two at a time."""
    room = Room(2, 50, _PATIENCE_SECONDS)
    lock = threading.Lock()
    inside, most = 0, 0

    def work(_number: int) -> None:
        nonlocal inside, most
        with room.entered():
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
    room = Room(1, 1, _PATIENCE_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        with room.entered():
            waiting = pool.submit(_enter, room)
            _until_one_waits(room)
        assert waiting.result(_PATIENCE_SECONDS) == "inside"


def test_a_full_queue_is_said_at_once() -> None:
    """Whoever comes behind it does not wait, however patient; the one in it still has its turn."""
    room = Room(1, 1, _PATIENCE_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        with room.entered():
            waiting = pool.submit(_enter, room)
            _until_one_waits(room)
            with pytest.raises(Refused, match="busy"), room.entered(_PATIENCE_SECONDS):
                pass
        assert waiting.result(_PATIENCE_SECONDS) == "inside"


@pytest.mark.parametrize("patience", [0.0, -1.0])
def test_who_has_no_patience_does_not_wait(patience: float) -> None:
    """503, and when to come again; an empty room is entered all the same."""
    room = Room(1, 1, _PATIENCE_SECONDS)
    with room.entered(patience), pytest.raises(Refused) as refused, room.entered(patience):
        pass
    assert (refused.value.reason, refused.value.status) == ("busy", 503)
    assert refused.value.retry_after


def test_a_place_is_given_back_whatever_happened() -> None:
    """After a fault inside, and after a refusal, there is as much room as before."""
    room = Room(2, 0, 0.0)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), room.entered():
            raise ZeroDivisionError
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(room.entered())
        for _ in range(5):
            assert _enter(room) == "busy"
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(room.entered())


def _enter(room: Room, patience: float | None = None) -> str:
    try:
        with room.entered(patience):
            return "inside"
    except Refused as refused:
        return refused.reason


def _until_one_waits(room: Room) -> None:
    while not room.waiting:
        threading.Event().wait(0.001)
