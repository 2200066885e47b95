"""The state of the whole service at one moment, as the console, the command line and the metrics show it.

The field names are also the JSON keys of `satupintu lag --json`, `satupintu top --json`, `/ops/state` and `/ready`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Self, TypeAlias

from pydantic import ConfigDict, Field

from messages.shapes import Channel, Moment, Shape
from messages.topics import TRIAGE

# Topics of each consumer group.
TopicsByGroup: TypeAlias = Mapping[str, tuple[str, ...]]


class Backlog(Shape):
    """Number of waiting messages or cases (`many`), and the time since which the oldest of them waits."""

    many: int = 0
    oldest: Moment | None = None

    @classmethod
    def from_moments(cls, moments: list[datetime]) -> Self:
        """Return a backlog with one message for each moment."""
        return cls(many=len(moments), oldest=min(moments, default=None))

    def __add__(self, addend: "Backlog") -> "Backlog":
        """Return the sum of the numbers with the earlier of the two times."""
        oldest = min((moment for moment in (self.oldest, addend.oldest) if moment), default=None)
        return Backlog(many=self.many + addend.many, oldest=oldest)

    def seconds(self, now: datetime) -> float:
        """Return the age of the oldest in seconds; 0 if nothing waits."""
        return max(0.0, (now - self.oldest).total_seconds()) if self.oldest else 0.0


class ChannelState(Shape):
    """Messages that the doors of one channel accepted: in the last minute, in the last hour, and in a usual hour.

    `usual` is the hourly mean of one week. `total` only grows: it counts every offset of the channel's topic, so it
    includes transaction markers.
    """

    channel: Channel
    minute: int
    hour: int
    usual: float
    newest: Moment | None = None
    total: int = 0


class StageState(Shape):
    """Members and backlog of one consumer group. `topics` leaves out topics on which nothing waits."""

    stage: str
    members: tuple[str, ...]
    topics: Mapping[str, Backlog]

    @property
    def waiting(self) -> Backlog:
        """Backlog of all topics together."""
        return sum(self.topics.values(), Backlog())


class PendingReview(Shape):
    """Messages that were put aside for the same reason and on which no person has decided yet."""

    place: str = Field(description="The stage that put them aside; for the quarantine, the channel.")
    reason: str
    field: str = ""
    waiting: Backlog
    newest: Moment


class QueueState(Shape):
    """Cases that an agency has not answered; `overdue` of them are past their due time."""

    agency: str
    name: str
    waiting: Backlog
    overdue: int = 0


class WorkerState(Shape):
    """Health of one stage's worker within a process: see `bus.worker_health.WorkerHealth`."""

    model_config = ConfigDict(allow_inf_nan=False)

    worked: int = 0
    rejected: int = 0
    retried: int = 0
    fenced: int = 0
    fenced_seconds: float | None = None
    waits_for: str = ""
    silent_seconds: float = 0.0


class DoorState(Shape):
    """State of a door. `reason` is the constant reason for which it is shut; empty while the door is open."""

    reason: str = ""


class NetworkState(Shape):
    """The network that sent most of the `requests` to a door in the last minutes, and its share, from 0 to 1."""

    network: str
    share: float
    requests: int


class ProcessState(Shape):
    """State of one process as its `/ready` reports it. `unreached` is the cause if the process did not answer.

    `ahead` is the offset of its clock from the monitor's clock, in seconds; negative if it is behind.
    """

    address: str
    instance: str = ""
    unreached: str = ""
    doors: Mapping[str, DoorState] = Field(default_factory=dict)
    spooled: int = 0
    spool_share: float = Field(0.0, description="Used share of the spool's space, from 0 to 1.")
    disk_share: float = Field(0.0, description="Used share of the disk of the data folder, from 0 to 1.")
    spool_aside: int = Field(0, description="Accepted messages that the bus rejected.")
    spool_corrupt: int = Field(0, description="Corrupt files of the spool that were set aside.")
    refused: Mapping[str, Mapping[str, int]] = Field(
        default_factory=dict, description="Requests that the doors refused since the start, by door and reason."
    )
    networks: Mapping[str, NetworkState] = Field(
        default_factory=dict, description="Networks that sent at least half of many requests, by door."
    )
    parts: Mapping[str, WorkerState] = Field(default_factory=dict)
    ahead: float = 0.0


class Snapshot(Shape):
    """State of the whole service at one moment.

    `away` has an entry for the bus and for the database if it could not be used; the value says how it failed.
    `jumped` is the number of seconds by which this host's clock was set recently. `differences` are the counts of
    the latest audit by kind; `None` before the first audit.
    """

    at: Moment
    away: Mapping[str, str] = Field(default_factory=dict)
    channels: tuple[ChannelState, ...] = ()
    stages: tuple[StageState, ...] = ()
    retention: Mapping[str, float] = Field(
        default_factory=dict, description="Seconds for which the bus keeps a record, by topic of the stages."
    )
    dead_letters: tuple[PendingReview, ...] = ()
    quarantine: tuple[PendingReview, ...] = ()
    queues: tuple[QueueState, ...] = ()
    dangers: tuple[QueueState, ...] = Field(
        (), description="Cases of each agency with a danger to life that nobody of the agency has opened."
    )
    processes: tuple[ProcessState, ...] = ()
    jumped: float = 0.0
    differences: Mapping[str, int] | None = None
    webhooks_off: int = Field(0, description="Webhooks of agencies that were switched off because they failed.")

    @property
    def cases_at_triage(self) -> int:
        """Number of cases that wait at triage for a decision."""
        return sum(queue.waiting.many for queue in self.queues if queue.agency == TRIAGE)
