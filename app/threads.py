"""Threads of a process. Only this module starts them; all others take a function that does."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

# Starts a thread that runs a function, with the name of the thread.
StartThread = Callable[[Callable[[], None], str], "Joinable"]


class Joinable(Protocol):
    """Something that runs beside its starter."""

    def join(self) -> None:
        """Wait for its end."""
        ...


@dataclass(frozen=True, slots=True)
class Threads:
    """Functions that let something run beside the caller.

    `start` starts a thread that the process waits for at its end, `start_background` one that ends with the process.
    `pool` returns an executor with so many threads of this name. `call_later` calls a function after so many seconds,
    and returns a function that cancels the call.
    """

    start: StartThread
    start_background: StartThread
    pool: Callable[[int, str], Executor]
    call_later: Callable[[float, Callable[[], None]], Callable[[], None]]


def system_threads() -> Threads:
    """Return the threads of this machine, for the place where a process begins."""
    return Threads(_start, _start_background, ThreadPoolExecutor, _call_later)


def _start(run: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=run, name=name)
    thread.start()
    return thread


def _start_background(run: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread


def _call_later(seconds: float, call: Callable[[], None]) -> Callable[[], None]:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    return timer.cancel
