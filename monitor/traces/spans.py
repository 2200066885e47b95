"""Makes spans of what records say, and remembers of the latest ones when the bus took them. No clock, no network."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from monitor.traces.record_trace import Attributes, Said

_NS_IN_MS = 1_000_000
# Nanoseconds since 1970 go into 64 bits until the year 2554; what is written behind that is no moment.
_LATEST_MS = 2**63 // _NS_IN_MS
# A report has six records or so: as many as come in a week of a country's usual days.
_REMEMBERED = 60_000


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """From when the bus had what led to a record until it had the record, in nanoseconds since 1970 UTC.

    Ids are those of W3C's trace context; `parent` is 0 at the beginning of a trace.
    """

    trace: int
    id: int
    parent: int
    name: str
    start: int
    end: int
    failed: bool
    attributes: Attributes


class _Taken(NamedTuple):
    """Where a record lies, and when the bus took it."""

    position: str
    moment: int


class Recent:
    """The latest `most` records, by what they are known by within their trace."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._taken: OrderedDict[tuple[int, int], _Taken] = OrderedDict()
        self._instead: OrderedDict[tuple[int, int], int] = OrderedDict()

    def spans(self, said: Iterable[Said]) -> Sequence[TraceSpan]:
        """A span of each; one that led to another of them may come behind it.

        A record that was said before at another place, which a replay does, is the same span: it gives none.
        """
        new = [one for one in said if self._note(one)]
        return [self._span(one) for one in new]

    def _note(self, one: Said) -> bool:
        """Whether it is the first of its id."""
        taken = self._taken.setdefault((one.trace, one.id), _Taken(one.position, one.taken))
        if one.instead_of:
            self._instead.setdefault((one.trace, one.instead_of), one.id)
        for held in (self._taken, self._instead):
            while len(held) > self._most:
                held.popitem(last=False)
        return taken.position == one.position

    def _span(self, one: Said) -> TraceSpan:
        parent = self._instead.get((one.trace, one.parent), one.parent) if one.passed_on else one.parent
        led = self._taken.get((one.trace, parent)) if parent else None
        end = _within(one.taken)
        began = led.moment if led else int(one.at.timestamp() * 1000) if one.at else one.taken
        # The clocks of a door, of an agency and of the bus are not one.
        start = min(_within(began), end)
        return TraceSpan(
            one.trace, one.id, parent, one.name, start * _NS_IN_MS, end * _NS_IN_MS, one.failed, one.attributes
        )


def _within(moment: int) -> int:
    return max(0, min(moment, _LATEST_MS - 1))
