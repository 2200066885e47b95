"""What a reader makes of an arrival: a draft complaint, or the reason why it is none."""

from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from messages.shapes import Contact, Report


@dataclass(frozen=True, slots=True)
class Draft:
    """A complaint as read, before anything is decided about it."""

    report: Report
    contact: Contact


@dataclass(frozen=True, slots=True)
class NotComplaint:
    """Kept, counted and reversible; but no complaint."""

    reason: Literal["empty", "retweet", "own-post"]


class Unreadable(ValueError):
    """Bytes the door should not have let in. `field` is where reading failed, never what stood there."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def unreadable(error: ValidationError) -> Unreadable:
    """The first field at fault."""
    return Unreadable(".".join(str(part) for part in error.errors()[0]["loc"]) or "body")
