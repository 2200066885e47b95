"""Decides to which message a part belongs. Pure: depends on the stored parts, the new part and the time.

A reference has 8 or 16 bits and telephones reuse it. So a message is a reference within a time window. A part joins a
message with the same sender, receiver, reference and count, if that message lacks this part and began less than
`PartDeadlines.completion` ago. Two messages that are further apart never merge. The same part number with other
content belongs to another message. If two messages lack a part, the part goes to the only one that is still arriving,
else to none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

# Two messages with one key never have the same opening time, because the opening time tells them apart.
_TICK = timedelta(milliseconds=1)
# A message can be completed for this many times the wait for its next part.
_COMPLETION_WAITS = 6


class StoredPart(NamedTuple):
    """Part that is already stored.

    `opened` is the arrival time of the first part of its message; with the key it identifies the message. `digest` is
    equal for equal content. `at` is the arrival time of this part.
    """

    opened: datetime
    number: int
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PartDeadlines:
    """Times that a message waits for its parts. After `wait` without a new part it is forwarded incomplete.

    An SMS in one piece has no reference. The same content again within `wait` counts as a redelivery: an SMSC delivers
    again within seconds or at the next bind, and people rarely type the same SMS again so fast.
    """

    wait: timedelta

    @property
    def completion(self) -> timedelta:
        """Time after its first part within which a message can still be completed."""
        return self.wait * _COMPLETION_WAITS

    def window(self, total: int) -> timedelta:
        """Return the time within which a message of `total` parts takes parts and recognises redeliveries."""
        return self.completion if total > 1 else self.wait


@dataclass(frozen=True, slots=True)
class PartMatch:
    """Message that a part belongs to, named by its opening time. `is_redelivery`: the message has this part already."""

    opened: datetime
    is_redelivery: bool = False


def match_part(
    stored_parts: Sequence[StoredPart], number: int, digest: str, now: datetime, window: timedelta, wait: timedelta
) -> PartMatch:
    """Return the message of a new part. `stored_parts` are all parts with the key of the new one."""
    open_messages = _open_messages(stored_parts, now, window)
    for opened, parts in reversed(open_messages.items()):
        if _has_part(parts, number, digest):
            return PartMatch(opened, is_redelivery=True)
    candidates = [opened for opened, parts in open_messages.items() if _lacks_number(parts, number)]
    if len(candidates) > 1:
        candidates = [opened for opened in candidates if now - _last_arrival(open_messages[opened]) < wait]
    if len(candidates) == 1:
        return PartMatch(candidates[0])
    return PartMatch(max([now, *(part.opened + _TICK for part in stored_parts)]))


def message_due_at(numbers: set[int], total: int, last_arrival: datetime, wait: timedelta) -> datetime:
    """Return the time to forward a message: at once if it is complete, else `wait` after its last part."""
    return last_arrival if len(numbers) == total else last_arrival + wait


def _open_messages(
    stored_parts: Sequence[StoredPart], now: datetime, window: timedelta
) -> dict[datetime, list[StoredPart]]:
    """Return the messages that still take parts, oldest first, by their opening time."""
    messages: dict[datetime, list[StoredPart]] = {}
    for part in sorted(stored_parts, key=lambda part: part.opened):
        if now - part.opened < window:
            messages.setdefault(part.opened, []).append(part)
    return messages


def _has_part(parts: Sequence[StoredPart], number: int, digest: str) -> bool:
    return any((part.number, part.digest) == (number, digest) for part in parts)


def _lacks_number(parts: Sequence[StoredPart], number: int) -> bool:
    return all(part.number != number for part in parts)


def _last_arrival(parts: Sequence[StoredPart]) -> datetime:
    return max(part.at for part in parts)
