"""Spans of a text or of a list of words, and the question whether one of them contains another span."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

# From a position to before another one.
Span = tuple[int, int]


class SpanSet:
    """A fixed set of spans. A question takes a few steps, whatever their number: a long text has many of them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        # The largest end of the spans up to each one.
        self._furthest_ends = list(accumulate((end for _, end in ordered), max))

    def __bool__(self) -> bool:
        """True if there is any span."""
        return bool(self._starts)

    def contain(self, start: int, end: int) -> bool:
        """Return True if one span contains everything from `start` to before `end`."""
        count = bisect_right(self._starts, start)
        return count > 0 and self._furthest_ends[count - 1] >= end
