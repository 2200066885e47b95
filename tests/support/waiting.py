"""Waits for conditions, with a generous limit: on a busy host everything takes long."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine, text

_PATIENCE_SECONDS = 300.0
_POLL_SECONDS = 0.05
_WAITING_LOCKS = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

T = TypeVar("T")


def wait_for(condition: Callable[[], T]) -> T:
    """Return the value of `condition` as soon as it is true. Raises `AssertionError` if it never is."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < until, "the condition never held"
        time.sleep(_POLL_SECONDS)
    return value


def wait_for_lock(engine: Engine, is_done: Callable[[], bool]) -> None:
    """Return when a session waits for a lock, or `is_done`. On SQLite a transaction waits as soon as it begins."""
    if engine.dialect.name == "sqlite":
        return

    def is_waiting() -> bool:
        with engine.connect() as connection:
            return bool(connection.execute(_WAITING_LOCKS).scalar_one())

    wait_for(lambda: is_done() or is_waiting())
