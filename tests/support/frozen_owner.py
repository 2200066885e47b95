"""Two processes of a stage with the same records: the first is frozen inside its transaction until the second waits.

So it is when the bus has taken the partitions from a frozen process, which thaws later.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, event

from bus.errors import Retry
from bus.port import Outgoing
from config.database import DatabaseUnavailable
from tests.support.waiting import wait_for_lock

_PATIENCE_SECONDS = 60.0


def handled_while_frozen(
    engine: Engine,
    frozen_handle: Callable[[], object],
    handle: Callable[[], Sequence[Outgoing]],
) -> Sequence[Outgoing]:
    """Hold the first handling before its commit until the second one waits; return what the second one returns."""
    is_frozen, is_thawed, has_begun = threading.Event(), threading.Event(), threading.Event()

    def handle_until_done() -> Sequence[Outgoing]:
        has_begun.set()
        return _handle_until_done(handle)

    def freeze(_connection: object) -> None:
        is_frozen.set()
        assert is_thawed.wait(_PATIENCE_SECONDS)

    event.listen(engine, "commit", freeze)
    with ThreadPoolExecutor(2) as threads:
        # Its bus commit is refused: nobody gets its outputs.
        refused = threads.submit(frozen_handle)
        # An error ends the wait, too, and is raised below.
        refused.add_done_callback(lambda _refused: is_frozen.set())
        assert is_frozen.wait(_PATIENCE_SECONDS)
        handled = threads.submit(handle_until_done)
        assert has_begun.wait(_PATIENCE_SECONDS)
        try:
            wait_for_lock(engine, handled.done)
        finally:
            is_thawed.set()
        refused.result(_PATIENCE_SECONDS)
        event.remove(engine, "commit", freeze)
        return handled.result(_PATIENCE_SECONDS)


def _handle_until_done(handle: Callable[[], Sequence[Outgoing]]) -> Sequence[Outgoing]:
    """Handle again after each `Retry`, as a worker does."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return handle()
        except (Retry, DatabaseUnavailable):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
