"""Definitions of the Prometheus alert rules: one for each alert of the console, with the same thresholds."""

from collections.abc import Collection
from typing import NamedTuple

from messages.topics import TRIAGE
from monitor import alert_thresholds as thresholds
from monitor.alert import Urgency
from monitor.metrics import catalog
from monitor.metrics.catalog import Metric

# Name of the scrape job for our processes: see docs/reference.md, Metrics.
JOB = "satupintu"
SEVERITIES = {Urgency.NOW: "page", Urgency.SOON: "ticket", Urgency.LATER: "info"}
# A condition that a restart of a process may cause must hold for this time before the alert fires.
_RESTART_SECONDS = 60
# The monitor takes a snapshot every five seconds. A snapshot that waits for a dependency takes some seconds more.
SNAPSHOT_SECONDS = 60
# Twice the time that an agency has for an answer, with weekends and one holiday.
AGENCY_SECONDS = 14 * 86_400
# With this many dead letters of one stage in ten minutes, the stage rejects valid messages.
DEAD_LETTERS_AT_ONCE = 10
_DEAD_LETTERS_WINDOW = "10m"


class Rule(NamedTuple):
    """One alert rule.

    `entry` is its name in the runbook, and the name of the console's alert if there is one. `hold_seconds` is the time
    for which `expr` must hold before the alert fires.
    """

    entry: str
    urgency: Urgency
    hold_seconds: int
    expr: str
    summary: str

    @property
    def alert(self) -> str:
        """Name of the alert in Prometheus, such as `BusAway`."""
        return "".join(word.capitalize() for word in self.entry.split("-"))


# Several processes and the monitor expose the same metric. Every expression takes it once, by max or min.
def _max(metric: Metric, *labels: str, only: str = "") -> str:
    return _aggregate("max", metric, labels, only)


def _min(metric: Metric, *labels: str, only: str = "") -> str:
    return _aggregate("min", metric, labels, only)


def _aggregate(operator: str, metric: Metric, labels: tuple[str, ...], only: str) -> str:
    by = f" by ({', '.join(labels)})" if labels else ""
    selector = f"{{{only}}}" if only else ""
    return f"{operator}{by} ({metric.name}{selector})"


_WORKER = ("process", "worker")
_WORKER_NAME = "{{ $labels.worker }} of {{ $labels.process }}"
_DURATION = "{{ $value | humanizeDuration }}"
_FENCED = (
    f"{_max(catalog.FENCED, *_WORKER)} > 1 and {_min(catalog.FENCED_AGE, *_WORKER)} < {thresholds.FENCED_SECONDS:g}"
)
_DISK_FULL = f"{_max(catalog.DISK_USED, 'process')} >= {thresholds.FULL_DISK_SHARE:g}"
_SPOOL_FULL = f"{_max(catalog.SPOOL_USED, 'process')} >= {thresholds.SPOOL_SHARE:g}"
_STAGE_WAITS = f"sum by (stage) ({_max(catalog.STAGE_WAITING, 'stage', 'topic')}) > 0"
_NO_MEMBERS = f"{_max(catalog.MEMBERS, 'stage')} == 0"
_WRONG_SIGNATURE = 'reason="bad_signature"'
# A channel that never had a valid message has no newest age. The alert fires for it too.
_SECRET_MAY_BE_WRONG = (
    f"{_max(catalog.QUARANTINED, 'channel', only=_WRONG_SIGNATURE)}\n"
    f"  >= clamp_min({thresholds.FORGED_SHARE:g} * {_max(catalog.ACCEPTED_USUAL, 'channel')},"
    f" {thresholds.FORGED_MESSAGES})\n"
    f"  unless on (channel) ({_min(catalog.NEWEST_AGE, 'channel')}"
    f" <= {_min(catalog.QUARANTINED_NEWEST, 'channel', only=_WRONG_SIGNATURE)})"
)
_PROCESS_CLOCK_ERROR = f"{catalog.PROCESS_TIME.name} - timestamp({catalog.PROCESS_TIME.name})"
_CLOCK_ERRORS = f"""max by (process) (abs({catalog.CLOCK_OFFSET.name})) >= {thresholds.CLOCK_SECONDS:g}
  or max by (process) (abs({_PROCESS_CLOCK_ERROR})) >= {thresholds.CLOCK_SECONDS:g}
  or max (abs({catalog.CLOCK_JUMP.name})) >= {thresholds.CLOCK_SECONDS:g}
  or abs({_min(catalog.NEWEST_AGE)} <= -{thresholds.CLOCK_SECONDS:g})"""
# A process that does not answer may have doors.
_DOORS_UNWATCHED = f"{_min(catalog.PROCESS_REACHED)} == 1\n  unless on () {_max(catalog.DOOR_OPEN)} >= 0"
_AGENCIES = f'agency!="{TRIAGE}"'

_AVAILABILITY_RULES = (
    Rule(
        "bus-away",
        Urgency.NOW,
        _RESTART_SECONDS,
        f"{_min(catalog.BUS_UP)} == 0",
        "The bus can't be reached. No stage works.",
    ),
    Rule(
        "database-away",
        Urgency.NOW,
        _RESTART_SECONDS,
        f"{_min(catalog.DATABASE_UP)} == 0",
        "The database can't be reached. No stage works.",
    ),
    Rule(
        "process-away",
        Urgency.NOW,
        _RESTART_SECONDS,
        f"{_min(catalog.PROCESS_REACHED, 'address')} == 0",
        "The process at {{ $labels.address }} does not answer the monitor.",
    ),
    Rule(
        "doors-unwatched",
        Urgency.SOON,
        _RESTART_SECONDS,
        _DOORS_UNWATCHED,
        "No watched process has doors: nobody sees if they are shut.",
    ),
)
_STATE_RULES = (
    Rule(
        "disk-full",
        Urgency.NOW,
        0,
        _DISK_FULL,
        "The disk of {{ $labels.process }} is full ({{ $value | humanizePercentage }}).",
    ),
    Rule(
        "disk-filling",
        Urgency.SOON,
        0,
        f"{_max(catalog.DISK_USED, 'process')} >= {thresholds.DISK_SHARE:g}\n  unless {_DISK_FULL}",
        "The disk of {{ $labels.process }} is {{ $value | humanizePercentage }} full.",
    ),
    Rule(
        "spool-aside",
        Urgency.NOW,
        0,
        f"{_max(catalog.SPOOL_ASIDE, 'process')} > 0",
        "{{ $value }} messages accepted by {{ $labels.process }} were rejected by the bus; "
        "they are kept in `spool.db`, table `aside`.",
    ),
    Rule(
        "spool-corrupt",
        Urgency.NOW,
        0,
        f"{_max(catalog.SPOOL_CORRUPT, 'process')} > 0",
        "{{ $labels.process }} set aside {{ $value }} corrupt spool files, which may hold accepted messages.",
    ),
    Rule(
        "spool-filling",
        Urgency.NOW,
        0,
        _SPOOL_FULL,
        "The spool of {{ $labels.process }} is {{ $value | humanizePercentage }} full.",
    ),
    Rule(
        "spool-waiting",
        Urgency.LATER,
        _RESTART_SECONDS,
        f"{_max(catalog.SPOOLED, 'process')} > 0\n  unless {_SPOOL_FULL}\n  unless on () {_min(catalog.BUS_UP)} == 0",
        "{{ $value }} messages wait in the spool of {{ $labels.process }} for the bus.",
    ),
    Rule(
        "clock",
        Urgency.SOON,
        0,
        _CLOCK_ERRORS,
        f"The clock of {{{{ or $labels.process `the monitor or of the bus` }}}} is wrong by {_DURATION}.",
    ),
    Rule(
        "started-twice",
        Urgency.NOW,
        0,
        _FENCED,
        f"{_WORKER_NAME} was fenced several times in a row. Two processes use the same name.",
    ),
    Rule(
        "stage-waiting",
        Urgency.SOON,
        _RESTART_SECONDS,
        f"{_max(catalog.WAITING, *_WORKER)} == 1\n  unless ({_FENCED})",
        f"{_WORKER_NAME} waits for a dependency that is away.",
    ),
    Rule(
        "stage-hanging",
        Urgency.NOW,
        0,
        f"{_max(catalog.SILENT, *_WORKER)} >= {thresholds.HANGING_SECONDS:g}",
        f"{_WORKER_NAME} has been busy with one batch for {_DURATION}. It may hang.",
    ),
    Rule(
        "stage-stopped",
        Urgency.NOW,
        _RESTART_SECONDS,
        f"{_STAGE_WAITS}\n  and {_NO_MEMBERS}",
        "No process runs {{ $labels.stage }}. {{ $value }} messages wait for it.",
    ),
    Rule(
        "stage-stopped",
        Urgency.SOON,
        _RESTART_SECONDS,
        f"{_NO_MEMBERS}\n  unless {_STAGE_WAITS}",
        "No process runs {{ $labels.stage }}. No message waits for it yet.",
    ),
    Rule(
        "stage-behind",
        Urgency.NOW,
        0,
        f"{_max(catalog.STAGE_OLDEST, 'stage')} >= {thresholds.BEHIND_SECONDS:g}"
        f"\n  and {_max(catalog.MEMBERS, 'stage')} > 0",
        f"The oldest message has waited {_DURATION} for {{{{ $labels.stage }}}}.",
    ),
    Rule(
        "retention-near",
        Urgency.NOW,
        0,
        f"{_max(catalog.STAGE_OLDEST, 'stage', 'topic')}\n"
        f"  / on (topic) group_left () {_max(catalog.RETENTION, 'topic')} >= {thresholds.RETENTION_SHARE:g}",
        "The oldest message of {{ $labels.topic }} that {{ $labels.stage }} has not read is at "
        "{{ $value | humanizePercentage }} of the time after which the bus deletes it.",
    ),
    Rule(
        "dead-letters",
        Urgency.SOON,
        0,
        f"sum by (stage) ({_max(catalog.DEAD_LETTERS, 'stage', 'reason')}) > 0",
        "{{ $value }} dead letters of {{ $labels.stage }} have no decision.",
    ),
    Rule(
        "dead-letter-rate",
        Urgency.NOW,
        0,
        f"sum by (worker) (max by (process, worker) (increase({catalog.REJECTED.name}[{_DEAD_LETTERS_WINDOW}])))"
        f" >= {DEAD_LETTERS_AT_ONCE}",
        f"{{{{ $labels.worker }}}} rejected {{{{ $value | humanize }}}} messages in {_DEAD_LETTERS_WINDOW}.",
    ),
    Rule(
        "quarantine",
        Urgency.NOW,
        0,
        _SECRET_MAY_BE_WRONG,
        "{{ $value }} messages of {{ $labels.channel }} have a wrong signature. No valid one has arrived since then.",
    ),
    Rule(
        "quarantine",
        Urgency.SOON,
        0,
        f"sum by (channel) ({_max(catalog.QUARANTINED, 'channel', 'reason')}) > 0\n  unless ({_SECRET_MAY_BE_WRONG})",
        "{{ $value }} messages of {{ $labels.channel }} are in quarantine.",
    ),
    Rule(
        "flood",
        Urgency.SOON,
        0,
        f"{_max(catalog.ACCEPTED_MINUTE, 'channel')}\n"
        f"  >= clamp_min({thresholds.FLOOD_TIMES:g} * {_max(catalog.ACCEPTED_USUAL, 'channel')} / 60,"
        f" {thresholds.FLOOD_IN_A_MINUTE})",
        "{{ $value }} messages arrived by {{ $labels.channel }} in one minute, far more than usual.",
    ),
    Rule(
        "door-silent",
        Urgency.SOON,
        0,
        f"{_min(catalog.NEWEST_AGE, 'channel')} >= {_max(catalog.USUAL_SILENCE, 'channel')}",
        f"No message arrived by {{{{ $labels.channel }}}} for {_DURATION}, longer than usual.",
    ),
    Rule(
        "danger-unopened",
        Urgency.NOW,
        0,
        f"{_max(catalog.DANGER_OLDEST, 'agency')} >= {thresholds.DANGER_SECONDS:g}",
        f"Nobody of {{{{ $labels.agency }}}} has opened a case with danger to life for {_DURATION}.",
    ),
    Rule(
        "triage-waiting",
        Urgency.SOON,
        0,
        f"""{_max(catalog.QUEUE_OLDEST, only=f'agency="{TRIAGE}"')} >= {thresholds.TRIAGE_SECONDS:g}""",
        f"The oldest case has waited {_DURATION} at triage.",
    ),
    Rule(
        "agency-overdue",
        Urgency.LATER,
        0,
        f"sum ({_max(catalog.OVERDUE, 'agency', only=_AGENCIES)}) > 0",
        "{{ $value }} cases are past their due time.",
    ),
    Rule(
        "agency-oldest",
        Urgency.SOON,
        0,
        f"{_max(catalog.QUEUE_OLDEST, 'agency', only=_AGENCIES)} >= {AGENCY_SECONDS}",
        f"A case at {{{{ $labels.agency }}}} has had no answer for {_DURATION}.",
    ),
    Rule(
        "webhook-off",
        Urgency.LATER,
        0,
        f"{_max(catalog.WEBHOOKS_OFF)} > 0",
        "Webhooks of agencies are switched off because their address failed: {{ $value }}.",
    ),
    Rule(
        "audit",
        Urgency.NOW,
        0,
        f"{_max(catalog.AUDIT_DIFFERENCES, 'kind')} > 0",
        "The audit found {{ $value }} messages {{ $labels.kind }}. `satupintu audit` lists them.",
    ),
    Rule(
        "snapshot-old",
        Urgency.NOW,
        0,
        f"{_min(catalog.SNAPSHOT_AGE)} >= {SNAPSHOT_SECONDS}",
        f"The monitor's latest snapshot is {_DURATION} old; the limit is {SNAPSHOT_SECONDS} s.",
    ),
    Rule(
        "monitor-down",
        Urgency.NOW,
        2 * _RESTART_SECONDS,
        f"absent({catalog.SNAPSHOT_AGE.name})",
        "No monitor exposes metrics. The state of stages, doors and agencies is unknown.",
    ),
    Rule(
        "scrape-failed",
        Urgency.NOW,
        _RESTART_SECONDS,
        f'up{{job="{JOB}"}} == 0',
        "Prometheus gets no metrics from {{ $labels.instance }}.",
    ),
)


def alert_rules(polled_doors: Collection[str]) -> tuple[Rule, ...]:
    """Return all rules. A shut door of `polled_doors` is less urgent: its provider keeps the messages."""
    return (*_AVAILABILITY_RULES, *_door_rules(polled_doors), *_STATE_RULES)


def _door_rules(polled_doors: Collection[str]) -> tuple[Rule, ...]:
    names = "|".join(sorted(polled_doors))
    # One name needs no regular expression.
    equal, unequal = ("=~", "!~") if "|" in names else ("=", "!=")
    polled, unpolled = f'door{equal}"{names}"', f'door{unequal}"{names}"'
    return (
        Rule(
            "door-shut",
            Urgency.NOW,
            _RESTART_SECONDS,
            f"{_min(catalog.DOOR_OPEN, 'process', 'door', only=unpolled)} == 0",
            "The door {{ $labels.door }} of {{ $labels.process }} is shut. The console names the reason.",
        ),
        Rule(
            "door-shut",
            Urgency.SOON,
            _RESTART_SECONDS,
            f"{_min(catalog.DOOR_OPEN, 'process', 'door', only=polled)} == 0",
            "{{ $labels.process }} can't fetch messages for the door {{ $labels.door }}. The console names the reason.",
        ),
    )
