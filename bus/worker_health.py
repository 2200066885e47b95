"""The health of one worker: written by its own thread, read by the monitor."""

from collections.abc import Callable

# One outage may fence a worker several times. Fencings within this time belong to the same outage.
_SAME_OUTAGE_SECONDS = 300.0


class WorkerHealth:
    """Counts and times of one worker. `clock` gives seconds that never go back.

    `worked` are records whose outcome is committed, `rejected` those of them that became dead letters. `fenced` is how
    often another member took over the work in the latest outage. `waits_for` is the error that the worker waits out;
    it is empty while the worker works. A reader may see one count before another has changed.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last_iteration = clock()
        self.worked = 0
        self.rejected = 0
        self.retried = 0
        self.fenced = 0
        self._fenced_at: float | None = None
        self.waits_for = ""

    def record_iteration(self) -> None:
        """Record that the worker's loop goes on."""
        self._last_iteration = self._clock()

    def record_fencing(self) -> None:
        """Record that another member took over the work."""
        is_same_outage = self.fenced_seconds is not None and self.fenced_seconds < _SAME_OUTAGE_SECONDS
        self.fenced = self.fenced + 1 if is_same_outage else 1
        self._fenced_at = self._clock()

    @property
    def fenced_seconds(self) -> float | None:
        """Seconds since the latest fencing; `None` if there was none."""
        return None if self._fenced_at is None else self._clock() - self._fenced_at

    @property
    def silent_seconds(self) -> float:
        """Seconds since the loop last went on: it processes a batch, or hangs."""
        return self._clock() - self._last_iteration
