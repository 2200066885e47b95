"""What stands at a door, and the one way of turning it away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """An HTTP request, read whole. Header names are in lower case. `target` is the path with its query."""

    target: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, in the sender's language."""

    field: str
    says: str


class Refused(Exception):
    """Not accepted, and nothing was promised. `reason` is a constant of the code; `says` is for the sender.

    `retry_after` is in seconds, where trying the same again will help.
    """

    def __init__(
        self, status: int, reason: str, says: str, faults: tuple[Fault, ...] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.says = says
        self.faults = faults
        self.retry_after = retry_after
