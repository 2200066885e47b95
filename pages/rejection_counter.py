"""Counts the requests that the doors refused, by door and reason. It keeps no sender and no content."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping

from messages.channels import DoorFacts


class RejectionCounter:
    """Number of refusals since this process began, by door and reason. Safe for several threads.

    All addresses of a door begin with its `address_prefix`; one of the doors has the prefix `/`.
    """

    def __init__(self, doors: Iterable[DoorFacts]) -> None:
        # The longest prefix first: `/` is a prefix of every address.
        addressed = [door for door in doors if door.address_prefix]
        self._doors = sorted(addressed, key=lambda door: len(door.address_prefix), reverse=True)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, path: str, reason: str) -> None:
        """Count one refusal at the door that has this address. The path itself is not kept."""
        name = self._door_of(path)
        with self._lock:
            self._counts[name, reason] += 1

    def by_door(self) -> Mapping[str, Mapping[str, int]]:
        """Return the counts so far: door, then reason, then number of refusals."""
        with self._lock:
            counts = sorted(self._counts.items())
        counts_by_door: dict[str, dict[str, int]] = {}
        for (door, reason), number in counts:
            counts_by_door.setdefault(door, {})[reason] = number
        return counts_by_door

    def _door_of(self, path: str) -> str:
        address = f"/{path.strip('/')}/"
        return next(door.name for door in self._doors if address.startswith(door.address_prefix))
