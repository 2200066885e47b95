"""A process prepares its database and its topics until both are ready. Its stages wait, its doors do not."""

import threading
from collections.abc import Callable

import pytest

from app.assembly.startup.preparation import Preparation
from bus.errors import Retry, Stop
from bus.worker_health import WorkerHealth
from config.database import DatabaseUnavailable
from privacy.service_keys import WrongSecretKey


class Step:
    """A step that raises the errors in turn, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.calls = 0

    def __call__(self) -> None:
        """Run the step."""
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)


@pytest.fixture
def stopping() -> threading.Event:
    """Set when the process stops."""
    return threading.Event()


def nothing() -> None:
    """Do nothing."""


def prepare(
    stopping: threading.Event, database: Callable[[], None], topics: Callable[[], None], *, has_doors: bool
) -> Preparation:
    """Return the preparation of a process."""
    steps = {"database": database, "topics": topics}
    return Preparation(steps, stopping, has_doors=has_doors, recheck=nothing, recheck_seconds=0.01)


@pytest.mark.parametrize("has_doors", [True, False])
def test_each_step_is_repeated_until_it_succeeds(stopping: threading.Event, *, has_doors: bool) -> None:
    """A step that has succeeded is not repeated, and the stage begins once, after all of them."""
    database, topics = Step(DatabaseUnavailable("away"), DatabaseUnavailable("away")), Step(Retry("away"))
    preparation = prepare(stopping, database, topics, has_doors=has_doors)
    threading.Thread(target=preparation.run).start()
    calls: list[tuple[int, int]] = []
    preparation.then(lambda: calls.append((database.calls, topics.calls)))()
    stopping.set()
    assert (calls, preparation.waits_for) == ([(3, 2)], {})


def test_a_refusal_ends_a_process_without_doors(stopping: threading.Event) -> None:
    """Its supervisor must not start it again before a person has acted."""
    with pytest.raises(Stop, match="password"):
        prepare(stopping, Step(), Step(Stop("wrong password")), has_doors=False).run()


def test_a_refusal_shuts_no_door(stopping: threading.Event) -> None:
    """A process with doors waits, and names the cause."""
    begun = threading.Event()
    preparation = prepare(stopping, Step(), Step(*[Stop("wrong password")] * 50), has_doors=True)
    health = WorkerHealth(lambda: 0.0)
    threads = [
        threading.Thread(target=preparation.run),
        threading.Thread(target=preparation.then(begun.set, health)),
    ]
    for thread in threads:
        thread.start()
    until_named = threading.Event()
    while not health.waits_for:
        until_named.wait(0.01)
    stopping.set()
    for thread in threads:
        thread.join()
    assert health.waits_for == "topics: wrong password"
    assert not begun.is_set()


def test_a_waiting_stage_does_not_hang(stopping: threading.Event) -> None:
    """A supervisor that looks at `/live` must not end a process that waits for its database."""
    readings: list[float] = []

    def clock() -> float:
        readings.append(0.0)
        if len(readings) > 3:
            stopping.set()
        return float(len(readings))

    preparation = prepare(stopping, Step(), Step(), has_doors=False)
    health = WorkerHealth(clock)
    preparation.then(nothing, health)()
    assert len(readings) > 3


def test_refused_topics_are_tried_again(stopping: threading.Event) -> None:
    """The recheck goes on after everything is ready, also while the bus is away for some time."""
    attempts: list[int] = []

    def recheck() -> None:
        attempts.append(1)
        if len(attempts) == 3:
            stopping.set()
        raise Retry("away")

    Preparation({}, stopping, has_doors=False, recheck=recheck, recheck_seconds=0.01).run()
    assert len(attempts) == 3


def test_another_secret_key_ends_a_process_with_doors(stopping: threading.Event) -> None:
    """A door must not accept what nobody can open, also if the database was away when it opened."""
    step = Step(DatabaseUnavailable("away"), WrongSecretKey("another key"))
    preparation = Preparation({"database": step}, stopping, has_doors=True, recheck=nothing, ends_all=(WrongSecretKey,))
    with pytest.raises(WrongSecretKey, match="another key"):
        preparation.run()
