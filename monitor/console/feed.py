"""From look to look what changed on the console's page, as server-sent events: made once, however many listen."""

import json
import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from monitor.console.history import seconds, values
from monitor.console.list_changes import change
from monitor.console.view_model import Board
from monitor.monitor_loop import View, Watching, point
from monitor.snapshot import Snapshot

# Five minutes of looks: whoever was away for longer loads the page again.
_REMEMBERED = 60


class Shown(NamedTuple):
    """A board, the look that it shows, and the id by which what follows is asked for."""

    id: str
    view: View
    board: Board


class _Event(NamedTuple):
    before: str
    id: str
    sent: bytes


class Feed:
    """For any thread. `epoch` tells the looks of this process from those of another's."""

    def __init__(self, watching: Watching, draw: Callable[[View], Board], epoch: str) -> None:
        self._watching = watching
        self._draw = draw
        self._epoch = epoch
        self._lock = threading.Lock()
        self._shown: Shown | None = None
        self._events: deque[_Event] = deque(maxlen=_REMEMBERED)

    @property
    def id(self) -> str:
        """Of the newest look, drawn or not; of none before the first."""
        view = self._watching.view
        return f"{self._epoch}-{view.number if view else 0}"

    def shown(self) -> Shown | None:
        """The newest look, drawn if nobody has asked for it yet; `None` before the first."""
        with self._lock:
            view, before = self._watching.view, self._shown
            if view is None or (before and before.view.number == view.number):
                return before
            self._shown = now = Shown(f"{self._epoch}-{view.number}", view, self._draw(view))
            if before:
                self._events.append(_Event(before.id, now.id, event(before.board, now)))
            return now

    def following(self, known: str) -> tuple[str, bytes]:
        """What follows the look of this id, and the id that it leads to.

        Where that is no longer known, or was another process's, it is the advice to load the page again.
        """
        shown = self.shown()
        if shown is None or shown.id == known:
            return known, b""
        with self._lock:
            newest, events = self._shown, list(self._events)
        start = next((at for at, one in enumerate(events) if one.before == known), None)
        if start is None or newest is None:
            return shown.id, b"event: fresh\ndata:\n\n"
        return events[-1].id, b"".join(one.sent for one in events[start:])


def event(before: Board, now: Shown) -> bytes:
    """What changed, and the newest value of each line."""
    facts = {name: text for name, text in now.board.facts.items() if before.facts.get(name) != text}
    changes = {name: change(before.lists.get(name, {}), after) for name, after in now.board.lists.items()}
    lists = {name: {"gone": one.gone, "put": one.put} for name, one in changes.items() if one}
    said = {"facts": facts, "lists": lists, **_point(now.view.seen)}
    data = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return f"id: {now.id}\ndata: {data}\n\n".encode()


def _point(seen: Snapshot) -> dict[str, object]:
    newest = point(seen)
    return {"at": seconds(newest), "values": values(newest)}
