"""Server-sent events with the changes of the console's page, and the figures of the last hour for its charts.

Each event is made once for all listeners.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypedDict

from monitor.console.list_changes import diff_rows
from monitor.console.view_model import ViewModel
from monitor.monitor_loop import HistoryPoint, MonitorLoop, Observation, history_point

# Five minutes of snapshots. A page that was away for longer loads itself again.
_KEPT_EVENTS = 60
_RELOAD_EVENT = b"event: fresh\ndata:\n\n"
# One hour has 120 steps; a chart is not wider.
STEP_SECONDS = 30


class RenderedView(NamedTuple):
    """The view model of one observation. `id` is its event id."""

    id: str
    observation: Observation
    view_model: ViewModel


class _Event(NamedTuple):
    previous_id: str
    id: str
    body: bytes


class Feed:
    """Changes of the page. Safe from any thread. `epoch` distinguishes the event ids of this process from another's."""

    def __init__(self, loop: MonitorLoop, build_view: Callable[[Observation], ViewModel], epoch: str) -> None:
        self._loop = loop
        self._build_view = build_view
        self._epoch = epoch
        self._lock = threading.Lock()
        self._rendered: RenderedView | None = None
        self._events: deque[_Event] = deque(maxlen=_KEPT_EVENTS)

    @property
    def latest_id(self) -> str:
        """Event id of the latest observation, rendered or not; number 0 before the first."""
        observation = self._loop.latest
        return f"{self._epoch}-{observation.number if observation else 0}"

    def latest_view(self) -> RenderedView | None:
        """Return the latest observation, rendered at the first request; `None` before the first observation."""
        with self._lock:
            observation, previous = self._loop.latest, self._rendered
            if observation is None or (previous and previous.observation.number == observation.number):
                return previous
            view_id = f"{self._epoch}-{observation.number}"
            self._rendered = current = RenderedView(view_id, observation, self._build_view(observation))
            if previous:
                self._events.append(_Event(previous.id, current.id, change_event(previous.view_model, current)))
            return current

    def events_after(self, view_id: str) -> tuple[str, bytes]:
        """Return the id of the latest view, and the events that lead to it from the view with this id.

        If the view is too old, or from another process, the event tells the page to load itself again.
        """
        latest = self.latest_view()
        if latest is None or latest.id == view_id:
            return view_id, b""
        with self._lock:
            events = list(self._events)
        start = next((index for index, event in enumerate(events) if event.previous_id == view_id), None)
        if start is None:
            return latest.id, _RELOAD_EVENT
        return events[-1].id, b"".join(event.body for event in events[start:])


def change_event(previous: ViewModel, current: RenderedView) -> bytes:
    """Return the event with the changes since the previous view model, and with the newest value of each chart line."""
    view_model, point = current.view_model, history_point(current.observation.snapshot)
    facts = {name: text for name, text in view_model.facts.items() if previous.facts.get(name) != text}
    changes = {name: diff_rows(previous.lists.get(name, {}), rows) for name, rows in view_model.lists.items()}
    lists = {name: {"removed": change.removed, "placed": change.placed} for name, change in changes.items() if change}
    message = {"facts": facts, "lists": lists, "at": epoch_seconds(point), "values": line_values(point)}
    data = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    return f"id: {current.id}\ndata: {data}\n\n".encode()


class History(TypedDict):
    """Times in seconds since 1970, and the values of each line at these times; null if there was no value."""

    at: list[int]
    lines: dict[str, list[float | None]]


def line_values(point: HistoryPoint) -> Mapping[str, float]:
    """Return the values of a history point by the name of the chart line."""
    return {
        **{f"minute {channel}": count for channel, count in point.minute.items()},
        **{f"waiting {stage}": count for stage, count in point.waiting.items()},
        **{f"age {stage}": seconds for stage, seconds in point.age.items()},
    }


def chart_history(points: Sequence[HistoryPoint]) -> History:
    """Return the highest value of each line in every half minute, so that no peak is lost."""
    steps: dict[int, dict[str, float]] = {}
    for point in points:
        step = steps.setdefault(epoch_seconds(point) // STEP_SECONDS * STEP_SECONDS, {})
        for line, value in line_values(point).items():
            step[line] = max(value, step.get(line, 0))
    lines = sorted({line for step in steps.values() for line in step})
    return {"at": list(steps), "lines": {line: [step.get(line) for step in steps.values()] for line in lines}}


def epoch_seconds(point: HistoryPoint) -> int:
    """Return the time of the point in seconds since 1970."""
    return int(point.at.timestamp())
