"""Commands `lag` and `top`: consumer lag, messages pending review, queues, and alerts. The console shows the same."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Json, finite
from app.commands.common.process import open_parts
from app.commands.common.terminal import OUT, print_fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.assembly.parts import Parts
    from app.commands.monitoring_screen import Alerts
    from monitor.snapshot import Snapshot
    from monitor.snapshot_collector import SnapshotCollector

# sysexits.h has no code for "it works, and a person should act".
EX_ALERT = 1


def lag(as_json: Json = False) -> None:
    """Show the lag of each stage in messages and in age of the oldest. Exit 1 if a person must act now."""
    from app.assembly.channels import DIRECTORY
    from app.commands.monitoring_screen import alert_lines, stage_table
    from monitor.active_alerts import AlertRegister
    from monitor.alert import Urgency

    with _collector() as (_, collector):
        snapshot = collector.collect()
    alerts = AlertRegister(DIRECTORY).update(snapshot)
    if as_json:
        print(snapshot.model_dump_json())
    else:
        print_fitted(*alert_lines(alerts, snapshot), stage_table(snapshot))
    sys.exit(EX_ALERT if any(alert.urgency is Urgency.NOW for alert in alerts) else 0)


def top(
    as_json: Json = False,
    every: Annotated[
        float, typer.Option("--every", min=0.5, callback=finite, help="Seconds between two snapshots.")
    ] = 5.0,
    once: Annotated[bool, typer.Option("--once", help="Take one snapshot and end.")] = False,
) -> None:
    """Watch the whole service: alerts, channels, stages, messages pending review and agencies' queues."""
    from rich.console import Group
    from rich.live import Live

    from app.commands.monitoring_screen import screen

    with _collector() as (parts, collector):
        snapshots = _snapshots(collector, parts.clock.sleep, every, once=once)
        if as_json:
            for snapshot, alerts in snapshots:
                OUT.print_json(data=_snapshot_json(snapshot, alerts), indent=None)
        elif once:
            print_fitted(*screen(*next(snapshots)))
        else:
            with Live(Group(*screen(*next(snapshots))), console=OUT, screen=True, auto_refresh=False) as live:
                for snapshot, alerts in snapshots:
                    live.update(Group(*screen(snapshot, alerts)), refresh=True)


def _snapshots(
    collector: SnapshotCollector, sleep: Callable[[float], None], seconds: float, *, once: bool
) -> Iterator[tuple[Snapshot, Alerts]]:
    """Return one snapshot with its alerts, or one every few seconds for ever."""
    from app.assembly.channels import DIRECTORY
    from monitor.active_alerts import AlertRegister

    register = AlertRegister(DIRECTORY)
    while True:
        snapshot = collector.collect()
        yield snapshot, register.update(snapshot)
        if once:
            return
        sleep(seconds)


def _snapshot_json(snapshot: Snapshot, alerts: Alerts) -> dict[str, object]:
    return snapshot.model_dump(mode="json") | {"concerns": [alert.model_dump(mode="json") for alert in alerts]}


@contextmanager
def _collector() -> Iterator[tuple[Parts, SnapshotCollector]]:
    from app.assembly.monitoring import snapshot_collector

    with open_parts() as parts:
        collector = snapshot_collector(parts)
        try:
            yield parts, collector
        finally:
            collector.close()
