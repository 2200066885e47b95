"""Fills topics of a real Kafka quickly, with committed and aborted transactions and with deleted records."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.structs import OffsetAndMetadata

from bus.port import Outgoing, Partition

_BATCH_BYTES = 200_000
_LINGER_MS = 5
_PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.02
_ABORTED_RECORDS = 500
# Kafka closes a segment after 100 ms, and compacts it if one record in a hundred may be deleted.
_EAGER_COMPACTION = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "max.compaction.lag.ms": "100"}
_ABORTED = Outgoing("", b"aborted", b"aborted")


def wait_until_written(bootstrap: str, topic: str, end: int) -> None:
    """Return when the broker's log of partition 0 has `end` offsets, also those of a transaction that is still open."""
    until = time.monotonic() + _PATIENCE_SECONDS
    partition = TopicPartition(topic, 0)
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_uncommitted")) as consumer:
        while consumer.end_offsets([partition])[partition] < end:
            assert time.monotonic() < until, "the records never reached the log"
            time.sleep(_POLL_SECONDS)


class Filler:
    """Appends many records to the topics of one broker. Close it at the end."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        arguments: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "batch_size": _BATCH_BYTES,
            "linger_ms": _LINGER_MS,
        }
        self._plain = KafkaProducer(**arguments)
        self._transactional = KafkaProducer(**arguments, transactional_id=f"filler-{uuid.uuid4().hex}")
        self._transactional.init_transactions()

    def append(self, messages: Sequence[Outgoing]) -> None:
        """Append the messages outside any transaction, as a door does."""
        _send(self._plain, messages)

    def append_in_transactions(self, messages: Sequence[Outgoing], size: int) -> None:
        """Append the messages in committed transactions of `size`, each followed by an aborted transaction."""
        for start in range(0, len(messages), size):
            batch = messages[start : start + size]
            self._transactional.begin_transaction()
            _send(self._transactional, batch)
            self._transactional.commit_transaction()
            self.abort(batch[0].topic, _ABORTED_RECORDS)

    def abort(self, topic: str, count: int) -> None:
        """Append a transaction of `count` records and abort it."""
        self._transactional.begin_transaction()
        _send(self._transactional, [Outgoing(topic, _ABORTED.key, _ABORTED.value)] * count)
        self._transactional.abort_transaction()

    def delete_before(self, offsets: Mapping[Partition, int]) -> None:
        """Delete the records before these offsets, as retention does."""
        with self._admin() as admin:
            admin.delete_records({TopicPartition(*partition): offset for partition, offset in offsets.items()})

    def commit_offsets(self, group: str, offsets: Mapping[Partition, int]) -> None:
        """Commit these offsets for a group without members."""
        with closing(KafkaConsumer(bootstrap_servers=self._bootstrap, group_id=group)) as consumer:
            partitions = [TopicPartition(*partition) for partition in offsets]
            consumer.assign(partitions)
            consumer.commit(
                {TopicPartition(*partition): OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}
            )

    def create_compacted_topic(self, topic: str) -> None:
        """Create a topic of which Kafka deletes each record that has a newer one with its key, as soon as it can."""
        configs = {"cleanup.policy": "compact", **_EAGER_COMPACTION}
        with self._admin() as admin:
            admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1, "configs": configs}})
            admin.wait_for_topics([topic])

    def compact_soon(self, topic: str) -> None:
        """Let Kafka compact a compacted topic as soon as it can, not after the days that it waits by default."""
        with self._admin() as admin:
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, dict(_EAGER_COMPACTION))])

    def close(self) -> None:
        """Close the producers."""
        self._plain.close()
        self._transactional.close()

    @contextmanager
    def _admin(self) -> Iterator[KafkaAdminClient]:
        with closing(KafkaAdminClient(bootstrap_servers=self._bootstrap)) as admin:
            yield admin


def _send(producer: KafkaProducer, messages: Sequence[Outgoing]) -> None:
    """Send the messages; return when the broker has them all."""
    send: Callable[..., Any] = producer.send
    futures = [
        send(message.topic, value=message.value, key=message.key, headers=list(message.headers)) for message in messages
    ]
    for future in futures:
        future.get(60)
