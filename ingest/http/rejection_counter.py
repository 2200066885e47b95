"""Counts the requests that the doors refused, by door and reason. It keeps no sender and no content."""

import threading
from collections import Counter
from collections.abc import Mapping

# First parts of the addresses of each door. All other addresses belong to the web form.
_DOORS = frozenset({"sms", "mobile", "open311"})


class RejectionCounter:
    """Number of refusals since this process began, by door and reason. Safe for several threads."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, path: str, reason: str) -> None:
        """Count one refusal. The first part of `path` names the door; the rest of the path is not kept."""
        first_part = path.strip("/").partition("/")[0]
        with self._lock:
            self._counts[first_part if first_part in _DOORS else "web", reason] += 1

    def by_door(self) -> Mapping[str, Mapping[str, int]]:
        """Return the counts so far: door, then reason, then number of refusals."""
        with self._lock:
            counts = sorted(self._counts.items())
        counts_by_door: dict[str, dict[str, int]] = {}
        for (door, reason), number in counts:
            counts_by_door.setdefault(door, {})[reason] = number
        return counts_by_door
