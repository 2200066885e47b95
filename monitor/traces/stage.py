"""Sends every record of the last day to the trace collector as a span. Writes nothing; no other stage waits for it."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bus.errors import Retry
from bus.port import Outgoing, Record
from messages.codec import NewerVersionError
from monitor.traces.record_trace import RecordTrace, read_trace
from monitor.traces.spans import RecentRecords, TraceSpan

# Older records are left out. This limits the first start with a collector, and the time after a long outage of it.
_MAX_AGE = timedelta(days=1)

_log = structlog.get_logger()


class TracesStage:
    """The stage that sends spans.

    `send` sends spans and returns how many of them the collector refused for good; it raises `Retry` while the
    collector is away. A record that is newer than this program raises `NewerVersionError`: it waits. No other error is
    raised: a bug costs the spans of its records and is logged.
    """

    def __init__(
        self,
        send: Callable[[Sequence[TraceSpan]], int],
        now: Callable[[], datetime],
        recent: RecentRecords | None = None,
    ) -> None:
        self._send = send
        self._now = now
        self._recent = recent or RecentRecords()
        self._left_out: Counter[str] = Counter()

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Send the spans of a batch. A batch that is handled again gives the same span ids. See `bus.worker.Stage`."""
        oldest_ms = (self._now() - _MAX_AGE).timestamp() * 1000
        young_records = [record for record in records if record.timestamp >= oldest_ms]
        traces = [trace for record in young_records if (trace := self._read_trace(record))]
        try:
            spans = self._recent.spans(traces)
            refused = self._send(spans) if spans else 0
        except Retry:
            raise
        except Exception as error:  # noqa: BLE001 - an error in traces must not end the process
            _log.error("traces.failed", records=len(traces), exc_info=error)
            return ()
        if refused:
            _log.warning("traces.refused", refused=refused, sent=len(spans))
        self._log_left_out(old=len(records) - len(young_records), without_report=len(young_records) - len(traces))
        return ()

    def _read_trace(self, record: Record) -> RecordTrace | None:
        try:
            return read_trace(record)
        except NewerVersionError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("traces.failed", records=1, exc_info=error)
            return None

    def _log_left_out(self, old: int, without_report: int) -> None:
        """Log once for a run of batches with old records, when the first batch without any arrives."""
        self._left_out.update(old=old, without_report=without_report)
        if not old and self._left_out.total():
            _log.info("traces.left_out", **self._left_out)
            self._left_out.clear()
