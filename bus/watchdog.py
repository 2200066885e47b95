"""A watchdog over calls that may never return. It reports them, and ends nothing itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Watchdog:
    """Calls `on_expiry` with the call's name when a guarded call is still running at its limit.

    A thread that hangs cannot be ended from outside, so `on_expiry`, which runs in a thread of its own, is expected to
    end the process. Each guard has its own short-lived thread; nothing is left when no call is under guard.
    """

    def __init__(self, on_expiry: Callable[[str], None]) -> None:
        self._on_expiry = on_expiry

    @contextmanager
    def limit(self, name: str, seconds: float) -> Iterator[None]:
        """Guard the body: `on_expiry(name)` is called once if it runs longer than `seconds`."""
        timer = threading.Timer(seconds, self._on_expiry, (name,))
        timer.name = f"watchdog-{name}"
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
