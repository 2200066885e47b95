"""What a reader makes of an arrival: a draft complaint, or the reason why it is none."""

from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from messages.shapes import Contact, Report


@dataclass(frozen=True, slots=True)
class Follows:
    """That messages with the same `mark` are one sender's one matter: edits, a thread, the rest of an SMS.

    The first that is worked is the complaint; a later one repeats it, with `evidence` (a constant) of why.
    `also` are marks by which what comes later may find this matter, besides the one it is found by itself.
    """

    mark: str
    evidence: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A complaint as read, before anything is decided about it."""

    report: Report
    contact: Contact
    follows: Follows | None = None


@dataclass(frozen=True, slots=True)
class NotComplaint:
    """Kept, counted and reversible; but no complaint."""

    reason: Literal[
        "empty",
        "retweet",
        "own-post",
        "opt-out",
        "status-request",
        "publicity",
        "promotion",
        "fraud",
        "test",
        "greeting",
    ]


class Unreadable(ValueError):
    """Bytes the door should not have let in. `field` is where reading failed, never what stood there."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def unreadable(error: ValidationError) -> Unreadable:
    """The first field at fault."""
    return Unreadable(".".join(str(part) for part in error.errors()[0]["loc"]) or "body")
