"""How a worker is: written by its own thread, read by whoever watches."""

from collections.abc import Callable


class Vitals:
    """`clock` gives seconds that never go back. Who looks may see one count before another has moved.

    `worked` are records whose outcome is committed, `rejected` those of them that became dead letters; `waits_for`
    is what it waits for, empty while it works.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._beat = clock()
        self.worked = 0
        self.rejected = 0
        self.retried = 0
        self.fenced = 0
        self.waits_for = ""

    def came_round(self) -> None:
        """The loop goes on."""
        self._beat = self._clock()

    @property
    def silent_seconds(self) -> float:
        """For how long the loop has not come round: it works on a batch, or hangs."""
        return self._clock() - self._beat
