"""Remembers from snapshot to snapshot since when each alert is active."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from pydantic import Field, SkipValidation

from messages.channels import ChannelDirectory
from messages.shapes import Moment, Shape
from monitor.alert import Figures, Urgency
from monitor.alert_conditions import find_alerts
from monitor.snapshot import Snapshot

# Alerts that can't be evaluated while the bus or the database is away.
_HIDDEN_ALERTS = {
    "bus": (
        *("dead-letters", "door-silent", "flood", "quarantine"),
        *("retention-near", "spool-waiting", "stage-behind", "stage-stopped"),
    ),
    "database": ("agency-overdue", "danger-unopened", "triage-waiting", "webhook-off"),
}


class ActiveAlert(Shape):
    """An alert and the time since which it is active. The field names are JSON keys of `/ops/state` and of `top`.

    `text` is the sentence for people: a `Message`, which validation would make a plain `str`. `figures` go into the
    log only.
    """

    name: str
    subject: str
    urgency: Urgency
    text: SkipValidation[str]
    since: Moment
    figures: Figures = Field(default_factory=dict, exclude=True)


class AlertRegister:
    """Start times of the active alerts. Not for two threads."""

    def __init__(self, channels: ChannelDirectory) -> None:
        self._channels = channels
        self._since: dict[tuple[str, str], datetime] = {}

    @property
    def active_keys(self) -> AbstractSet[tuple[str, str]]:
        """Name and subject of every active alert.

        An alert that can't be evaluated now stays active if it was active before.
        """
        return self._since.keys()

    def update(self, snapshot: Snapshot) -> tuple[ActiveAlert, ...]:
        """Return the alerts of this snapshot. An alert that was cleared and is raised again starts anew."""
        alerts = find_alerts(snapshot, self._channels)
        # If the clock was set back, an alert starts now at the latest, never in the future.
        raised = {
            (alert.name, alert.subject): min(self._since.get((alert.name, alert.subject), snapshot.at), snapshot.at)
            for alert in alerts
        }
        hidden = {name for service in snapshot.away for name in _HIDDEN_ALERTS.get(service, ())}
        self._since = {key: since for key, since in self._since.items() if key[0] in hidden} | raised
        return tuple(
            ActiveAlert(
                name=alert.name,
                subject=alert.subject,
                urgency=alert.urgency,
                text=alert.text,
                since=raised[alert.name, alert.subject],
                figures=alert.figures,
            )
            for alert in alerts
        )
