"""The one list of metrics: what each counts, in which unit, by which labels, and what it means.

Labels hold names of ours (a stage, a channel, a reason, an agency's code, a process) and never a word of a citizen.
`process` is what `SATUPINTU_INSTANCE` says: `instance` is Prometheus's own word for the address it asked.
"""

from enum import StrEnum
from typing import NamedTuple

_PREFIX = "satupintu_"


class Kind(StrEnum):
    """A gauge goes up and down; a counter only up, until its process starts again."""

    GAUGE = "gauge"
    COUNTER = "counter"


class Metric(NamedTuple):
    """`unit` is what one of it is; `meaning` is the help that is served with it."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    labels: tuple[str, ...]


def _gauge(name: str, unit: str, meaning: str, *labels: str) -> Metric:
    return Metric(_PREFIX + name, Kind.GAUGE, unit, meaning, labels)


def _counter(name: str, unit: str, meaning: str, *labels: str) -> Metric:
    return Metric(f"{_PREFIX}{name}_total", Kind.COUNTER, unit, meaning, labels)


# What every process says of itself, and the monitor of each that it asked: then with the address where it did.
_WHO = ("process", "address")
_WORKER = (*_WHO, "worker")
PROCESS_TIME = _gauge("process_time_seconds", "seconds", "What the clock of this process says, since 1970.", "process")
DOOR_OPEN = _gauge("door_open", "1 or 0", "Whether a door takes what comes.", *_WHO, "door")
REFUSED = _counter("refused_requests", "requests", "What a door turned away.", *_WHO, "door", "reason")
SPOOLED = _gauge("spooled_messages", "messages", "Accepted messages on a host's disk, on the way to the bus.", *_WHO)
SPOOL_USED = _gauge("spool_used_ratio", "ratio", "Of the spool's room, what is taken.", *_WHO)
SPOOL_ASIDE = _gauge("spool_aside_messages", "messages", "Accepted messages that the bus will not have.", *_WHO)
WORKED = _counter("worker_messages", "messages", "Records of which a worker committed what follows.", *_WORKER)
REJECTED = _counter("worker_rejected_messages", "messages", "Records that became dead letters.", *_WORKER)
RETRIED = _counter("worker_retries", "times", "How often a worker had to try again: something was away.", *_WORKER)
FENCED = _counter(
    "worker_fenced", "times", "How often another took over a worker's batch, soon after the last time.", *_WORKER
)
FENCED_AGE = _gauge("worker_fenced_age_seconds", "seconds", "Since a worker was fenced last, if it ever was.", *_WORKER)
WAITING = _gauge("worker_waiting", "1 or 0", "Whether a worker waits for something that is away.", *_WORKER)
SILENT = _gauge("worker_silent_seconds", "seconds", "For how long a worker has not come round.", *_WORKER)

# What the monitor saw at its last look.
LOOK_AGE = _gauge("look_age_seconds", "seconds", "Since the monitor looked last: what it saw is as old.")
LOOKS = _counter("looks", "looks", "How often the monitor looked.")
CONCERNS = _gauge("concerns", "concerns", "What needs a person, by name.", "concern")
CONCERN_AGE = _gauge("concern_age_seconds", "seconds", "For how long a concern stands.", "concern")
BUS_UP = _gauge("bus_up", "1 or 0", "Whether the monitor can reach the bus; while not, nothing of it is shown.")
DATABASE_UP = _gauge(
    "database_up", "1 or 0", "Whether the monitor can reach the database; while not, no queue is shown."
)
REACHED = _gauge("process_reached", "1 or 0", "Whether the process at an address says how it is.", "address")
AHEAD = _gauge("process_ahead_seconds", "seconds", "By how much a process's clock is before the monitor's.", *_WHO)
JUMPED = _gauge("clock_jump_seconds", "seconds", "By how much the monitor's clock was set in the last ten minutes.")

ACCEPTED = _counter("accepted_messages", "messages", "What the doors of a channel took.", "channel")
ACCEPTED_MINUTE = _gauge("accepted_minute_messages", "messages", "What came in the last minute.", "channel")
ACCEPTED_HOUR = _gauge("accepted_hour_messages", "messages", "What came in the last hour.", "channel")
ACCEPTED_USUAL = _gauge(
    "accepted_usual_messages", "messages", "What comes in an hour, by the week before the newest.", "channel"
)
NEWEST_AGE = _gauge("accepted_newest_age_seconds", "seconds", "Since the newest message came.", "channel")
USUAL_SILENCE = _gauge(
    "usual_silence_seconds", "seconds", "For how long it may be silent, by what is usual.", "channel"
)

MEMBERS = _gauge("stage_members", "workers", "Who works a stage.", "stage")
STAGE_WAITING = _gauge("stage_waiting_messages", "messages", "Records a stage has yet to work.", "stage", "topic")
STAGE_OLDEST = _gauge("stage_oldest_age_seconds", "seconds", "For how long the oldest record waits.", "stage", "topic")

LETTERS = _gauge("dead_letters", "messages", "Dead letters nobody decided about.", "stage", "reason")
LETTERS_OLDEST = _gauge(
    "dead_letters_oldest_age_seconds", "seconds", "Since the oldest was put aside.", "stage", "reason"
)
HELD = _gauge("quarantined_messages", "messages", "Held messages nobody decided about.", "channel", "reason")
HELD_OLDEST = _gauge("quarantined_oldest_age_seconds", "seconds", "Since the oldest was held.", "channel", "reason")
HELD_NEWEST = _gauge("quarantined_newest_age_seconds", "seconds", "Since the newest was held.", "channel", "reason")

QUEUE = _gauge("queue_cases", "cases", "Cases an agency has not answered; of triage, nobody placed.", "agency")
OVERDUE = _gauge("queue_overdue_cases", "cases", "Cases at an agency past their due time.", "agency")
QUEUE_OLDEST = _gauge("queue_oldest_age_seconds", "seconds", "For how long the oldest case lies there.", "agency")
DIFFERENCES = _gauge("audit_differences", "messages", "What the latest audit could not account for.", "kind")

OF_PROCESSES = (
    PROCESS_TIME,
    DOOR_OPEN,
    REFUSED,
    SPOOLED,
    SPOOL_USED,
    SPOOL_ASIDE,
    WORKED,
    REJECTED,
    RETRIED,
    FENCED,
    FENCED_AGE,
    WAITING,
    SILENT,
)
OF_THE_MONITOR = (
    LOOK_AGE,
    LOOKS,
    CONCERNS,
    CONCERN_AGE,
    BUS_UP,
    DATABASE_UP,
    REACHED,
    AHEAD,
    JUMPED,
    ACCEPTED,
    ACCEPTED_MINUTE,
    ACCEPTED_HOUR,
    ACCEPTED_USUAL,
    NEWEST_AGE,
    USUAL_SILENCE,
    MEMBERS,
    STAGE_WAITING,
    STAGE_OLDEST,
    LETTERS,
    LETTERS_OLDEST,
    HELD,
    HELD_OLDEST,
    HELD_NEWEST,
    QUEUE,
    OVERDUE,
    QUEUE_OLDEST,
    DIFFERENCES,
)
METRICS = (*OF_PROCESSES, *OF_THE_MONITOR)
