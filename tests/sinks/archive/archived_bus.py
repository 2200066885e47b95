"""A bus on which the test sets the time, and its archive."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from app.assembly.channels import DIRECTORY
from bus.local import log
from bus.local.bus import LocalBus
from bus.local.reader import LocalReader
from bus.port import Outgoing, Record, TopicSpec
from messages.topics import all_topics, consumer_groups
from sinks.archive.archiver import Archiver, ArchiveReport, System
from sinks.archive.durable_files import DurableFiles
from sinks.archive.person_keys_file import ArchivedKey
from tests.conftest import NOW
from tests.support.stages import ANSWER_CHECK
from tests.support.written_bus import QUEUES

TOPICS = all_topics([queue.removeprefix("agency-") for queue in QUEUES], DIRECTORY.names)
GROUPS = {group.name: group.topics_with(QUEUES) for group in consumer_groups(DIRECTORY.names)}


class ArchivedBus:
    """A local bus in `folder`, whose clock shows `time`, with its archive in `folder/archive`."""

    def __init__(self, folder: Path, time: datetime = NOW) -> None:
        self.time = time
        self.path = folder / "bus.db"
        self.bus = LocalBus(self.path, self._seconds)
        self.bus.ensure(TopicSpec(topic.name, topic.partitions) for topic in TOPICS)
        self.archive = folder / "archive"
        self.keys: list[ArchivedKey] = [ArchivedKey("p1", "sender", "wrapped", "root", NOW, None)]

    def _read_keys(self) -> list[ArchivedKey]:
        return self.keys

    def _seconds(self) -> float:
        return self.time.timestamp()

    def publish(self, *messages: Outgoing, at: datetime) -> None:
        """Publish messages at a time."""
        self.time = at
        producer = self.bus.producer()
        producer.publish(messages)
        producer.close()

    def run(
        self, files: DurableFiles | None = None, until: datetime | None = None, folder: Path | None = None
    ) -> ArchiveReport:
        """Archive the bus."""
        with self.reader() as reader:
            target, system = folder or self.archive, System("local", "1")
            archiver = Archiver(
                reader, TOPICS, GROUPS, target, system, files or DurableFiles(), self._read_keys, ANSWER_CHECK
            )
            return archiver.run(self.time, until)

    def records(self) -> list[Record]:
        """Return every record on the bus, by topic, partition and offset."""
        with self.reader() as reader:
            names = [spec.name for spec in reader.topics()]
            return sorted(reader.read(names), key=lambda record: (record.topic, record.partition, record.offset))

    @contextmanager
    def reader(self) -> Iterator[LocalReader]:
        """Return a reader until the end of the block."""
        reader = self.bus.reader()
        try:
            yield reader
        finally:
            reader.close()

    def expire(self, topic: str, before: datetime) -> None:
        """Delete the records of a topic that are older than a time, as retention does."""
        connection = log.connect(self.path)
        with log.transaction(connection):
            connection.execute("UPDATE topics SET retention = 0 WHERE name = ?", (topic,))
        log.trim(connection, int(before.timestamp() * 1000))
        connection.close()
