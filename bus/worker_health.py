"""How a worker is: written by its own thread, read by whoever watches."""

from collections.abc import Callable

# An outage fences once; what comes so soon after is the same trouble.
_SOON_SECONDS = 300.0


class WorkerHealth:
    """`clock` gives seconds that never go back. Who looks may see one count before another has moved.

    `worked` are records whose outcome is committed, `rejected` those of them that became dead letters; `fenced` is how
    often another took over its work of late, each time soon after the last; `waits_for` is what it waits for, empty
    while it works.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._beat = clock()
        self.worked = 0
        self.rejected = 0
        self.retried = 0
        self.fenced = 0
        self._fenced_at: float | None = None
        self.waits_for = ""

    def record_iteration(self) -> None:
        """The loop goes on."""
        self._beat = self._clock()

    def record_fencing(self) -> None:
        """Another member took over what it was working on."""
        lately = self.fenced_seconds is not None and self.fenced_seconds < _SOON_SECONDS
        self.fenced = self.fenced + 1 if lately else 1
        self._fenced_at = self._clock()

    @property
    def fenced_seconds(self) -> float | None:
        """For how long it was not fenced any more; `None` if it never was."""
        return None if self._fenced_at is None else self._clock() - self._fenced_at

    @property
    def silent_seconds(self) -> float:
        """For how long the loop has not come round: it works on a batch, or hangs."""
        return self._clock() - self._beat
