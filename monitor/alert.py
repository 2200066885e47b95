"""One condition of the service that needs a person: its name, its urgency, its sentence and its figures."""

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple, TypeAlias

# Numbers and our own constants, by the field name under which they are logged. Never text that a citizen wrote.
Figures: TypeAlias = Mapping[str, int | float | str]


class Urgency(IntEnum):
    """Urgency of an alert.

    `NOW`: citizens are refused, or their messages are not processed. `SOON`: within today. `LATER`: no hurry.
    """

    NOW = 0
    SOON = 1
    LATER = 2


class Alert(NamedTuple):
    """One alert. Its `name` and `subject` identify it from one snapshot to the next.

    `name` is also the entry in docs/alerts.md. `text` is the sentence for people; it names no citizen.
    """

    name: str
    subject: str
    urgency: Urgency
    text: str
    figures: Figures


ALERT_NAMES = (
    "agency-overdue",
    "audit",
    "bus-away",
    "clock",
    "danger-unopened",
    "database-away",
    "dead-letters",
    "disk-filling",
    "disk-full",
    "door-shut",
    "door-silent",
    "doors-unwatched",
    "flood",
    "process-away",
    "quarantine",
    "retention-near",
    "spool-aside",
    "spool-corrupt",
    "spool-filling",
    "spool-waiting",
    "stage-behind",
    "stage-hanging",
    "stage-stopped",
    "stage-waiting",
    "started-twice",
    "triage-waiting",
    "webhook-off",
)
