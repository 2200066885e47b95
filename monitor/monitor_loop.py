"""Looks again and again, remembers the last hour, and says in the log what began to need a person."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

import structlog

from messages.channels import ChannelDirectory
from messages.shapes import Moment, Shape
from monitor.active_alerts import Register, Standing
from monitor.snapshot import Snapshot

_FIRST_SECONDS = 2.0
# Looks; an hour of them at five seconds each.
_REMEMBERED = 720
_LOG_EVERY_SECONDS = 30.0

_log = structlog.get_logger()


class Point(Shape):
    """What one look is remembered by: accepted in a minute by channel; waiting, and for how long, by stage."""

    at: Moment
    minute: Mapping[str, int]
    waiting: Mapping[str, int]
    age: Mapping[str, float]


class View(NamedTuple):
    """The latest look; `number` counts them."""

    number: int
    seen: Snapshot
    standing: tuple[Standing, ...]


class Watching:
    """Runs in a thread of its own. `look` makes a snapshot; `pause` is in seconds, between two looks.

    Whatever a look raises is logged, and no more: who watches must not take the doors down.
    """

    def __init__(
        self, look: Callable[[], Snapshot], channels: ChannelDirectory, stopping: threading.Event, pause: float
    ) -> None:
        self._look = look
        self._stopping = stopping
        self._pause = pause
        self._register = Register(channels)
        self._view: View | None = None
        self._logged: datetime | None = None
        self._points: deque[Point] = deque(maxlen=_REMEMBERED)

    @property
    def view(self) -> View | None:
        """What was seen last; `None` before the first look."""
        return self._view

    @property
    def points(self) -> list[Point]:
        """The last hour, the oldest first."""
        return list(self._points)

    @property
    def ended(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    def run(self) -> None:
        """Look until stopped; first when the others of this process have had a moment to begin."""
        self._stopping.wait(_FIRST_SECONDS)
        while not self._stopping.is_set():
            try:
                self.step()
            except Exception as error:  # noqa: BLE001 - see above
                _log.error("watch.unexpected", exc_info=error)
            self._stopping.wait(self._pause)

    def step(self) -> View:
        """Look once."""
        seen = self._look()
        before, known = self._view, set(self._register.known)
        standing = self._register.stand(seen)
        self._view = view = View(before.number + 1 if before else 1, seen, standing)
        self._points.append(point(seen))
        self._tell(known, standing)
        if self._logged is None or abs((seen.at - self._logged).total_seconds()) >= _LOG_EVERY_SECONDS:
            self._logged = seen.at
            _log.info("lag", **{state.stage: state.waiting.many for state in seen.stages})
        return view

    def _tell(self, known: AbstractSet[tuple[str, str]], standing: tuple[Standing, ...]) -> None:
        for one in standing:
            if (one.name, one.subject) not in known:
                _log.warning("concern.began", concern=one.name, subject=one.subject, says=one.says)
        for name, subject in sorted(known - self._register.known):
            _log.info("concern.ended", concern=name, subject=subject)


def point(seen: Snapshot) -> Point:
    """What is remembered of a look."""
    return Point(
        at=seen.at,
        minute={state.channel: state.minute for state in seen.channels},
        waiting={state.stage: state.waiting.many for state in seen.stages},
        age={state.stage: round(state.waiting.seconds(seen.at), 1) for state in seen.stages},
    )
