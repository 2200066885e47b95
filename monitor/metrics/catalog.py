"""The list of all metrics: name, kind, unit, meaning and labels.

Labels hold our own names (a stage, a channel, a reason, an agency's code, a process), never text that a citizen wrote.
`process` is the value of `SATUPINTU_INSTANCE`. Prometheus itself uses `instance` for the address that it scrapes.
"""

from enum import StrEnum
from typing import NamedTuple

_PREFIX = "satupintu_"


class Kind(StrEnum):
    """Kind of a metric. A gauge goes up and down. A counter only grows until its process starts again."""

    GAUGE = "gauge"
    COUNTER = "counter"


class Metric(NamedTuple):
    """One metric. `meaning` is the help text that is served with it."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    labels: tuple[str, ...]


def _gauge(name: str, unit: str, meaning: str, *labels: str) -> Metric:
    return Metric(_PREFIX + name, Kind.GAUGE, unit, meaning, labels)


def _counter(name: str, unit: str, meaning: str, *labels: str) -> Metric:
    return Metric(f"{_PREFIX}{name}_total", Kind.COUNTER, unit, meaning, labels)


# Metrics of one process. The process exposes them itself, and the monitor exposes them for every process that it
# probed, with the address.
_PROCESS = ("process", "address")
_WORKER = (*_PROCESS, "worker")
_DEAD_LETTER = ("stage", "reason")
_QUARANTINED = ("channel", "reason")
PROCESS_TIME = _gauge("process_time_seconds", "seconds", "Clock of this process, in seconds since 1970.", "process")
DOOR_OPEN = _gauge("door_open", "1 or 0", "1 if the door accepts requests.", *_PROCESS, "door")
REFUSED = _counter("refused_requests", "requests", "Requests that a door refused.", *_PROCESS, "door", "reason")
SPOOLED = _gauge("spooled_messages", "messages", "Accepted messages in the spool of a host.", *_PROCESS)
SPOOL_USED = _gauge("spool_used_ratio", "ratio", "Used share of the spool's space.", *_PROCESS)
DISK_USED = _gauge("disk_used_ratio", "ratio", "Used share of the disk of a host's data folder.", *_PROCESS)
SPOOL_ASIDE = _gauge("spool_aside_messages", "messages", "Accepted messages that the bus rejected.", *_PROCESS)
SPOOL_CORRUPT = _gauge("spool_corrupt_files", "files", "Corrupt files of the spool that were set aside.", *_PROCESS)
WORKED = _counter("worker_messages", "messages", "Records whose outcome a worker committed.", *_WORKER)
REJECTED = _counter("worker_rejected_messages", "messages", "Records that became dead letters.", *_WORKER)
RETRIED = _counter("worker_retries", "times", "Retries of a worker because a dependency was away.", *_WORKER)
FENCED = _counter(
    "worker_fenced", "times", "Number of times in a row that another member took over a worker's batch.", *_WORKER
)
FENCED_AGE = _gauge(
    "worker_fenced_age_seconds", "seconds", "Time since a worker was last fenced; absent if never.", *_WORKER
)
WAITING = _gauge("worker_waiting", "1 or 0", "1 if a worker waits for a dependency that is away.", *_WORKER)
SILENT = _gauge("worker_silent_seconds", "seconds", "Time for which a worker has been busy with one batch.", *_WORKER)

# Metrics of the monitor's latest snapshot.
SNAPSHOT_AGE = _gauge("snapshot_age_seconds", "seconds", "Age of the monitor's latest snapshot.")
SNAPSHOTS = _counter("snapshots", "snapshots", "Snapshots that the monitor has taken.")
ACTIVE_ALERTS = _gauge("active_alerts", "alerts", "Active alerts by name.", "alert")
ALERT_AGE = _gauge(
    "alert_age_seconds", "seconds", "Time for which the oldest alert of a name has been active.", "alert"
)
BUS_UP = _gauge("bus_up", "1 or 0", "1 if the monitor reaches the bus; if not, no metric of the bus is exposed.")
DATABASE_UP = _gauge(
    "database_up", "1 or 0", "1 if the monitor reaches the database; if not, no metric of the queues is exposed."
)
PROCESS_REACHED = _gauge("process_reached", "1 or 0", "1 if the process at an address answers.", "address")
CLOCK_OFFSET = _gauge(
    "process_ahead_seconds", "seconds", "Time by which a process's clock is ahead of the monitor's clock.", *_PROCESS
)
CLOCK_JUMP = _gauge(
    "clock_jump_seconds", "seconds", "Time by which the monitor's clock was set in the last ten minutes."
)

ACCEPTED = _counter("accepted_messages", "messages", "Messages that the doors of a channel accepted.", "channel")
ACCEPTED_MINUTE = _gauge("accepted_minute_messages", "messages", "Messages accepted in the last minute.", "channel")
ACCEPTED_HOUR = _gauge("accepted_hour_messages", "messages", "Messages accepted in the last hour.", "channel")
ACCEPTED_USUAL = _gauge(
    "accepted_usual_messages",
    "messages",
    "Messages in a usual hour: the mean of the week before the newest message.",
    "channel",
)
NEWEST_AGE = _gauge("accepted_newest_age_seconds", "seconds", "Age of the newest message.", "channel")
USUAL_SILENCE = _gauge("usual_silence_seconds", "seconds", "Longest usual time without a message.", "channel")

MEMBERS = _gauge("stage_members", "workers", "Workers of a stage.", "stage")
STAGE_WAITING = _gauge(
    "stage_waiting_messages", "messages", "Records that a stage has not processed yet.", "stage", "topic"
)
STAGE_OLDEST = _gauge("stage_oldest_age_seconds", "seconds", "Age of the oldest waiting record.", "stage", "topic")
RETENTION = _gauge("topic_retention_seconds", "seconds", "Time for which the bus keeps a record of a topic.", "topic")

DEAD_LETTERS = _gauge("dead_letters", "messages", "Dead letters without a decision.", *_DEAD_LETTER)
DEAD_LETTERS_OLDEST = _gauge(
    "dead_letters_oldest_age_seconds", "seconds", "Age of the oldest dead letter without a decision.", *_DEAD_LETTER
)
QUARANTINED = _gauge("quarantined_messages", "messages", "Quarantined messages without a decision.", *_QUARANTINED)
QUARANTINED_OLDEST = _gauge(
    "quarantined_oldest_age_seconds", "seconds", "Age of the oldest quarantined message.", *_QUARANTINED
)
QUARANTINED_NEWEST = _gauge(
    "quarantined_newest_age_seconds", "seconds", "Age of the newest quarantined message.", *_QUARANTINED
)

QUEUE = _gauge(
    "queue_cases", "cases", "Cases that an agency has not answered; for triage, cases that nobody has placed.", "agency"
)
OVERDUE = _gauge("queue_overdue_cases", "cases", "Cases at an agency that were due before today.", "agency")
QUEUE_OLDEST = _gauge("queue_oldest_age_seconds", "seconds", "Age of the agency's oldest open case.", "agency")
DANGER_OLDEST = _gauge(
    "unopened_danger_oldest_age_seconds", "seconds", "Age of the agency's oldest danger in a case not opened.", "agency"
)
WEBHOOKS_OFF = _gauge(
    "webhooks_off", "webhooks", "Webhooks of agencies that were switched off because their address failed."
)
AUDIT_DIFFERENCES = _gauge("audit_differences", "messages", "Differences that the latest audit found.", "kind")

# All of them, in the order of this module: first those of one process, then those of the monitor.
METRICS = tuple(metric for metric in list(globals().values()) if isinstance(metric, Metric))
