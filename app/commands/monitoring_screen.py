"""A snapshot of the service as lines and tables of a terminal."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from app.commands.common.terminal import fitted_table, plain
from monitor.active_alerts import ActiveAlert
from monitor.alert import Urgency
from monitor.alert_wording import calm_text, format_duration
from monitor.snapshot import Backlog, Snapshot

_STYLES = {Urgency.NOW: "bold red", Urgency.SOON: "yellow", Urgency.LATER: "cyan"}
_LABELS = {Urgency.NOW: "NOW  ", Urgency.SOON: "SOON ", Urgency.LATER: "LATER"}
_MAX_QUEUES = 10
_MAX_REFUSAL_REASONS = 6

Alerts = tuple[ActiveAlert, ...]
Cells = tuple[str, ...]


def screen(snapshot: Snapshot, alerts: Alerts) -> Sequence[RenderableType]:
    """Return everything on one screen, from the top to the bottom."""
    title = Text(f"Satu Pintu  {snapshot.at:%Y-%m-%d %H:%M:%S}Z", style="bold")
    tables = (_channel_table(snapshot), stage_table(snapshot), _review_table(snapshot), _queue_table(snapshot))
    return title, *alert_lines(alerts, snapshot), *tables


def alert_lines(alerts: Alerts, snapshot: Snapshot) -> list[Text]:
    """Return a line for each alert; without one, a line that says so."""
    if not alerts:
        style = _STYLES[Urgency.LATER] if snapshot.cases_at_triage else "green"
        return [Text(calm_text(snapshot.cases_at_triage), style=style)]
    return [
        Text.assemble(
            (f"{_LABELS[alert.urgency]}  ", _STYLES[alert.urgency]),
            plain(alert.text),
            (f"  {_duration(alert, snapshot.at)}", "dim"),
        )
        for alert in alerts
    ]


def _duration(alert: ActiveAlert, now: datetime) -> str:
    seconds = (now - alert.since).total_seconds()
    return f"for {format_duration(seconds)}" if seconds >= 1 else ""


def _channel_table(snapshot: Snapshot) -> RenderableType:
    columns = ("channel", "door", "last minute", "last hour", "usual hour", "newest")
    rows: list[Cells] = []
    shut_reasons = {door: state.reason for process in snapshot.processes for door, state in process.doors.items()}
    for state in snapshot.channels:
        reason = shut_reasons.get(state.channel)
        door = "?" if reason is None else reason or "open"
        newest = "never"
        if state.newest:
            newest = format_duration(max(0.0, (snapshot.at - state.newest).total_seconds())) + " ago"
        rows.append((state.channel, door, f"{state.minute:,}", f"{state.hour:,}", f"{state.usual:.1f}", newest))
    return fitted_table(columns, rows)


def stage_table(snapshot: Snapshot) -> RenderableType:
    """Return the waiting messages of each stage by topic."""
    rows: list[Cells] = []
    for state in snapshot.stages:
        stage, workers = state.stage, ", ".join(state.members) or "nobody"
        for topic, waiting in sorted(state.topics.items()) or [("", Backlog())]:
            rows.append((stage, workers, topic, f"{waiting.many:,}", _age(waiting, snapshot.at)))
            # Only the first row of a stage names it.
            stage = workers = ""
    return fitted_table(("stage", "workers", "topic", "waiting", "oldest"), rows)


def _review_table(snapshot: Snapshot) -> RenderableType:
    """Return the messages pending review, and the requests that doors refused."""
    rows: list[Cells] = []
    for kind, groups in (("dead letter", snapshot.dead_letters), ("quarantine", snapshot.quarantine)):
        for group in groups:
            reason = f"{group.reason} {group.field}".strip()
            rows.append((kind, group.place, reason, f"{group.waiting.many:,}", _age(group.waiting, snapshot.at)))
    for (door, reason), count in _count_refusals(snapshot).most_common(_MAX_REFUSAL_REASONS):
        rows.append(("refused", door, reason, f"{count:,}", ""))
    return fitted_table(("pending review", "by", "reason", "messages", "oldest"), rows)


def _count_refusals(snapshot: Snapshot) -> Counter[tuple[str, str]]:
    refusals: Counter[tuple[str, str]] = Counter()
    for process in snapshot.processes:
        for door, reasons in process.refused.items():
            refusals.update({(door, reason): count for reason, count in reasons.items()})
    return refusals


def _queue_table(snapshot: Snapshot) -> RenderableType:
    rows: list[Cells] = [
        (queue.name, f"{queue.waiting.many:,}", f"{queue.overdue:,}", _age(queue.waiting, snapshot.at))
        for queue in snapshot.queues[:_MAX_QUEUES]
    ]
    if hidden := snapshot.queues[_MAX_QUEUES:]:
        rows.append((f"and {len(hidden)} more", f"{sum(queue.waiting.many for queue in hidden):,}", "", ""))
    return fitted_table(("agency", "waiting", "overdue", "oldest"), rows)


def _age(waiting: Backlog, now: datetime) -> str:
    return format_duration(waiting.seconds(now)) if waiting.oldest else ""
