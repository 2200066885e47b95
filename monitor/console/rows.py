"""Texts and figures of the console's rows for alerts, stages, pending reviews and agencies. No I/O."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from messages.topics import TRIAGE
from monitor.active_alerts import ActiveAlert
from monitor.alert import Urgency
from monitor.alert_first_moves import FIRST_MOVES
from monitor.alert_wording import format_duration, quarantine_text
from monitor.snapshot import Backlog, PendingReview, QueueState, StageState
from pages.translation.message import Message, formatted_number, joined
from pages.translation.message import message as _

# Section of the page with more details, by alert name.
SECTIONS = {
    "agency-overdue": "agencies",
    "audit": "stages",
    "bus-away": "processes",
    "clock": "processes",
    "danger-unopened": "agencies",
    "database-away": "processes",
    "dead-letters": "pending",
    "disk-filling": "processes",
    "disk-full": "processes",
    "door-shut": "channels",
    "door-silent": "channels",
    "doors-unwatched": "processes",
    "flood": "channels",
    "process-away": "processes",
    "quarantine": "pending",
    "retention-near": "stages",
    "spool-aside": "processes",
    "spool-corrupt": "processes",
    "spool-filling": "processes",
    "spool-waiting": "processes",
    "stage-behind": "stages",
    "stage-hanging": "processes",
    "stage-stopped": "stages",
    "stage-waiting": "processes",
    "started-twice": "processes",
    "triage-waiting": "triage",
    "webhook-off": "agencies",
}
# Page of the desk on which a person acts, by alert name.
DESK_PATHS = {
    "dead-letters": "/desk/surat-mati",
    "quarantine": "/desk/karantina",
    "triage-waiting": "/desk/triase",
}
_SECTION_TITLES = {
    "agencies": _("Agencies"),
    "channels": _("Channels"),
    "pending": _("Pending review"),
    "processes": _("Processes"),
    "stages": _("Stages"),
    "triage": _("Triage"),
}
_URGENCIES = {Urgency.NOW: _("NOW"), Urgency.SOON: _("SOON"), Urgency.LATER: _("LATER")}
_URGENCY_COUNTS = {
    Urgency.NOW: _("{count:,} now"),
    Urgency.SOON: _("{count:,} soon"),
    Urgency.LATER: _("{count:,} later"),
}


class AlertRow(NamedTuple):
    """An active alert; `urgency` is its constant, `badge` the word for it.

    The page's section `section` with the title `title` has more details.
    """

    key: str
    urgency: str
    badge: str
    text: str
    since: str
    duration: str
    name: str
    section: str
    title: str


class MoveRow(NamedTuple):
    """First move for all alerts of one name. `desk_path` is the page of the desk for it; empty if there is none.

    It is no part of the alert's row: that one changes with every minute, and is sent to the page again then.
    """

    key: str
    text: str
    desk_path: str


class StageRow(NamedTuple):
    """Workers and backlog of a stage. `topics` are triples (topic, number of records, age of the oldest)."""

    key: str
    workers: str
    waiting: str
    age: str
    topics: Sequence[tuple[str, str, str]]


class PendingRow(NamedTuple):
    """Messages put aside for one reason by the stage or channel `source`.

    `code` is the constant of the reason if `reason` is a phrase for it.
    """

    key: str
    source: str
    reason: str
    code: str
    messages: str
    oldest: str
    newest: str


class QueueRow(NamedTuple):
    """Open cases of an agency."""

    key: str
    name: str
    waiting: str
    overdue: str
    oldest: str


def alert_row(alert: ActiveAlert, now: datetime) -> AlertRow:
    """Return an alert with its duration. The sentence is the one that the command line prints."""
    section = SECTIONS[alert.name]
    return AlertRow(
        key=f"{alert.name} {alert.subject}".strip(),
        urgency=alert.urgency.name,
        badge=_URGENCIES[alert.urgency],
        text=alert.text,
        since=format_clock(alert.since, now),
        duration=format_duration((now - alert.since).total_seconds()),
        name=alert.name,
        section=section,
        title=_SECTION_TITLES[section],
    )


def move_rows(alerts: Iterable[ActiveAlert], cases_at_triage: int) -> Sequence[MoveRow]:
    """Return the first moves for these alerts, each once, in their order. Cases at triage always have theirs."""
    names = dict.fromkeys([*(alert.name for alert in alerts), *["triage-waiting"] * bool(cases_at_triage)])
    return [MoveRow(name, FIRST_MOVES[name], DESK_PATHS.get(name, "")) for name in names]


def alert_summary(alerts: Iterable[ActiveAlert]) -> Message:
    """Return the number of alerts by urgency, such as `2 now, 1 later`."""
    urgencies = [alert.urgency for alert in alerts]
    counts = (
        _URGENCY_COUNTS[urgency].filled(count=urgencies.count(urgency)) for urgency in Urgency if urgency in urgencies
    )
    return joined(counts, ", ")


def stage_row(state: StageState, now: datetime) -> StageRow:
    """Return the backlog of a stage, in total and for each topic."""
    topics = [
        (topic, formatted_number(backlog.many), _oldest_age(backlog, now))
        for topic, backlog in sorted(state.topics.items())
    ]
    total = state.waiting
    age = _oldest_age(total, now) or format_duration(0)
    return StageRow(state.stage, ", ".join(state.members), formatted_number(total.many), age, topics)


def pending_row(review: PendingReview, now: datetime) -> PendingRow:
    """Return the row of the messages that were put aside for one reason."""
    reason = quarantine_text(review.reason)
    return PendingRow(
        key=f"{review.place} {review.reason} {review.field}",
        source=review.place or _("no channel"),
        reason=_("{reason} at {field}").filled(reason=reason, field=review.field) if review.field else reason,
        code=review.reason if reason != review.reason else "",
        messages=formatted_number(review.waiting.many),
        oldest=_oldest_age(review.waiting, now),
        newest=format_duration(max(0.0, (now - review.newest).total_seconds())),
    )


def queue_row(state: QueueState, now: datetime) -> QueueRow:
    """Return the row of one agency's queue."""
    oldest = _oldest_age(state.waiting, now) or _("none")
    waiting, overdue = formatted_number(state.waiting.many), formatted_number(state.overdue)
    return QueueRow(state.agency, state.name, waiting, overdue, oldest)


def triage_row(queues: Iterable[QueueState], now: datetime) -> QueueRow:
    """Return the row of the triage queue; with zero cases if the ledger has none."""
    empty = QueueState(agency=TRIAGE, name="triage", waiting=Backlog())
    return queue_row(next((queue for queue in queues if queue.agency == TRIAGE), empty), now)


def format_clock(moment: datetime, now: datetime) -> str:
    """Return a time in UTC such as `08:04`, with the date (ISO 8601) if it is not today."""
    return f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M}"


def _oldest_age(backlog: Backlog, now: datetime) -> str:
    return format_duration(backlog.seconds(now)) if backlog.oldest else ""
