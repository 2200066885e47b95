"""Administration of the cluster: lists and creates topics, lists members of a group, and removes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, MemberToRemove
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupIdNotFoundError,
    KafkaError,
    NotCoordinatorError,
    TopicAlreadyExistsError,
    for_code,
)

from bus.errors import TopicFault, TopicsRefused
from bus.kafka.clients import connect
from bus.kafka.error_policy import translate
from bus.kafka.settings import KafkaClock, KafkaSettings, milliseconds
from bus.port import TopicSpec
from bus.topic_faults import partition_faults

# Topics per request. A controller creates so many within one deadline.
_TOPICS_PER_REQUEST = 100
_DAY_MS = 86_400_000
_RETENTION = "retention.ms"
_RETENTION_BYTES = "retention.bytes"
_PAUSE_SECONDS = 0.1
TIMESTAMP_TYPE = "message.timestamp.type"
# The timestamp of a record is when the bus took it, independent of a writer's clock; or it is the writer's.
LOG_APPEND_TIME, CREATE_TIME = "LogAppendTime", "CreateTime"


@contextmanager
def administration(settings: KafkaSettings, operation: str, seconds: float | None = None) -> Iterator[Any]:
    """Give the body an admin client, which has `seconds` to connect. Raises only a stage's own errors."""
    arguments = settings.client()
    if seconds is not None:
        arguments |= {"bootstrap_timeout_ms": milliseconds(seconds)}
    try:
        client = connect(KafkaAdminClient, arguments)
        try:
            yield client
        finally:
            client.close()
    except KafkaError as error:
        raise translate(error, operation) from error


def ensure(settings: KafkaSettings, topic_specs: Iterable[TopicSpec], timestamp_type: str = LOG_APPEND_TIME) -> None:
    """See `Bus.ensure` of the port. Only a new topic gets the type of timestamps."""
    specs = {spec.name: spec for spec in topic_specs}
    faults: list[TopicFault] = []
    with administration(settings, "ensure topics") as client:
        counts = partition_counts(client)
        missing = [spec for name, spec in specs.items() if name not in counts]
        for start in range(0, len(missing), _TOPICS_PER_REQUEST):
            faults += _create(client, settings, missing[start : start + _TOPICS_PER_REQUEST], timestamp_type)
        counts = partition_counts(client)
    if faults := [*faults, *partition_faults(specs.values(), counts)]:
        raise TopicsRefused(faults)


def differences(settings: KafkaSettings, topic_specs: Iterable[TopicSpec]) -> list[str]:
    """See `Bus.differences` of the port. Copies are compared too, and the number of brokers that can hold them."""
    specs, copies = list(topic_specs), settings.replication_factor
    with administration(settings, "compare topics") as client:
        brokers = len(client.describe_cluster()["brokers"])
        existing = {topic["name"]: topic["partitions"] for topic in client.describe_topics() if not topic["error_code"]}
    counts = {name: len(partitions) for name, partitions in existing.items()}
    sentences = [f"topic {fault.topic}: {fault.cause}" for fault in partition_faults(specs, counts)]
    fewest_copies = {
        spec.name: min((len(partition["replica_nodes"]) for partition in existing[spec.name]), default=0)
        for spec in specs
        if spec.name in existing
    }
    sentences += _missing_copies(fewest_copies, copies)
    if brokers < copies:
        sentences.append(f"{copies} copies of each topic need {copies} brokers, and the cluster has {brokers}")
    return sentences


def _missing_copies(fewest_copies: Mapping[str, int], copies: int) -> Iterator[str]:
    """Yield a sentence if topics have fewer copies, given the fewest copies of a partition of each topic."""
    with_fewer = {name: count for name, count in fewest_copies.items() if count < copies}
    if with_fewer:
        name, count = next(iter(with_fewer.items()))
        yield (
            f"{len(with_fewer)} of {len(fewest_copies)} topics have fewer than {copies} copies, as {name} with {count}"
            ": add copies with kafka-reassign-partitions, and set the topics' min.insync.replicas to "
            f"{minimum_in_sync(copies)}"
        )


def minimum_in_sync(copies: int) -> int:
    """Return the majority of the copies. With acks=all that many have a record before its writer is told so."""
    return copies // 2 + 1


def partition_counts(client: Any, names: Sequence[str] | None = None) -> dict[str, int]:
    """Return the number of partitions of each topic, or of those named. Kafka's internal topics are left out."""
    return {
        topic["name"]: len(topic["partitions"])
        for topic in client.describe_topics(names)
        if not topic["error_code"] and not topic["is_internal"]
    }


def retention_times(client: Any, names: Iterable[str]) -> dict[str, int]:
    """Return `retention.ms` of each topic whose configuration the broker tells; -1 means for ever."""
    return {name: int(value) for name, value in configured_values(client, _RETENTION, names).items()}


def configured_values(client: Any, key: str, names: Iterable[str]) -> dict[str, str]:
    """Return the value of this key for each topic whose configuration the broker tells."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, {key: None}) for name in names]
    if not resources:
        return {}
    configurations = client.describe_configs(resources, config_filter="all").get("topic", {})
    return {name: values[key]["value"] for name, values in configurations.items() if key in values}


def members(client: Any, group: str) -> list[str]:
    """Return the names of the group's members, sorted; a member without a name of its own has its client's name."""
    try:
        descriptions = client.describe_groups([group])[group]["members"]
    except GroupIdNotFoundError:
        return []
    return sorted(member["group_instance_id"] or member["client_id"] for member in descriptions)


def leave(settings: KafkaSettings, clock: KafkaClock, group: str, instance: str, member_id: str | None = None) -> None:
    """Remove a static member from its group at once: any with this name, or only the one with this member id."""
    member = MemberToRemove(member_id=member_id, group_instance_id=instance)
    until = clock.monotonic() + settings.deadline
    with administration(settings, "leave group") as client:
        while True:
            try:
                # An unknown group or name is reported in the answer, and needs no action.
                client.remove_group_members(group, [member])
            except (CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError):
                # A broker that has just started is still looking for the coordinator, and kafka-python does not wait.
                if clock.monotonic() > until:
                    raise
                clock.sleep(_PAUSE_SECONDS)
            else:
                return


def _create(client: Any, settings: KafkaSettings, specs: Sequence[TopicSpec], timestamp_type: str) -> list[TopicFault]:
    """Create topics. Return those that the broker refuses: the others are ready to use."""
    descriptions = {spec.name: _description(spec, settings.replication_factor, timestamp_type) for spec in specs}
    answer = client.create_topics(descriptions, raise_errors=False)
    faults: list[TopicFault] = []
    for topic in answer["topics"]:
        error = for_code(topic["error_code"])
        # Another process may be starting at the same moment.
        if not topic["error_code"] or error is TopicAlreadyExistsError:
            continue
        if error.retriable:
            raise error(f"{topic['name']}: {topic['error_message']}")
        faults.append(TopicFault(topic["name"], f"{error.__name__}: {topic['error_message']}"))
    created = descriptions.keys() - {fault.topic for fault in faults}
    client.wait_for_topics(sorted(created), timeout_ms=milliseconds(settings.deadline))
    return faults


def _description(spec: TopicSpec, replication: int, timestamp_type: str) -> dict[str, Any]:
    retention_ms = -1 if spec.retention is None else spec.retention * _DAY_MS
    return {
        "num_partitions": spec.partitions,
        "replication_factor": replication,
        "configs": {
            _RETENTION: str(retention_ms),
            _RETENTION_BYTES: str(-1 if spec.retention_bytes is None else spec.retention_bytes),
            "cleanup.policy": "compact" if spec.compacted else "delete",
            TIMESTAMP_TYPE: timestamp_type,
            "min.insync.replicas": str(minimum_in_sync(replication)),
        },
    }
