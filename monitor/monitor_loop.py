"""Takes a snapshot of the service every few seconds, keeps the last hour, and logs raised and cleared alerts."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

import structlog

from messages.channels import ChannelDirectory
from messages.shapes import Moment, Shape
from monitor.active_alerts import ActiveAlert, AlertRegister
from monitor.snapshot import Snapshot

# The other parts of this process start within this time. An earlier snapshot would raise false alerts.
_FIRST_SECONDS = 2.0
# Number of history points: one hour of snapshots at the default of five seconds each.
_HISTORY_POINTS = 720
_LAG_LOG_SECONDS = 30.0

_log = structlog.get_logger()


class HistoryPoint(Shape):
    """Figures that are kept of one snapshot.

    `minute` is the number of messages accepted in one minute, by channel. `waiting` is the number of waiting records,
    and `age` the age of the oldest in seconds, both by stage.
    """

    at: Moment
    minute: Mapping[str, int]
    waiting: Mapping[str, int]
    age: Mapping[str, float]


class Observation(NamedTuple):
    """A snapshot and its active alerts. `number` counts the snapshots of this process, from 1."""

    number: int
    snapshot: Snapshot
    alerts: tuple[ActiveAlert, ...]


class MonitorLoop:
    """Takes snapshots in a thread of its own. `pause` is the time between two snapshots, in seconds.

    The first one comes `first_pause` seconds after the start.

    Every error of `collect` is logged and dropped: a failing monitor must not stop the doors of the same process.
    """

    def __init__(
        self,
        collect: Callable[[], Snapshot],
        channels: ChannelDirectory,
        stopping: threading.Event,
        pause: float,
        first_pause: float = _FIRST_SECONDS,
    ) -> None:
        self._collect = collect
        self._stopping = stopping
        self._pause = pause
        self._first_pause = first_pause
        self._register = AlertRegister(channels)
        self._latest: Observation | None = None
        self._lag_logged_at: datetime | None = None
        self._last_hour: deque[HistoryPoint] = deque(maxlen=_HISTORY_POINTS)

    @property
    def latest(self) -> Observation | None:
        """The latest observation; `None` before the first."""
        return self._latest

    @property
    def last_hour(self) -> list[HistoryPoint]:
        """History points of the last hour, oldest first."""
        return list(self._last_hour)

    @property
    def is_stopping(self) -> bool:
        """True once the process has been asked to stop."""
        return self._stopping.is_set()

    def run(self) -> None:
        """Take snapshots until the process is asked to stop."""
        self._stopping.wait(self._first_pause)
        while not self._stopping.is_set():
            try:
                self.step()
            except Exception as error:  # noqa: BLE001 - a failing monitor must not stop the doors of this process
                _log.error("snapshot.failed", exc_info=error)
            self._stopping.wait(self._pause)

    def step(self) -> Observation:
        """Take one snapshot."""
        snapshot = self._collect()
        previous, previous_keys = self._latest, set(self._register.active_keys)
        alerts = self._register.update(snapshot)
        self._latest = observation = Observation(previous.number + 1 if previous else 1, snapshot, alerts)
        self._last_hour.append(history_point(snapshot))
        self._log_alerts(previous_keys, alerts)
        self._log_lag(snapshot)
        return observation

    def _log_alerts(self, previous_keys: AbstractSet[tuple[str, str]], alerts: tuple[ActiveAlert, ...]) -> None:
        for alert in alerts:
            if (alert.name, alert.subject) not in previous_keys:
                _log.warning("alert.raised", name=alert.name, subject=alert.subject, **alert.figures)
        for name, subject in sorted(previous_keys - self._register.active_keys):
            _log.info("alert.cleared", name=name, subject=subject)

    def _log_lag(self, snapshot: Snapshot) -> None:
        logged_at = self._lag_logged_at
        if logged_at is None or abs((snapshot.at - logged_at).total_seconds()) >= _LAG_LOG_SECONDS:
            self._lag_logged_at = snapshot.at
            _log.info("lag.measured", **{state.stage: state.waiting.many for state in snapshot.stages})


def history_point(snapshot: Snapshot) -> HistoryPoint:
    """Return the figures of a snapshot that are kept for an hour."""
    return HistoryPoint(
        at=snapshot.at,
        minute={state.channel: state.minute for state in snapshot.channels},
        waiting={state.stage: state.waiting.many for state in snapshot.stages},
        age={state.stage: round(state.waiting.seconds(snapshot.at), 1) for state in snapshot.stages},
    )
