"""Wakes the derivations of a process when new facts are stored."""

import threading


class Wakeup:
    """Sets the events of all derivations. For any thread."""

    def __init__(self) -> None:
        self._events: list[threading.Event] = []

    def event(self) -> threading.Event:
        """Return a new event that is set whenever facts were stored."""
        event = threading.Event()
        self._events.append(event)
        return event

    def wake(self) -> None:
        """Set all events."""
        for event in self._events:
            event.set()
