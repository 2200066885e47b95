"""The bus as the stages see it: publish, consume atomically, read. Two buses implement it: `local` and `kafka`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from bus.errors import Reject

Headers = tuple[tuple[str, bytes], ...]

# Bytes of one message with its key and headers: what Apache Kafka takes by default, so every bus of ours.
MAX_MESSAGE_BYTES = 1_000_000


class Partition(NamedTuple):
    """One partition of a topic; offsets are counted within it."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be appended. Records of one topic with the same key keep their order."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers = ()

    @property
    def size(self) -> int:
        """Bytes this message holds in memory, near enough to bound what is in flight."""
        return len(self.key) + len(self.value) + sum(len(name) + len(value) for name, value in self.headers)

    def check(self) -> None:
        """Raises `Reject` on a message that no bus takes."""
        if self.size > MAX_MESSAGE_BYTES:
            raise Reject("too_large")


@dataclass(frozen=True, slots=True)
class Record:
    """What was appended, at its place. `timestamp` is when the bus took it, in milliseconds since 1970 UTC."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Headers = ()

    @property
    def position(self) -> str:
        """The record's identity for ever: `topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    def header(self, name: str) -> str:
        """A header's text, whatever its bytes are; empty where there is none."""
        return dict(self.headers).get(name, b"").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What the bus must know of a topic to create it. `retention` is in days; `None` keeps for ever."""

    name: str
    partitions: int = 1
    retention: int | None = None


class Producer(Protocol):
    """Appends outside any consumer's batch. Safe to share between threads."""

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Append all, in order, and return when they are durable (`acks=all`; fsync on the local bus).

        Blocks at most the producer's deadline. Raises `Retry` when the bus did not confirm in time, or when more
        bytes are already in flight than the producer may hold: then the messages may or may not have arrived, and
        the sender is told to try again (readers drop by id). Raises `Reject` on a message the bus can never take.
        """
        ...

    def close(self) -> None:
        """Let what is in flight finish, within the deadline, and release everything."""
        ...


class Consumer(Protocol):
    """One member of a group: reads committed records and commits its outputs together with its offsets.

    Not for two threads. Topics are shared out among the group's members by partition.
    """

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        """Up to `limit` records not yet polled, in order within a partition; empty after `timeout` seconds.

        Partitions may be taken away or given here, and only here: between batches, never within one.
        Uncommitted records of a partition that was taken away are not returned again to this member.
        """
        ...

    def commit(self, outputs: Iterable[Outgoing]) -> None:
        """Append the outputs and move the offsets past everything polled: both or neither, then durable.

        Raises `Fenced` when the group has given this member's work to another (nothing was committed), `Reject` on an
        output that no bus takes (nothing was committed), and `Retry` when the bus cannot be reached; after `Retry`
        call `rewind`.
        """
        ...

    def rewind(self) -> None:
        """Go back to the last commit: the next `poll` returns the uncommitted records again."""
        ...

    def close(self) -> None:
        """Leave the group; what was not committed goes to the others."""
        ...


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """The committed part of one partition: offsets from `start` up to, not including, `end`."""

    start: int
    end: int


class Reader(Protocol):
    """Looks, outside any group, and changes nothing."""

    def topics(self) -> Sequence[TopicSpec]:
        """Every topic of this bus that is there, by name; retention is not read back."""
        ...

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """What is there to read now. A topic that does not exist has no spans."""
        ...

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """All committed records from the start up to what is there now; with `follow`, then on for ever.

        Where `behind` names an offset of a partition, the records from there on.
        """
        ...

    def first_records(self, places: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """The first committed record at or behind each of these offsets; nothing where there is none (yet)."""
        ...

    def offsets_since(self, topics: Iterable[str], moment: int) -> Mapping[Partition, int]:
        """From which offset on all was taken at `moment` (milliseconds since 1970 UTC) or later; the end if nothing."""
        ...

    def committed(self, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """The next offset the group will work, for each partition in which it ever committed."""
        ...

    def members(self, group: str) -> Sequence[str]:
        """The names of the group's living members, sorted."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...


@dataclass(frozen=True, slots=True)
class Membership:
    """Who consumes: the group, this member's stable name in it, and the topics the group shares out."""

    group: str
    member: str
    topics: tuple[str, ...] = field(default=())


class Bus(Protocol):
    """Makes the others. Each call opens something new, and the caller closes it.

    All but `producer` raise `Retry` when the bus is away; a producer connects when it first publishes.
    """

    def ensure(self, topics: Iterable[TopicSpec]) -> None:
        """Create what is missing; leave what is there. Raises `Stop` on a topic with fewer partitions than asked."""
        ...

    def producer(self) -> Producer:
        """A producer for a door."""
        ...

    def consumer(self, membership: Membership) -> Consumer:
        """Join a group. A member of the same name that is still there is fenced."""
        ...

    def reader(self) -> Reader:
        """A look at the topics."""
        ...

    def ping(self, timeout: float) -> None:
        """Return if the bus answers within `timeout` seconds; raise `Retry` if not."""
        ...
