"""Fills empty topics of Kafka with archived records."""

from collections.abc import Callable, Mapping, Sequence

from kafka import KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from bus.errors import Stop
from bus.kafka.clients import connect
from bus.kafka.error_policy import translate
from bus.kafka.settings import KafkaSettings
from bus.kafka.topics import CREATE_TIME, LOG_APPEND_TIME, TIMESTAMP_TYPE, administration, configured_values, ensure
from bus.port import Partition, Record, TopicSpec

# A busy broker takes seconds for a new setting of 800 topics.
_SETTLING_SECONDS = 10.0


class KafkaRestorer:
    """See `bus.port.Restorer`. Its methods raise `Retry` when the broker is away.

    `sleep` waits seconds; `settling_seconds` is how long brokers have to take a new setting of topics that exist.
    """

    def __init__(
        self, settings: KafkaSettings, sleep: Callable[[float], None], settling_seconds: float = _SETTLING_SECONDS
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._settling_seconds = settling_seconds
        arguments = {**settings.client(), "acks": "all", "enable_idempotence": True, "compression_type": "zstd"}
        try:
            self._client = connect(KafkaProducer, arguments)
        except KafkaError as error:
            raise translate(error, "open restorer") from error

    def open_topics(self, specs: Sequence[TopicSpec]) -> None:
        """See the port. A new topic takes the times of its records at once, an older one after some seconds."""
        ensure(self._settings, specs, CREATE_TIME)
        with administration(self._settings, "restore topics") as client:
            types = configured_values(client, TIMESTAMP_TYPE, [spec.name for spec in specs])
        if older := [name for name, value in types.items() if value != CREATE_TIME]:
            self._set_timestamp_type(older, CREATE_TIME)
            self._sleep(self._settling_seconds)

    def close_topics(self, topics: Sequence[str]) -> None:
        """See the port."""
        self._set_timestamp_type(topics, LOG_APPEND_TIME)

    def append(self, records: Sequence[Record]) -> None:
        """See the port. Raises `Stop` if Kafka gave a record another offset or time."""
        try:
            futures = [
                self._client.send(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=record.partition,
                    timestamp_ms=record.timestamp,
                )
                for record in records
            ]
            appended = [future.get(timeout=self._settings.deadline) for future in futures]
        except KafkaError as error:
            raise translate(error, "restore records") from error
        for record, metadata in zip(records, appended, strict=True):
            if metadata.timestamp != record.timestamp:
                raise Stop(f"Kafka does not take the time of {record.position}. Empty its topics and restore again.")
            if metadata.offset != record.offset:
                raise Stop(f"{record.position} was restored at offset {metadata.offset}: the topic was not empty.")

    def commit(self, group: str, offsets: Mapping[Partition, int]) -> None:
        """See the port."""
        committed = {TopicPartition(*partition): OffsetAndMetadata(at, "", -1) for partition, at in offsets.items()}
        with administration(self._settings, "restore offsets") as client:
            client.alter_group_offsets(group, committed)

    def _set_timestamp_type(self, topics: Sequence[str], kind: str) -> None:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, {TIMESTAMP_TYPE: kind}) for name in topics]
        with administration(self._settings, "restore topics") as client:
            client.alter_configs(resources)

    def close(self) -> None:
        """See the port."""
        self._client.close(timeout=self._settings.deadline)
