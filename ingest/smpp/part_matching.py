"""To which message a part belongs. Pure: a function of the parts that are there, the new one, and the time.

A reference has 8 or 16 bits and is used again, so a message is a reference and a window in time: a part joins a message
of its sender, receiver, reference and count that lacks it, as long as that one began less than `late` ago. Two messages
further apart than that never merge. The same part with other content belongs to another message; where two messages
lack a part, it goes to the only one of them that is still arriving, else to none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

# Two messages of one key never begin at the same moment: the moment tells them apart.
_TICK = timedelta(milliseconds=1)
_LATE_WAITS = 6


class Known(NamedTuple):
    """A part that is there. `opened` is when the first part of its message came, and names the message under its key.

    `digest` is equal for equal content; `at` is when it came itself.
    """

    opened: datetime
    number: int
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """How long parts wait for each other before they go on without the others.

    A message that came in one piece has no reference: the same again within `wait` is taken for a redelivery, for an
    SMSC sends again within seconds or when we bind again, and people, who may mean it, rarely type that fast.
    """

    wait: timedelta

    @property
    def late(self) -> timedelta:
        """How long after its first part a message can still be completed."""
        return self.wait * _LATE_WAITS

    def window(self, total: int) -> timedelta:
        """How long a message takes parts, and knows those that it has."""
        return self.late if total > 1 else self.wait


@dataclass(frozen=True, slots=True)
class Joined:
    """The message a part belongs to, by its beginning; `again` if it has this very part."""

    opened: datetime
    again: bool = False


def join(known: Sequence[Known], number: int, digest: str, now: datetime, window: timedelta, wait: timedelta) -> Joined:
    """Where a part goes. `known` are the parts with its key."""
    messages: dict[datetime, list[Known]] = {}
    for part in known:
        messages.setdefault(part.opened, []).append(part)
    open_ = {opened: parts for opened, parts in sorted(messages.items()) if now - opened < window}
    for opened, parts in reversed(open_.items()):
        if any((part.number, part.digest) == (number, digest) for part in parts):
            return Joined(opened, again=True)
    lacking = {opened: parts for opened, parts in open_.items() if all(part.number != number for part in parts)}
    if len(lacking) > 1:
        lacking = {opened: parts for opened, parts in lacking.items() if now - max(p.at for p in parts) < wait}
    if len(lacking) == 1:
        return Joined(next(iter(lacking)))
    return Joined(max([now, *(opened + _TICK for opened in messages)]))


def due_at(numbers: set[int], total: int, last: datetime, wait: timedelta) -> datetime:
    """When a message is to go on: at once when it is whole, else when its last part has waited."""
    return last if len(numbers) == total else last + wait
