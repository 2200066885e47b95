"""A bus in memory that keeps the port's guarantees. A simulation decides what happens before and after each call."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol
from zlib import crc32

from bus.errors import Fenced, Retry, TopicFault, TopicsRefused, UnknownTopic
from bus.port import Membership, OffsetRange, Outgoing, Partition, Record, TopicSpec
from bus.topic_faults import partition_faults

# A member without a poll for so long loses its partitions.
SESSION_SECONDS = 30.0
_DAY_SECONDS = 86_400.0


class Surroundings(Protocol):
    """What a simulation gives to the callers of a bus.

    `before` and `after` are called around the effect of a call, with its name: they may raise, or let others go on.
    """

    def before(self, call: str) -> None:
        """Return, or raise what the caller shall get instead of the effect."""
        ...

    def after(self, call: str) -> None:
        """Return, or raise what the caller shall get although the effect is there."""
        ...

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Let so many seconds pass, or fewer: until `is_over`."""
        ...


@dataclass
class _Group:
    """Members of a group: epoch and last poll by name; the owner of each leased partition; committed offsets."""

    epochs: dict[str, int] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    leases: dict[Partition, tuple[str, int]] = field(default_factory=dict)
    committed: dict[Partition, int] = field(default_factory=dict)

    def living(self, now: float) -> list[str]:
        """Return the names of the members whose session has not ended, sorted."""
        return sorted(name for name, seen in self.seen.items() if abs(now - seen) <= SESSION_SECONDS)


class SimLog:
    """What the bus stores: topics, records, groups. It survives every process. `clock` gives seconds since 1970 UTC."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.specs: dict[str, TopicSpec] = {}
        self.partitions: dict[Partition, list[Record]] = {}
        self.groups: dict[str, _Group] = {}
        # How often records were appended.
        self.appends = 0

    def ensure(self, topics: Iterable[TopicSpec]) -> None:
        """Create missing topics. Raises `TopicsRefused` for those with fewer partitions than asked for."""
        specs = list(topics)
        for spec in specs:
            if spec.name not in self.specs:
                self.specs[spec.name] = spec
                self.partitions |= {Partition(spec.name, number): [] for number in range(spec.partitions)}
        if faults := self.faults(specs):
            raise TopicsRefused(faults)

    def faults(self, topics: Iterable[TopicSpec]) -> Sequence[TopicFault]:
        """Return how existing topics differ from what is asked for."""
        return partition_faults(topics, {name: spec.partitions for name, spec in self.specs.items()})

    def append(self, messages: Sequence[Outgoing]) -> None:
        """Append all messages or none. Raises `UnknownTopic`."""
        for message in messages:
            if message.topic not in self.specs:
                raise UnknownTopic(message.topic)
        timestamp = int(self.clock() * 1000)
        self.appends += bool(messages)
        for message in messages:
            number = crc32(message.key) % self.specs[message.topic].partitions
            records = self.partitions[Partition(message.topic, number)]
            records.append(
                Record(message.topic, number, len(records), timestamp, message.key, message.value, message.headers)
            )

    def of_topics(self, topics: Iterable[str]) -> list[Partition]:
        """Return the partitions of these topics, sorted."""
        names = set(topics)
        return sorted(partition for partition in self.partitions if partition.topic in names)


class SimBus:
    """See `bus.port.Bus`. One for each process; all share a log."""

    def __init__(self, log: SimLog, surroundings: Surroundings) -> None:
        self._log = log
        self._surroundings = surroundings

    def ensure(self, topics: Iterable[TopicSpec]) -> None:
        """See the port."""
        self._surroundings.before("ensure")
        with self._log.lock:
            self._log.ensure(topics)
        self._surroundings.after("ensure")

    def differences(self, topics: Iterable[TopicSpec]) -> Sequence[str]:
        """See the port."""
        counts = {name: spec.partitions for name, spec in self._log.specs.items()}
        return [f"topic {fault.topic}: {fault.cause}" for fault in partition_faults(topics, counts)]

    def producer(self) -> "SimProducer":
        """See the port."""
        return SimProducer(self._log, self._surroundings)

    def consumer(self, membership: Membership) -> "SimConsumer":
        """See the port."""
        self._surroundings.before("join")
        consumer = SimConsumer(self._log, membership, self._surroundings)
        self._surroundings.after("join")
        return consumer

    def reader(self) -> "SimReader":
        """See the port."""
        return SimReader(self._log, self._surroundings)

    def ping(self, timeout: float) -> None:  # noqa: ARG002 - of the port
        """See the port."""
        self._surroundings.before("ping")


class SimProducer:
    """See `bus.port.Producer`."""

    def __init__(self, log: SimLog, surroundings: Surroundings) -> None:
        self._log = log
        self._surroundings = surroundings
        self._closed = False

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the port."""
        for message in messages:
            message.check()
        if self._closed:
            raise Retry("the producer is closed")
        self._surroundings.before("publish")
        with self._log.lock:
            self._log.append(messages)
        self._surroundings.after("publish")

    def close(self) -> None:
        """See the port."""
        self._closed = True


class SimConsumer:
    """See `bus.port.Consumer`."""

    def __init__(self, log: SimLog, membership: Membership, surroundings: Surroundings) -> None:
        self._log = log
        self._name = membership.member
        self._group_name = membership.group
        self._topics = membership.topics
        self._surroundings = surroundings
        self._positions: dict[Partition, int] = {}
        self._polled: set[Partition] = set()
        with log.lock:
            self._group = log.groups.setdefault(membership.group, _Group())
            self._epoch = self._group.epochs.get(self._name, 0) + 1
            self._group.epochs[self._name] = self._epoch
            self._group.seen[self._name] = log.clock()
            # The partitions of an earlier process of this name pass to this one.
            for partition, (owner, _) in self._group.leases.items():
                if owner == self._name:
                    self._group.leases[partition] = self._name, self._epoch

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        """See the port."""
        self._surroundings.before("poll")
        until = self._log.clock() + timeout
        while not (records := self._fetch(limit)):
            if (left := until - self._log.clock()) <= 0:
                break
            self._wait(left)
        self._surroundings.after("poll")
        return records

    def commit(self, outputs: Iterable[Outgoing]) -> None:
        """See the port."""
        messages = list(outputs)
        for message in messages:
            message.check()
        if not messages and not self._polled:
            return
        self._surroundings.before("commit")
        with self._log.lock:
            self._check_leases()
            self._log.append(messages)
            self._group.committed |= {partition: self._positions[partition] for partition in self._polled}
            self._polled.clear()
        self._surroundings.after("commit")

    def rewind(self) -> None:
        """See the port."""
        with self._log.lock:
            self._polled.clear()
            self._positions = {}
            self._begin(self._owned())

    def close(self) -> None:
        """See the port."""
        self._surroundings.before("leave")
        with self._log.lock:
            if self._group.epochs[self._name] == self._epoch:
                for partition in self._owned():
                    del self._group.leases[partition]
                self._group.seen.pop(self._name, None)

    def _wait(self, seconds: float) -> None:
        seen = self._log.appends
        self._surroundings.wait(seconds, lambda: self._log.appends != seen)

    def _owned(self) -> set[Partition]:
        return {each for each, owner in self._group.leases.items() if owner == (self._name, self._epoch)}

    def _check_leases(self) -> None:
        lost = self._polled - self._owned()
        if lost or self._group.epochs[self._name] != self._epoch:
            raise Fenced(f"{len(lost)} partitions of {self._group_name} are no longer leased to {self._name}")

    def _fetch(self, limit: int) -> list[Record]:
        with self._log.lock:
            self._share()
            records: list[Record] = []
            for partition, position in sorted(self._positions.items()):
                batch = self._log.partitions[partition][position : position + limit - len(records)]
                if batch:
                    self._positions[partition] = batch[-1].offset + 1
                    self._polled.add(partition)
                    records += batch
            return records

    def _share(self) -> None:
        """Renew the session, release what is not of our share, and lease what is free of it."""
        if self._group.epochs[self._name] != self._epoch:
            raise Fenced(f"another member named {self._name} joined {self._group_name}")
        now = self._log.clock()
        self._group.seen[self._name] = now
        living = self._group.living(now)
        for partition, (owner, _) in list(self._group.leases.items()):
            if owner not in living:
                del self._group.leases[partition]
        kept = self._owned()
        if lost := self._polled - kept:
            raise Fenced(f"{len(lost)} partitions of {self._group_name} were leased to another member")
        partitions = self._log.of_topics(self._topics)
        fair_share = set(partitions[living.index(self._name) :: len(living)])
        for partition in self._owned() - fair_share - self._polled:
            del self._group.leases[partition]
        for partition in fair_share:
            self._group.leases.setdefault(partition, (self._name, self._epoch))
        owned = self._owned()
        # Another member may have processed more of a partition that comes back.
        for partition in self._positions.keys() - (owned & kept):
            del self._positions[partition]
        self._begin(owned - self._positions.keys())

    def _begin(self, partitions: AbstractSet[Partition]) -> None:
        for partition in partitions:
            self._positions[partition] = self._group.committed.get(partition, 0)


class SimReader:
    """See `bus.port.Reader`."""

    def __init__(self, log: SimLog, surroundings: Surroundings) -> None:
        self._log = log
        self._surroundings = surroundings

    def topics(self) -> Sequence[TopicSpec]:
        """See the port."""
        return [self._log.specs[name] for name in sorted(self._log.specs)]

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port."""
        with self._log.lock:
            return {each: OffsetRange(0, len(self._log.partitions[each])) for each in self._log.of_topics(topics)}

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port."""
        self._surroundings.before("read")
        names, positions = list(topics), dict(start_offsets or {})
        while True:
            for partition, offsets in self.offset_ranges(names).items():
                start = positions.get(partition, 0)
                positions[partition] = max(start, offsets.end)
                yield from self._log.partitions[partition][start : offsets.end]
            if not follow:
                return
            self._surroundings.wait(0.2, lambda: False)

    def first_records(self, offsets: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """See the port."""
        with self._log.lock:
            partitions = self._log.partitions
            return {each: partitions[each][at] for each, at in offsets.items() if at < len(partitions.get(each, ()))}

    def records_at(self, offsets: Mapping[Partition, Collection[int]]) -> Sequence[Record]:
        """See the port."""
        with self._log.lock:
            return [
                self._log.partitions[partition][offset]
                for partition, wanted in offsets.items()
                for offset in sorted(wanted)
                if offset < len(self._log.partitions.get(partition, ()))
            ]

    def retention_seconds(self, topics: Iterable[str]) -> Mapping[str, float]:
        """See the port."""
        specs = [self._log.specs[name] for name in topics if name in self._log.specs]
        return {spec.name: spec.retention * _DAY_SECONDS for spec in specs if spec.retention is not None}

    def offsets_since(self, topics: Iterable[str], moment: int) -> Mapping[Partition, int]:
        """See the port."""
        with self._log.lock:
            return {
                each: sum(record.timestamp < moment for record in self._log.partitions[each])
                for each in self._log.of_topics(topics)
            }

    def committed(self, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """See the port."""
        names = set(topics)
        with self._log.lock:
            offsets = self._log.groups[group].committed if group in self._log.groups else {}
            return {partition: offset for partition, offset in offsets.items() if partition.topic in names}

    def members(self, group: str) -> Sequence[str]:
        """See the port."""
        with self._log.lock:
            return self._log.groups[group].living(self._log.clock()) if group in self._log.groups else []

    def close(self) -> None:
        """See the port."""
