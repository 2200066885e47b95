"""Notes of how far a long audit is. A short one has none."""

from collections.abc import Callable

# Pause before the first note, and between two.
_PAUSE_SECONDS = 5.0


class AuditProgress:
    """Notes how many records an audit has read: after five seconds, and again every five. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float], note: Callable[[str], None]) -> None:
        self._clock = clock
        self._note = note
        self._noted_at = clock()
        self._has_noted = False

    def __call__(self, read: int, all_records: int) -> None:
        """See `ProgressReport`."""
        is_due = self._clock() - self._noted_at >= _PAUSE_SECONDS
        if read < all_records and is_due:
            self._note(f"{read:,} of {all_records:,} records are read.")
        elif read >= all_records and (is_due or self._has_noted):
            self._note(f"All {read:,} records are read. What became of them is compared now.")
        else:
            return
        self._noted_at, self._has_noted = self._clock(), True
