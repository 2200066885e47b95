"""The changing content of the console's page for one observation: texts by name, and lists of rows as HTML."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from jinja2 import Environment

from messages.channels import ChannelDirectory
from messages.topics import TRIAGE
from monitor.alert import Urgency
from monitor.alert_wording import calm_text
from monitor.console import process_rows, rows
from monitor.monitor_loop import Observation
from monitor.snapshot import QueueState, Snapshot
from pages.translation.message import Message, formatted_number
from pages.translation.message import message as _

# Number of agencies that are always shown. The remaining ones are shown on request.
SHOWN_AGENCIES = 20

# HTML of each row by its key, in order.
HtmlRows: TypeAlias = Mapping[str, str]


class ViewModel(NamedTuple):
    """Content of the page. `facts` are plain texts by name; `lists` are the rows of each list by key."""

    facts: Mapping[str, str]
    lists: Mapping[str, HtmlRows]


class ViewModelBuilder:
    """Builds view models with the macros of `rows.html`, in the current language.

    `pages` has the filter `translated` (`pages/translation/translator.py`).
    """

    def __init__(self, pages: Environment, channels: ChannelDirectory) -> None:
        self._channels = channels
        self._translate: Callable[[str], str] = pages.filters["translated"]
        self._macros = pages.get_template("rows.html").module

    def __call__(self, observation: Observation) -> ViewModel:
        """Return the content for an observation.

        A list whose source is away has a row that says so: an empty list would look as if nothing was wrong.
        """
        snapshot = observation.snapshot
        processes = [process_rows.process_row(state, self._channels) for state in snapshot.processes]
        lists = {
            "alerts": self._rows(
                "alert",
                (rows.alert_row(alert, snapshot.at) for alert in observation.alerts),
                "cases_wait" if snapshot.cases_at_triage else "calm",
                calm_text(snapshot.cases_at_triage),
            ),
            "moves": self._rows(
                "move",
                rows.move_rows(observation.alerts, snapshot.cases_at_triage),
                "no_move",
                _("None while no alert is active."),
            ),
            **self._bus_lists(snapshot),
            "processes": self._rows("process", processes, "no_card", _("No process is monitored.")),
            **self._queue_lists(snapshot),
        }
        facts = {name: self._translate(text) for name, text in _facts(observation).items()}
        return ViewModel(facts, lists)

    def _bus_lists(self, snapshot: Snapshot) -> Mapping[str, HtmlRows]:
        now = snapshot.at
        unknown = _unknown_text(snapshot, "bus")
        channels = (
            [process_rows.unknown_channel_row(channel, snapshot, self._channels) for channel in self._channels.names]
            if unknown
            else [process_rows.channel_row(state, snapshot, self._channels) for state in snapshot.channels]
        )
        dead_letters = [rows.pending_row(review, now) for review in snapshot.dead_letters]
        quarantine = [rows.pending_row(review, now) for review in snapshot.quarantine]
        return {
            "channels": self._rows("channel", channels),
            "stages": self._rows(
                "stage", (rows.stage_row(state, now) for state in snapshot.stages), "no_card", unknown
            ),
            "dead-letters": self._rows("pending", dead_letters, "no_row", unknown or _("No dead letters.")),
            "quarantine": self._rows("pending", quarantine, "no_row", unknown or _("No message in quarantine.")),
        }

    def _queue_lists(self, snapshot: Snapshot) -> Mapping[str, HtmlRows]:
        unknown = _unknown_text(snapshot, "database")
        agencies = [rows.queue_row(queue, snapshot.at) for queue in _agency_queues(snapshot)]
        triage = [] if unknown else [rows.triage_row(snapshot.queues, snapshot.at)]
        return {
            "triage": self._rows("triage", triage, "no_card", unknown),
            "largest": self._rows(
                "queue", agencies[:SHOWN_AGENCIES], "no_row", unknown or _("No case waits at any agency.")
            ),
            "remaining": self._rows("queue", agencies[SHOWN_AGENCIES:]),
        }

    def _rows(self, macro: str, row_values: Iterable[object], empty_macro: str = "", empty_text: str = "") -> HtmlRows:
        """Return the HTML of each row; if there is none, a single row made by `empty_macro`."""
        html = {str(getattr(row, "key", "")): self._html(macro, row) for row in row_values}
        return html if html or not empty_macro else {"": self._html(empty_macro, empty_text)}

    def _html(self, macro: str, value: object) -> str:
        return str(getattr(self._macros, macro)(value))


_UNKNOWN_TEXTS = {
    "bus": _("Unknown: the bus can't be reached."),
    "database": _("Unknown: the database can't be reached."),
}


def _unknown_text(snapshot: Snapshot, service: str) -> str:
    return _UNKNOWN_TEXTS[service] if service in snapshot.away else ""


def _facts(observation: Observation) -> Mapping[str, str]:
    snapshot = observation.snapshot
    urgent = sum(alert.urgency is Urgency.NOW for alert in observation.alerts)
    agencies = _agency_queues(snapshot)
    dead_letters = sum(review.waiting.many for review in snapshot.dead_letters)
    quarantined = sum(review.waiting.many for review in snapshot.quarantine)
    bus_unknown, database_unknown = (_("unknown") if service in snapshot.away else "" for service in _UNKNOWN_TEXTS)
    title = _("({count} NOW) Satu Pintu operations").filled(count=urgent) if urgent else _("Satu Pintu operations")
    return {
        "title": title,
        "at": f"{snapshot.at:%H:%M:%S}",
        "summary": rows.alert_summary(observation.alerts),
        "dead-letters": bus_unknown or formatted_number(dead_letters),
        "quarantine": bus_unknown or formatted_number(quarantined),
        "agencies": database_unknown or _agencies_text(agencies),
        "remaining": formatted_number(max(0, len(agencies) - SHOWN_AGENCIES)),
    }


def _agencies_text(queues: list[QueueState]) -> Message:
    waiting = sum(queue.waiting.many for queue in queues)
    overdue = sum(queue.overdue for queue in queues)
    return _("{agencies:,} agencies with {cases:,} open cases, {overdue:,} past due; the largest queues first").filled(
        agencies=len(queues), cases=waiting, overdue=overdue
    )


def _agency_queues(snapshot: Snapshot) -> list[QueueState]:
    """Return the queues of all agencies, the largest first. Triage is no agency."""
    return [queue for queue in snapshot.queues if queue.agency != TRIAGE]
