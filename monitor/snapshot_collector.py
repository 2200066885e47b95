"""Collects one snapshot of the whole service from the bus, from the ledger's queues and from the processes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from bus.errors import Retry, Stop
from bus.port import Reader
from config.database import DatabaseUnavailable
from messages.shapes import Channel
from monitor import consumer_lag
from monitor.alert_thresholds import CLOCK_SECONDS
from monitor.pending_review import PendingReviewTracker
from monitor.process_probe import ProcessProbe
from monitor.snapshot import QueueState, Snapshot, StageState, TopicsByGroup
from pages.translation.message import message as _

# A jump of the clock is reported for ten minutes.
_JUMP_SECONDS = 600.0


class _ClockReading(NamedTuple):
    """The wall clock and the monotonic clock at the same moment."""

    wall: datetime
    monotonic: float


class SnapshotCollector:
    """Collects snapshots. Not for two threads.

    `groups` are the topics of each consumer group, `channels` the names of all channels. `read_queues` reads the
    agencies' queues from the ledger, `read_dangers` the cases with a danger that nobody has opened from the desk.
    `read_derivations` tells how far each derivation is behind the stored facts: it is shown as a stage.
    `count_webhooks_off` counts the webhooks that failed. `now` is the wall clock; `monotonic` is a clock in seconds
    that is never set.
    `queues_seconds` is the longest time for which the queues are reused.
    """

    def __init__(
        self,
        open_reader: Callable[[], Reader],
        groups: TopicsByGroup,
        channels: Sequence[Channel],
        read_queues: Callable[[datetime], Sequence[QueueState]],
        read_dangers: Callable[[], Sequence[QueueState]],
        read_derivations: Callable[[], Sequence[StageState]],
        count_webhooks_off: Callable[[], int],
        probe: ProcessProbe,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        queues_seconds: float = 0.0,
    ) -> None:
        self._open_reader = open_reader
        self._groups = groups
        self._arrivals = consumer_lag.ArrivalMeter(channels)
        self._read_queues = read_queues
        self._read_dangers = read_dangers
        self._read_derivations = read_derivations
        self._count_webhooks_off = count_webhooks_off
        self._probe = probe
        self._now = now
        self._monotonic = monotonic
        self._queues_seconds = queues_seconds
        self._reader: Reader | None = None
        self._pending = PendingReviewTracker()
        self._queues_read_at = -queues_seconds
        self._queues: tuple[QueueState, ...] = ()
        self._previous_clocks: _ClockReading | None = None
        self._jumped_at = float("-inf")
        self._jump_seconds = 0.0
        self._differences: Mapping[str, int] | None = None

    def collect(self) -> Snapshot:
        """Return the present state of the service.

        If the bus or the database fails, `away` says how, and its fields stay empty.
        """
        now = self._now()
        away: dict[str, str] = {}
        snapshot = Snapshot(
            at=now,
            jumped=self._clock_jump(now),
            differences=self._differences,
            processes=self._probe.probe_all(),
        )
        try:
            snapshot = snapshot.model_copy(update=self._collect_from_bus(now))
        except Retry:
            away["bus"] = _("can't be reached")
            self._close_reader()
        except Stop:
            away["bus"] = _("refuses the connection; compare the settings")
            self._close_reader()
        try:
            of_database = {
                "queues": self._current_queues(now),
                "dangers": tuple(self._read_dangers()),
                "stages": (*snapshot.stages, *self._read_derivations()),
                "webhooks_off": self._count_webhooks_off(),
            }
            snapshot = snapshot.model_copy(update=of_database)
        except DatabaseUnavailable:
            away["database"] = _("can't be reached")
        return snapshot.model_copy(update={"away": away})

    def record_audit(self, differences: Mapping[str, int]) -> None:
        """Keep the counts of the latest audit, by kind, for the next snapshots. Safe from any thread."""
        self._differences = differences

    def close(self) -> None:
        """Release the reader."""
        self._close_reader()

    def _collect_from_bus(self, now: datetime) -> Mapping[str, object]:
        if self._reader is None:
            self._reader = self._open_reader()
        reader = self._reader
        topics = {topic for names in self._groups.values() for topic in names}
        # Read once: three groups read every agency's queue.
        spans = reader.offset_ranges(topics)
        stages = tuple(consumer_lag.measure_stage(reader, group, names, spans) for group, names in self._groups.items())
        self._pending.update(reader)
        return {
            "channels": self._arrivals.measure(reader, now),
            "stages": stages,
            "retention": reader.retention_seconds(topics),
            "dead_letters": self._pending.dead_letters,
            "quarantine": self._pending.quarantined,
        }

    def _current_queues(self, now: datetime) -> tuple[QueueState, ...]:
        if self._monotonic() - self._queues_read_at >= self._queues_seconds:
            self._queues = tuple(self._read_queues(now))
            self._queues_read_at = self._monotonic()
        return self._queues

    def _clock_jump(self, now: datetime) -> float:
        """Return the seconds by which the wall clock was set within the last ten minutes; 0 if it was not set."""
        clocks = _ClockReading(now, self._monotonic())
        previous, self._previous_clocks = self._previous_clocks, clocks
        if previous is None:
            return 0.0
        jump_seconds = (clocks.wall - previous.wall).total_seconds() - (clocks.monotonic - previous.monotonic)
        if abs(jump_seconds) >= CLOCK_SECONDS:
            self._jumped_at, self._jump_seconds = clocks.monotonic, jump_seconds
        return self._jump_seconds if clocks.monotonic - self._jumped_at < _JUMP_SECONDS else 0.0

    def _close_reader(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            with suppress(Retry, Stop):
                reader.close()
