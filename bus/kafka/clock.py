"""The time by which the clients of Kafka wait."""

from typing import Protocol


class KafkaClock(Protocol):
    """Functions of time."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait for so many seconds."""
        ...
