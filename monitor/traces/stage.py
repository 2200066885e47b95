"""Gives each record of the last day to the collector as a span. It writes nothing, and no stage waits for it."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bus.errors import Retry
from bus.port import Outgoing, Record
from monitor.traces.record_trace import Said, read
from monitor.traces.spans import Recent, TraceSpan

# What is older is no news to anybody: neither all that the bus has, when traces are turned on, nor what a collector
# missed that was away for longer.
_OLDEST = timedelta(days=1)

_log = structlog.get_logger()


class TracesStage:
    """`send` takes spans and returns how many of them were refused for good; it raises `Retry` while nobody is there.

    Nothing else is raised: a fault costs the spans it falls on, and is logged.
    """

    def __init__(
        self, send: Callable[[Sequence[TraceSpan]], int], now: Callable[[], datetime], recent: Recent | None = None
    ) -> None:
        self._send = send
        self._now = now
        self._recent = recent or Recent()
        self._left_out: Counter[str] = Counter()

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`: the same records are the same spans, by their ids."""
        oldest = (self._now() - _OLDEST).timestamp() * 1000
        young = [record for record in records if record.timestamp >= oldest]
        said = [one for record in young if (one := self._read(record))]
        try:
            spans = self._recent.spans(said)
            refused = self._send(spans) if spans else 0
        except Retry:
            raise
        except Exception as error:  # noqa: BLE001 - half a service is none: this must not end the process
            _log.error("traces.unexpected", many=len(said), exc_info=error)
            return ()
        if refused:
            _log.warning("traces.refused", many=refused, of=len(spans))
        self._tell(old=len(records) - len(young), nameless=len(young) - len(said))
        return ()

    def _read(self, record: Record) -> Said | None:
        try:
            return read(record)
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("traces.unexpected", many=1, exc_info=error)
            return None

    def _tell(self, old: int, nameless: int) -> None:
        """Once for all that is old, however many batches that is."""
        self._left_out.update(old=old, nameless=nameless)
        if not old and self._left_out.total():
            _log.info("traces.left_out", **self._left_out)
            self._left_out.clear()
