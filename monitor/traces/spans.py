"""Makes spans from record traces and keeps the latest records' times. No clock, no network."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from monitor.traces.record_trace import Attributes, RecordTrace

_NS_PER_MS = 1_000_000
_MS_PER_SECOND = 1_000
# Nanoseconds since 1970 fit into 63 bits until the year 2262. A later time is replaced by this limit.
_LATEST_MS = 2**63 // _NS_PER_MS
# A report has about six records: this is one week of a usual day's reports of the country.
_KEPT_RECORDS = 60_000


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """A span from the time when the bus had the preceding record until it had this one, in nanoseconds since 1970 UTC.

    The ids are those of W3C Trace Context. `parent` is 0 at the start of a trace.
    """

    trace: int
    id: int
    parent: int
    name: str
    start: int
    end: int
    failed: bool
    attributes: Attributes


class _Appended(NamedTuple):
    """Position of a record, and the time in milliseconds at which the bus appended it."""

    position: str
    moment_ms: int


class RecentRecords:
    """The latest `max_records` records by trace id and span id."""

    def __init__(self, max_records: int = _KEPT_RECORDS) -> None:
        self._max_records = max_records
        self._appended: OrderedDict[tuple[int, int], _Appended] = OrderedDict()
        self._replacements: OrderedDict[tuple[int, int], int] = OrderedDict()

    def spans(self, traces: Iterable[RecordTrace]) -> Sequence[TraceSpan]:
        """Return a span for each record. The preceding record may come later in the batch.

        A record that was seen before at another position, as in a replay, has the same span id and gives no span.
        """
        first_traces = [trace for trace in traces if self._note(trace)]
        return [self._span(trace) for trace in first_traces]

    def _note(self, trace: RecordTrace) -> bool:
        """Keep the record's time. Return True if it is the first record with its id."""
        appended = self._appended.setdefault((trace.trace, trace.id), _Appended(trace.position, trace.taken))
        if trace.instead_of:
            self._replacements.setdefault((trace.trace, trace.instead_of), trace.id)
        for records in (self._appended, self._replacements):
            while len(records) > self._max_records:
                records.popitem(last=False)
        return appended.position == trace.position

    def _span(self, trace: RecordTrace) -> TraceSpan:
        parent = trace.parent
        if trace.passed_on:
            parent = self._replacements.get((trace.trace, parent), parent)
        end_ms = _within_range(trace.taken)
        # The clocks of a door, of an agency and of the bus may differ: a span never starts after its end.
        start_ms = min(_within_range(self._start_ms(trace, parent)), end_ms)
        return TraceSpan(
            trace=trace.trace,
            id=trace.id,
            parent=parent,
            name=trace.name,
            start=start_ms * _NS_PER_MS,
            end=end_ms * _NS_PER_MS,
            failed=trace.failed,
            attributes=trace.attributes,
        )

    def _start_ms(self, trace: RecordTrace, parent: int) -> int:
        """Return the time of the preceding record; if it is unknown, the time at which this record was written."""
        preceding = self._appended.get((trace.trace, parent)) if parent else None
        if preceding:
            return preceding.moment_ms
        return int(trace.at.timestamp() * _MS_PER_SECOND) if trace.at else trace.taken


def _within_range(moment_ms: int) -> int:
    return max(0, min(moment_ms, _LATEST_MS - 1))
