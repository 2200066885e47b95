"""A bounded cache in memory whose entries live for a limited time."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class ExpiringCache(Generic[V]):
    """Values by text, for several threads. An entry lives for `seconds`; of more than `size`, the oldest use goes."""

    def __init__(self, size: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._size = size
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def get(self, name: str, min_seconds_left: float = 0.0) -> V | None:
        """Return the value; `None` if there is none that lives for at least `min_seconds_left` more."""
        with self._lock:
            stored_at, value = self._entries.get(name, (0.0, None))
            if value is None or self._monotonic() - stored_at >= self._seconds - min_seconds_left:
                return None
            self._entries.move_to_end(name)
            return value

    def put(self, name: str, value: V) -> None:
        """Store a value. Its life begins now."""
        with self._lock:
            self._entries[name] = self._monotonic(), value
            self._entries.move_to_end(name)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def drop(self, name: str) -> None:
        """Remove a value."""
        with self._lock:
            self._entries.pop(name, None)
