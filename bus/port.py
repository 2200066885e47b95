"""The bus as the stages see it: publish, consume atomically, read. Two buses implement it: `local` and `kafka`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from bus.errors import Reject

Headers = tuple[tuple[str, bytes], ...]

# Bytes of one message with its key and headers. It is Apache Kafka's default, so it holds for both buses.
MAX_MESSAGE_BYTES = 1_000_000
_MS_PER_SECOND = 1_000


class Partition(NamedTuple):
    """One partition of a topic; offsets are counted within it."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be appended. Records of one topic with the same key keep their order."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers = ()

    @property
    def size(self) -> int:
        """Bytes that this message holds in memory, precise enough to limit the bytes in flight."""
        return len(self.key) + len(self.value) + sum([len(name) + len(value) for name, value in self.headers])

    def check(self) -> None:
        """Raise `Reject` if no bus can take the message."""
        if self.size > MAX_MESSAGE_BYTES:
            raise Reject("too_large")


@dataclass(frozen=True, slots=True)
class Record:
    """An appended message at its offset. `timestamp` is when the bus took it, in milliseconds since 1970 UTC."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Headers = ()

    @property
    def taken_at(self) -> datetime:
        """`timestamp` as a time in UTC. It does not depend on the clock of the writer."""
        return datetime.fromtimestamp(self.timestamp / _MS_PER_SECOND, UTC)

    @property
    def position(self) -> str:
        """Permanent identity of the record: `topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    def header(self, name: str) -> str:
        """Return the text of a header, with replacement characters for other bytes; empty if it is missing."""
        return dict(self.headers).get(name, b"").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """Parameters of a topic. `retention` is in days; `None` keeps records for ever.

    `retention_bytes` is the size of a partition from which the oldest records are deleted; `None`: no limit. The local
    bus has no such limit. Of a `compacted` topic the last record of each key stays for ever; the local bus keeps every
    record for the retention.
    """

    name: str
    partitions: int = 1
    retention: int | None = None
    retention_bytes: int | None = None
    compacted: bool = False


class Producer(Protocol):
    """Appends messages outside any consumer's batch. Safe to share between threads."""

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Append all, in order, and return when they are durable (`acks=all`; fsync on the local bus).

        Blocks at most for the producer's deadline. Raises `Retry` when the bus did not confirm in time, or when more
        bytes are already in flight than the producer may hold. The messages may then have arrived or not, and the
        sender has to try again (readers drop repeated ids). Raises `Reject` on a message the bus can never take.
        """
        ...

    def close(self) -> None:
        """Let the messages in flight finish, within the deadline, and release everything."""
        ...


class Consumer(Protocol):
    """One member of a group: reads committed records and commits its outputs together with its offsets.

    Not for two threads. Topics are shared out among the group's members by partition.
    """

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        """Return up to `limit` new records, in order within a partition; none after `timeout` seconds.

        Only this call may add or remove partitions of the member: between batches, never within one.
        Uncommitted records of a removed partition are not returned again to this member.
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
        """Leave the group. The other members get the uncommitted records."""
        ...


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """The committed part of one partition: offsets from `start` up to, not including, `end`."""

    start: int
    end: int


class Reader(Protocol):
    """Reads outside any group, and changes nothing."""

    def topics(self) -> Sequence[TopicSpec]:
        """Return every topic of this bus, by name; retention is not read back."""
        ...

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """Return the offsets that can be read now. A topic that does not exist has none."""
        ...

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """Yield all committed records from the start up to now; with `follow`, go on for ever.

        A partition in `start_offsets` is read from that offset on.
        """
        ...

    def first_records(self, offsets: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """Return each partition's first committed record at this offset or later, where there is one."""
        ...

    def records_at(self, offsets: Mapping[Partition, Collection[int]]) -> Sequence[Record]:
        """Return the committed records at exactly these offsets. Those that the bus does not have are left out.

        It seeks once for each offset, and reads nothing in between.
        """
        ...

    def retention_seconds(self, topics: Iterable[str]) -> Mapping[str, float]:
        """Return for how long the bus keeps a record of each topic.

        Topics that keep records for ever, and those whose retention the bus does not tell, are left out.
        """
        ...

    def offsets_since(self, topics: Iterable[str], moment: int) -> Mapping[Partition, int]:
        """Return the first offset taken at `moment` (milliseconds since 1970 UTC) or later, else the end."""
        ...

    def committed(self, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """Return the next offset that the group will process, for each partition in which it ever committed."""
        ...

    def members(self, group: str) -> Sequence[str]:
        """Return the names of the group's living members, sorted."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...


class Restorer(Protocol):
    """Fills an empty bus with archived records. Nothing else may use the bus meanwhile.

    It is no part of `Bus`: only the restore of an archive has one.
    """

    def open_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create the topics that are missing, and prepare all for records with times of the past.

        Call it before `append`. Raises `TopicsRefused`.
        """
        ...

    def close_topics(self, topics: Sequence[str]) -> None:
        """Let the bus give its own times to further records of the topics."""
        ...

    def append(self, records: Sequence[Record]) -> None:
        """Append the records to their partitions, with their timestamps; they are durable when this returns.

        The offsets of a partition grow. On Kafka they are 0, 1, 2 and so on.
        """
        ...

    def commit(self, group: str, offsets: Mapping[Partition, int]) -> None:
        """Set the next offset that a group will process, for each of these partitions."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...


@dataclass(frozen=True, slots=True)
class Membership:
    """A consumer group, this member's stable name in it, and the topics that the group shares out.

    `outputs` are topics that its outputs may go to, if they are many: a client then asks for all of them at once, and
    not for each before its first message.
    """

    group: str
    member: str
    topics: tuple[str, ...] = field(default=())
    outputs: tuple[str, ...] = field(default=())


class Bus(Protocol):
    """Creates producers, consumers and readers. Each call opens a new one, and the caller closes it.

    All but `producer` raise `Retry` when the bus is away; a producer connects when it first publishes.
    """

    def ensure(self, topics: Iterable[TopicSpec]) -> None:
        """Create missing topics; leave existing ones.

        Raises `TopicsRefused` naming the topics that cannot be created, or that have fewer partitions than asked for.
        All others exist then.
        """
        ...

    def differences(self, topics: Iterable[TopicSpec]) -> Sequence[str]:
        """Return what existing topics have less of than asked for, as sentences for operators. It changes nothing."""
        ...

    def producer(self) -> Producer:
        """Return a producer for a door."""
        ...

    def consumer(self, membership: Membership) -> Consumer:
        """Join a group. An earlier member of the same name is fenced."""
        ...

    def reader(self) -> Reader:
        """Return a reader."""
        ...

    def ping(self, timeout: float) -> None:
        """Return if the bus answers within `timeout` seconds; raise `Retry` if not."""
        ...
