"""Everything that changes on the console's page, made of one look: texts by name, and lists of rows as HTML."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from jinja2 import Environment

from messages.channels import ChannelDirectory
from messages.topics import TRIAGE
from monitor.alert_conditions import Urgency
from monitor.console import rows
from monitor.monitor_loop import View
from monitor.snapshot import QueueState, Snapshot

# The fullest agencies, which are shown at once; the others are shown when asked for.
FULLEST = 20
Rows = Mapping[str, str]


class Board(NamedTuple):
    """`facts` are plain text by name; `lists` hold the rows of each by key, in order."""

    facts: Mapping[str, str]
    lists: Mapping[str, Rows]


class Draw:
    """Draws boards with the macros of `rows.html`."""

    def __init__(self, pages: Environment, channels: ChannelDirectory) -> None:
        self._channels = channels
        macros = pages.get_template("rows.html").module
        self._macro: Callable[[str], Callable[..., str]] = lambda name: getattr(macros, name)

    def __call__(self, view: View) -> Board:
        """The board of a look. What could not be seen says so: an empty list would be taken for a good one."""
        seen, now = view.seen, view.seen.at
        bus = "Not known: the bus can't be reached." if "bus" in seen.away else ""
        database = "Not known: the database can't be reached." if "database" in seen.away else ""
        letters, quarantine = ([rows.aside(heap, now) for heap in heaps] for heaps in (seen.letters, seen.quarantine))
        agencies = [rows.queue(one, now) for one in _agencies(seen)]
        channels = (
            [rows.unknown(channel, seen, self._channels) for channel in self._channels.names]
            if bus
            else [rows.channel(state, seen, self._channels) for state in seen.channels]
        )
        triage = [] if database else [rows.triage(seen.queues, now)]
        lists = {
            "concerns": self._list("concern", (rows.concern(one, now) for one in view.standing), "calm"),
            "channels": self._list("channel", channels),
            "stages": self._list("stage", (rows.stage(one, now) for one in seen.stages), "unseen", bus),
            "letters": self._list("aside", letters, "nothing", bus or "No dead letters."),
            "quarantine": self._list("aside", quarantine, "nothing", bus or "Nothing in quarantine."),
            "processes": self._list(
                "process",
                (rows.process(state, self._channels) for state in seen.processes),
                "unseen",
                "No process is watched.",
            ),
            "triage": self._list("triage", triage, "unseen", database),
            "fullest": self._list("queue", agencies[:FULLEST], "nothing", database or "Nothing waits at any agency."),
            "rest": self._list("queue", agencies[FULLEST:]),
        }
        return Board(_facts(view), lists)

    def _list(self, macro: str, found: Iterable[object], empty: str = "", says: str = "") -> Rows:
        """`empty` is the macro that says that there is nothing, and why."""
        draw = self._macro(macro)
        made = {str(getattr(one, "key", "")): str(draw(one)) for one in found}
        return made if made or not empty else {"": str(self._macro(empty)(says))}


def _facts(view: View) -> Mapping[str, str]:
    seen = view.seen
    now = sum(one.urgency is Urgency.NOW for one in view.standing)
    agencies = list(_agencies(seen))
    letters, held = (sum(heap.waiting.many for heap in heaps) for heaps in (seen.letters, seen.quarantine))
    overdue = sum(one.overdue for one in agencies)
    waiting = sum(one.waiting.many for one in agencies)
    bus, database = ("not known" * (name in seen.away) for name in ("bus", "database"))
    return {
        "title": f"({now} NOW) Satu Pintu operations" if now else "Satu Pintu operations",
        "at": f"{seen.at:%H:%M:%S}",
        "tally": rows.tally(view.standing),
        "letters": bus or f"{letters:,}",
        "quarantine": bus or f"{held:,}",
        "agencies": database or f"{len(agencies):,} with {waiting:,} cases, {overdue:,} past due; the fullest first",
        "rest": f"{max(0, len(agencies) - FULLEST):,}",
    }


def _agencies(seen: Snapshot) -> Iterator[QueueState]:
    """The fullest first; triage is none of them."""
    return (one for one in seen.queues if one.agency != TRIAGE)
