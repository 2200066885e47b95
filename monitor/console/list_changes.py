"""Computes the changes that turn one list of rows into the next one. No I/O."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple


class RowPlacement(NamedTuple):
    """A row that is new, moved or changed.

    `above` is the key of the row above it; empty for the top of the list; `None` if only the text changes and the row
    stays in its place.
    """

    key: str
    above: str | None
    text: str


class ListChange(NamedTuple):
    """Changes of one list. First remove the rows `removed`, then apply `placed` in order."""

    removed: Sequence[str]
    placed: Sequence[RowPlacement]


def diff_rows(previous: Mapping[str, str], current: Mapping[str, str]) -> ListChange | None:
    """Return the changes between two lists of rows by key, in order; `None` if they are equal.

    As few rows as possible are moved, so that the reader does not lose the row being read.
    """
    placed = list(_placements(previous, current, _unmoved_keys(previous, current)))
    removed = [key for key in previous if key not in current]
    return ListChange(removed, placed) if removed or placed else None


def _placements(
    previous: Mapping[str, str], current: Mapping[str, str], unmoved: AbstractSet[str]
) -> Iterator[RowPlacement]:
    previous_key = ""
    for key, text in current.items():
        if key not in unmoved:
            yield RowPlacement(key, previous_key, text)
        elif text != previous[key]:
            yield RowPlacement(key, None, text)
        previous_key = key


def _unmoved_keys(previous: Mapping[str, str], current: Mapping[str, str]) -> AbstractSet[str]:
    """Return the largest set of keys that have the same order in both lists."""
    ranks = {key: rank for rank, key in enumerate(previous)}
    common_keys = [key for key in current if key in ranks]
    return {common_keys[index] for index in _longest_increasing([ranks[key] for key in common_keys])}


def _longest_increasing(ranks: Sequence[int]) -> Iterator[int]:
    """Yield the indexes of a longest increasing subsequence, last one first.

    `end_ranks[n]` is the lowest rank with which a subsequence of length n + 1 ends, `end_indexes[n]` is its index.
    """
    end_ranks: list[int] = []
    end_indexes: list[int] = []
    predecessors: list[int] = []
    for index, rank in enumerate(ranks):
        length = bisect_left(end_ranks, rank)
        end_ranks[length:] = [rank, *end_ranks[length + 1 :]]
        end_indexes[length:] = [index, *end_indexes[length + 1 :]]
        predecessors.append(end_indexes[length - 1] if length else -1)
    index = end_indexes[-1] if end_indexes else -1
    while index >= 0:
        yield index
        index = predecessors[index]
