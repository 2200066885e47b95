"""Commands `lag` and `top`: consumer lag, messages pending review, queues, and alerts. The console shows the same."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from app.assembly.channels import DIRECTORY
from app.assembly.monitoring import snapshot_collector
from app.commands.common.arguments import Json, finite
from app.commands.common.process import open_parts
from app.commands.common.terminal import OUT, plain
from monitor.active_alerts import ActiveAlert, AlertRegister
from monitor.alert import Urgency
from monitor.alert_wording import calm_text, format_duration
from monitor.snapshot import Backlog, Snapshot
from monitor.snapshot_collector import SnapshotCollector

# sysexits.h has no code for "it works, and a person should act".
EX_ALERT = 1
_STYLES = {Urgency.NOW: "bold red", Urgency.SOON: "yellow", Urgency.LATER: "cyan"}
_LABELS = {Urgency.NOW: "NOW  ", Urgency.SOON: "SOON ", Urgency.LATER: "LATER"}
_MAX_QUEUES = 10
_MAX_REFUSAL_REASONS = 6

Alerts = tuple[ActiveAlert, ...]


def lag(as_json: Json = False) -> None:
    """Show the lag of each stage in messages and in age of the oldest. Exit 1 if a person must act now."""
    with _collector() as collector:
        snapshot = collector.collect()
    alerts = AlertRegister(DIRECTORY).update(snapshot)
    if as_json:
        print(snapshot.model_dump_json())
    else:
        OUT.print(*_alert_lines(alerts, snapshot), _stage_table(snapshot), sep="\n")
    sys.exit(EX_ALERT if any(alert.urgency is Urgency.NOW for alert in alerts) else 0)


def top(
    as_json: Json = False,
    every: Annotated[
        float, typer.Option("--every", min=0.5, callback=finite, help="Seconds between two snapshots.")
    ] = 5.0,
    once: Annotated[bool, typer.Option("--once", help="Take one snapshot and end.")] = False,
) -> None:
    """Watch the whole service: alerts, channels, stages, messages pending review and agencies' queues."""
    with _collector() as collector:
        snapshots = _snapshots(collector, every, once=once)
        if as_json:
            for snapshot, alerts in snapshots:
                OUT.print_json(data=_snapshot_json(snapshot, alerts), indent=None)
        elif once:
            OUT.print(screen(*next(snapshots)))
        else:
            with Live(screen(*next(snapshots)), console=OUT, screen=True, auto_refresh=False) as live:
                for snapshot, alerts in snapshots:
                    live.update(screen(snapshot, alerts), refresh=True)


def screen(snapshot: Snapshot, alerts: Alerts) -> Group:
    """Return everything on one screen."""
    title = Text(f"Satu Pintu  {snapshot.at:%Y-%m-%d %H:%M:%S}Z", style="bold")
    tables = (_channel_table(snapshot), _stage_table(snapshot), _review_table(snapshot), _queue_table(snapshot))
    return Group(title, *_alert_lines(alerts, snapshot), *tables)


def _snapshots(collector: SnapshotCollector, seconds: float, *, once: bool) -> Iterator[tuple[Snapshot, Alerts]]:
    """Return one snapshot with its alerts, or one every few seconds for ever."""
    register = AlertRegister(DIRECTORY)
    while True:
        snapshot = collector.collect()
        yield snapshot, register.update(snapshot)
        if once:
            return
        time.sleep(seconds)


def _snapshot_json(snapshot: Snapshot, alerts: Alerts) -> dict[str, object]:
    return snapshot.model_dump(mode="json") | {"concerns": [alert.model_dump(mode="json") for alert in alerts]}


def _alert_lines(alerts: Alerts, snapshot: Snapshot) -> list[Text]:
    if not alerts:
        style = _STYLES[Urgency.LATER] if snapshot.cases_at_triage else "green"
        return [Text(calm_text(snapshot.cases_at_triage), style=style)]
    return [
        Text.assemble(
            (f"{_LABELS[alert.urgency]}  ", _STYLES[alert.urgency]),
            plain(alert.says),
            (f"  {_duration(alert, snapshot.at)}", "dim"),
        )
        for alert in alerts
    ]


def _duration(alert: ActiveAlert, now: datetime) -> str:
    seconds = (now - alert.since).total_seconds()
    return f"for {format_duration(seconds)}" if seconds >= 1 else ""


def _channel_table(snapshot: Snapshot) -> Table:
    table = Table("channel", "door", "last minute", "last hour", "usual hour", "newest", title_justify="left")
    shut_reasons = {door: state.why for process in snapshot.processes for door, state in process.doors.items()}
    for state in snapshot.channels:
        reason = shut_reasons.get(state.channel)
        door = "?" if reason is None else reason or "open"
        newest = "never"
        if state.newest:
            newest = format_duration(max(0.0, (snapshot.at - state.newest).total_seconds())) + " ago"
        _add_row(table, state.channel, door, f"{state.minute:,}", f"{state.hour:,}", f"{state.usual:.1f}", newest)
    return table


def _stage_table(snapshot: Snapshot) -> Table:
    table = Table("stage", "workers", "topic", "waiting", "oldest")
    for state in snapshot.stages:
        stage, workers = state.stage, ", ".join(state.members) or "nobody"
        for topic, waiting in sorted(state.topics.items()) or [("", Backlog())]:
            _add_row(table, stage, workers, topic, f"{waiting.many:,}", _age(waiting, snapshot.at))
            # Only the first row of a stage names it.
            stage = workers = ""
    return table


def _review_table(snapshot: Snapshot) -> Table:
    """Return the messages pending review, and the requests that doors refused."""
    table = Table("pending review", "by", "reason", "messages", "oldest")
    for kind, groups in (("dead letter", snapshot.letters), ("quarantine", snapshot.quarantine)):
        for group in groups:
            reason = f"{group.reason} {group.field}".strip()
            _add_row(table, kind, group.place, reason, f"{group.waiting.many:,}", _age(group.waiting, snapshot.at))
    for (door, reason), count in _count_refusals(snapshot).most_common(_MAX_REFUSAL_REASONS):
        _add_row(table, "refused", door, reason, f"{count:,}", "")
    return table


def _count_refusals(snapshot: Snapshot) -> Counter[tuple[str, str]]:
    refusals: Counter[tuple[str, str]] = Counter()
    for process in snapshot.processes:
        for door, reasons in process.refused.items():
            refusals.update({(door, reason): count for reason, count in reasons.items()})
    return refusals


def _queue_table(snapshot: Snapshot) -> Table:
    table = Table("agency", "waiting", "overdue", "oldest")
    for queue in snapshot.queues[:_MAX_QUEUES]:
        _add_row(table, queue.name, f"{queue.waiting.many:,}", f"{queue.overdue:,}", _age(queue.waiting, snapshot.at))
    if hidden := snapshot.queues[_MAX_QUEUES:]:
        _add_row(table, f"and {len(hidden)} more", f"{sum(queue.waiting.many for queue in hidden):,}", "", "")
    return table


def _add_row(table: Table, *cells: str) -> None:
    """Add a row of plain texts: Rich would read brackets as markup, and a terminal would execute some characters."""
    table.add_row(*(Text(plain(cell)) for cell in cells))


def _age(waiting: Backlog, now: datetime) -> str:
    return format_duration(waiting.seconds(now)) if waiting.oldest else ""


@contextmanager
def _collector() -> Iterator[SnapshotCollector]:
    with open_parts() as parts:
        collector = snapshot_collector(parts)
        try:
            yield collector
        finally:
            collector.close()
