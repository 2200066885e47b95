"""What one look at the whole service found: the shapes that the console, the command line and the metrics show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import ConfigDict, Field

from messages.shapes import Channel, Moment, Shape


class Waiting(Shape):
    """So many wait; `oldest` is since when the one does that waits longest."""

    many: int = 0
    oldest: Moment | None = None

    @classmethod
    def of(cls, moments: list[datetime]) -> Self:
        """One for each moment."""
        return cls(many=len(moments), oldest=min(moments, default=None))

    def __add__(self, other: "Waiting") -> "Waiting":
        """Both."""
        oldest = min((at for at in (self.oldest, other.oldest) if at), default=None)
        return Waiting(many=self.many + other.many, oldest=oldest)

    def seconds(self, now: datetime) -> float:
        """For how long the oldest waits; 0 where none does."""
        return max(0.0, (now - self.oldest).total_seconds()) if self.oldest else 0.0


class ChannelState(Shape):
    """What the doors of one channel accepted: in the last minute and hour, and in an hour of the last week's mean.

    `total` only grows: all that ever came, and what else takes an offset.
    """

    channel: Channel
    minute: int
    hour: int
    usual: float
    newest: Moment | None = None
    total: int = 0


class StageState(Shape):
    """A consumer group: who works in it, and what waits for it by topic. What waits for nothing is left out."""

    stage: str
    members: tuple[str, ...]
    topics: Mapping[str, Waiting]

    @property
    def waiting(self) -> Waiting:
        """On all its topics."""
        return sum(self.topics.values(), Waiting())


class Heap(Shape):
    """Messages that were put aside for one reason and wait for a person."""

    place: str = Field(description="The stage that put them aside; of the quarantine the channel.")
    reason: str
    field: str = ""
    waiting: Waiting
    newest: Moment


class QueueState(Shape):
    """An agency's cases that it has not answered; `overdue` of them are past their due time."""

    agency: str
    name: str
    waiting: Waiting
    overdue: int = 0


class PartState(Shape):
    """A stage's worker within a process: see `bus.worker_health.WorkerHealth`."""

    model_config = ConfigDict(allow_inf_nan=False)

    worked: int = 0
    rejected: int = 0
    retried: int = 0
    fenced: int = 0
    fenced_seconds: float | None = None
    waits_for: str = ""
    silent_seconds: float = 0.0


class DoorState(Shape):
    """A door, and why it is shut; nothing while it is open."""

    why: str = ""


class ProcessState(Shape):
    """What a process of ours says of itself at `/ready`; `unreached` is why it could not be asked.

    `ahead` is by how many seconds its clock is before the one that looks.
    """

    address: str
    instance: str = ""
    unreached: str = ""
    doors: Mapping[str, DoorState] = Field(default_factory=dict)
    spooled: int = 0
    spool_share: float = Field(0.0, description="Of the spool's room, what is taken.")
    spool_aside: int = Field(0, description="Accepted messages that the bus will not have.")
    refused: Mapping[str, Mapping[str, int]] = Field(
        default_factory=dict, description="How often its doors turned somebody away since it began, by door and reason."
    )
    parts: Mapping[str, PartState] = Field(default_factory=dict)
    ahead: float = 0.0


class Snapshot(Shape):
    """The whole service at one moment. `away` says of the bus and the database how they failed, where they did.

    `jumped` is by how many seconds this host's clock was set of late. `differences` is what the
    latest audit found, by kind; `None` where none was made.
    """

    at: Moment
    away: Mapping[str, str] = Field(default_factory=dict)
    channels: tuple[ChannelState, ...] = ()
    stages: tuple[StageState, ...] = ()
    letters: tuple[Heap, ...] = ()
    quarantine: tuple[Heap, ...] = ()
    queues: tuple[QueueState, ...] = ()
    processes: tuple[ProcessState, ...] = ()
    jumped: float = 0.0
    differences: Mapping[str, int] | None = None
