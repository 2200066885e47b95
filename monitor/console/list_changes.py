"""What has to be done to one list of rows to make the next of it. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Put(NamedTuple):
    """A row to put behind the row `after`; at the top for nothing; where it is for `None`, as only its text changed."""

    key: str
    after: str | None
    text: str


class Change(NamedTuple):
    """`gone` first, then each of `put` in turn."""

    gone: Sequence[str]
    put: Sequence[Put]


def change(before: Mapping[str, str], now: Mapping[str, str]) -> Change | None:
    """From the rows of before to those of now, in order and by key; nothing where they are the same.

    As few rows move as can be: who reads along keeps the place.
    """
    ranks = {key: rank for rank, key in enumerate(before)}
    kept = [key for key in now if key in ranks]
    staying = {kept[at] for at in _rising([ranks[key] for key in kept])}
    put, previous = [], ""
    for key, text in now.items():
        if key not in staying:
            put.append(Put(key, previous, text))
        elif text != before[key]:
            put.append(Put(key, None, text))
        previous = key
    gone = [key for key in before if key not in now]
    return Change(gone, put) if gone or put else None


def _rising(ranks: Sequence[int]) -> Iterable[int]:
    """Where the members of a longest rising part stand."""
    ends: list[int] = []
    at: list[int] = []
    behind: list[int] = []
    for place, rank in enumerate(ranks):
        length = bisect_left(ends, rank)
        ends[length:] = [rank, *ends[length + 1 :]]
        at[length:] = [place, *at[length + 1 :]]
        behind.append(at[length - 1] if length else -1)
    place = at[-1] if at else -1
    while place >= 0:
        yield place
        place = behind[place]
