"""Counts whom the doors turn away: where and why, never who it was nor what they sent."""

import threading
from collections import Counter
from collections.abc import Mapping

# What the addresses of a door begin with; all others are the form's.
_DOORS = frozenset({"sms", "mobile", "open311"})


class Tally:
    """Since this process began, by door and reason. For all threads."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, path: str, reason: str) -> None:
        """Once more; the first part of the address names the door, and the rest is not kept."""
        first = path.strip("/").partition("/")[0]
        with self._lock:
            self._counts[first if first in _DOORS else "web", reason] += 1

    def by_door(self) -> Mapping[str, Mapping[str, int]]:
        """What was counted so far."""
        with self._lock:
            counted = sorted(self._counts.items())
        found: dict[str, dict[str, int]] = {}
        for (door, reason), many in counted:
            found.setdefault(door, {})[reason] = many
        return found
