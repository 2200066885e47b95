"""Texts and figures of the console's rows for alerts, stages, pending reviews and agencies. No I/O."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from messages.topics import TRIAGE
from monitor.active_alerts import ActiveAlert
from monitor.alert import Urgency
from monitor.alert_wording import format_duration, quarantine_text
from monitor.snapshot import Backlog, PendingReview, QueueState, StageState

# Section of the page with more details, by alert name.
SECTIONS = {
    "agency-overdue": "agencies",
    "audit": "stages",
    "bus-away": "processes",
    "clock": "processes",
    "database-away": "processes",
    "dead-letters": "pending",
    "door-shut": "channels",
    "door-silent": "channels",
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
}
_SECTION_TITLES = {
    "agencies": "Agencies",
    "channels": "Channels",
    "pending": "Pending review",
    "processes": "Processes",
    "stages": "Stages",
    "triage": "Triage",
}


class AlertRow(NamedTuple):
    """An active alert; the page's section `section` with the title `title` has more details."""

    key: str
    urgency: str
    text: str
    since: str
    duration: str
    name: str
    section: str
    title: str


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
        text=alert.says,
        since=format_clock(alert.since, now),
        duration=format_duration((now - alert.since).total_seconds()),
        name=alert.name,
        section=section,
        title=_SECTION_TITLES[section],
    )


def alert_summary(alerts: Iterable[ActiveAlert]) -> str:
    """Return the number of alerts by urgency, such as `2 now, 1 later`."""
    urgencies = [alert.urgency for alert in alerts]
    return ", ".join(
        f"{urgencies.count(urgency):,} {urgency.name.lower()}" for urgency in Urgency if urgency in urgencies
    )


def stage_row(state: StageState, now: datetime) -> StageRow:
    """Return the backlog of a stage, in total and for each topic."""
    topics = [
        (topic, f"{backlog.many:,}", _oldest_age(backlog, now)) for topic, backlog in sorted(state.topics.items())
    ]
    total = state.waiting
    return StageRow(state.stage, ", ".join(state.members), f"{total.many:,}", _oldest_age(total, now) or "0 s", topics)


def pending_row(review: PendingReview, now: datetime) -> PendingRow:
    """Return the row of the messages that were put aside for one reason."""
    reason = quarantine_text(review.reason)
    return PendingRow(
        key=f"{review.place} {review.reason} {review.field}",
        source=review.place or "no channel",
        reason=f"{reason} at {review.field}" if review.field else reason,
        code=review.reason if reason != review.reason else "",
        messages=f"{review.waiting.many:,}",
        oldest=_oldest_age(review.waiting, now),
        newest=format_duration(max(0.0, (now - review.newest).total_seconds())),
    )


def queue_row(state: QueueState, now: datetime) -> QueueRow:
    """Return the row of one agency's queue."""
    oldest = _oldest_age(state.waiting, now) or "none"
    return QueueRow(state.agency, state.name, f"{state.waiting.many:,}", f"{state.overdue:,}", oldest)


def triage_row(queues: Iterable[QueueState], now: datetime) -> QueueRow:
    """Return the row of the triage queue; with zero cases if the ledger has none."""
    empty = QueueState(agency=TRIAGE, name="triage", waiting=Backlog())
    return queue_row(next((queue for queue in queues if queue.agency == TRIAGE), empty), now)


def format_clock(moment: datetime, now: datetime) -> str:
    """Return a time in UTC such as `08:04`, with the date if it is not today."""
    return f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment.day} {moment:%b %H:%M}"


def _oldest_age(backlog: Backlog, now: datetime) -> str:
    return format_duration(backlog.seconds(now)) if backlog.oldest else ""
