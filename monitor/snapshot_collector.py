"""Looks at the whole service: the bus, the ledger's queues, the processes; makes one `Snapshot` of what it sees."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from bus.errors import Retry, Stop
from bus.port import Reader
from config.database import DatabaseUnavailable
from messages.shapes import Channel
from monitor import consumer_lag
from monitor.alert_conditions import CLOCK_SECONDS
from monitor.pending_review import Heaps
from monitor.process_probe import Peers
from monitor.snapshot import QueueState, Snapshot

# For how long a clock that was set is told.
_JUMP_SECONDS = 600.0

Groups = Mapping[str, tuple[str, ...]]


class Watch:
    """Not for two threads. `groups` are the topics of each consumer group, `channels` all names.

    `queues` asks the ledger.

    `now` is the clock on the wall, `ticks` one in seconds that is never set. `queues_seconds` is how old what the
    ledger said may be: it counts over all that was ever dispatched.
    """

    def __init__(
        self,
        open_reader: Callable[[], Reader],
        groups: Groups,
        channels: Sequence[Channel],
        queues: Callable[[datetime], Sequence[QueueState]],
        peers: Peers,
        now: Callable[[], datetime],
        ticks: Callable[[], float],
        queues_seconds: float = 0.0,
    ) -> None:
        self._open_reader = open_reader
        self._groups = groups
        self._channels = channels
        self._queues = queues
        self._peers = peers
        self._now = now
        self._ticks = ticks
        self._queues_seconds = queues_seconds
        self._reader: Reader | None = None
        self._heaps = Heaps()
        self._asked = -queues_seconds
        self._known: tuple[QueueState, ...] = ()
        self._clocks: tuple[datetime, float] | None = None
        self._jump = (float("-inf"), 0.0)
        self._differences: Mapping[str, int] | None = None

    def look(self) -> Snapshot:
        """What there is to see now; what can't be reached is named in `away`, and nothing is shown of it."""
        now = self._now()
        away: dict[str, str] = {}
        seen = Snapshot(at=now, jumped=self._jumped(now), differences=self._differences, processes=self._peers.ask())
        try:
            seen = seen.model_copy(update=self._on_the_bus(now))
        except Retry:
            away["bus"] = "can't be reached"
            self._let_go()
        except Stop:
            away["bus"] = "does not take us: compare the settings"
            self._let_go()
        try:
            seen = seen.model_copy(update={"queues": self._at_agencies(now)})
        except DatabaseUnavailable:
            away["database"] = "can't be reached"
        return seen.model_copy(update={"away": away})

    def audited(self, differences: Mapping[str, int]) -> None:
        """What the latest audit found, by kind; from any thread."""
        self._differences = differences

    def close(self) -> None:
        """Release everything."""
        self._let_go()

    def _on_the_bus(self, now: datetime) -> Mapping[str, object]:
        if self._reader is None:
            self._reader = self._open_reader()
        reader = self._reader
        stages = tuple(consumer_lag.stage(reader, group, names) for group, names in self._groups.items())
        self._heaps.look(reader)
        return {
            "channels": consumer_lag.channels(reader, now, self._channels),
            "stages": stages,
            "letters": self._heaps.letters,
            "quarantine": self._heaps.quarantine,
        }

    def _at_agencies(self, now: datetime) -> tuple[QueueState, ...]:
        if self._ticks() - self._asked >= self._queues_seconds:
            self._known = tuple(self._queues(now))
            self._asked = self._ticks()
        return self._known

    def _jumped(self, now: datetime) -> float:
        """By how much the clock on the wall moved more, or less, than time went by; known for ten minutes."""
        before, self._clocks = self._clocks, (now, self._ticks())
        if before is None:
            return 0.0
        jumped = (now - before[0]).total_seconds() - (self._clocks[1] - before[1])
        if abs(jumped) >= CLOCK_SECONDS:
            self._jump = (self._clocks[1], jumped)
        at, jump = self._jump
        return jump if self._clocks[1] - at < _JUMP_SECONDS else 0.0

    def _let_go(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            with suppress(Retry, Stop):
                reader.close()
