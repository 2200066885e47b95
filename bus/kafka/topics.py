"""Questions and orders to the cluster: which topics there are, creating them, leaving a group."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupIdNotFoundError,
    KafkaError,
    NotCoordinatorError,
    TopicAlreadyExistsError,
    for_code,
)

from bus.errors import Stop
from bus.kafka.clients import connect
from bus.kafka.error_policy import translate
from bus.kafka.settings import KafkaSettings, milliseconds
from bus.port import TopicSpec

# Topics per request: what a controller does well within one deadline.
_CHUNK = 100
_DAY_MS = 86_400_000
_PAUSE_SECONDS = 0.1


@contextmanager
def administration(settings: KafkaSettings, doing: str, seconds: float | None = None) -> Iterator[Any]:
    """A client for the body, within `seconds` to connect. Raises only a stage's own errors."""
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
        raise translate(error, doing) from error


def ensure(settings: KafkaSettings, wanted: Iterable[TopicSpec]) -> None:
    """See `Bus.ensure` of the port."""
    specs = {spec.name: spec for spec in wanted}
    with administration(settings, "ensure topics") as client:
        there = partitions(client)
        missing = [spec for name, spec in specs.items() if name not in there]
        for start in range(0, len(missing), _CHUNK):
            _create(client, settings, missing[start : start + _CHUNK])
        there = partitions(client)
    for spec in specs.values():
        if there.get(spec.name, 0) < spec.partitions:
            raise Stop(f"topic {spec.name} has {there.get(spec.name, 0)} partitions, {spec.partitions} are asked for")


def partitions(client: Any, names: Sequence[str] | None = None) -> dict[str, int]:
    """How many partitions each topic has; of all topics when no names are given. Kafka's own topics are left out."""
    return {
        topic["name"]: len(topic["partitions"])
        for topic in client.describe_topics(names)
        if not topic["error_code"] and not topic["is_internal"]
    }


def members(client: Any, group: str) -> list[str]:
    """The names under which the group knows its members; of those that have none, their client's. Sorted."""
    try:
        found = client.describe_groups([group])[group]["members"]
    except GroupIdNotFoundError:
        return []
    return sorted(member["group_instance_id"] or member["client_id"] for member in found)


def leave(settings: KafkaSettings, group: str, instance: str, member_id: str | None = None) -> None:
    """Take a static member out of its group at once: whoever has that name, or only the one with this member id."""
    going = MemberToRemove(member_id=member_id, group_instance_id=instance)
    until = time.monotonic() + settings.deadline
    with administration(settings, "leave group") as client:
        while True:
            try:
                # A group or a name that is not there is said in the answer, and is what was wanted.
                client.remove_group_members(group, [going])
            except (CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError):
                # A broker that has just started looks for it, and kafka-python does not wait here.
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return


def _create(client: Any, settings: KafkaSettings, specs: Sequence[TopicSpec]) -> None:
    asked = {spec.name: _description(spec, settings.replication_factor) for spec in specs}
    answer = client.create_topics(asked, raise_errors=False)
    for topic in answer["topics"]:
        error = for_code(topic["error_code"])
        # Another process may be starting at the same moment.
        if topic["error_code"] and error is not TopicAlreadyExistsError:
            raise error(f"{topic['name']}: {topic['error_message']}")
    client.wait_for_topics(list(asked), timeout_ms=milliseconds(settings.deadline))


def _description(spec: TopicSpec, replication: int) -> dict[str, Any]:
    kept = -1 if spec.retention is None else spec.retention * _DAY_MS
    return {
        "num_partitions": spec.partitions,
        "replication_factor": replication,
        "configs": {
            "retention.ms": str(kept),
            # A record's timestamp is when the bus took it, not what a writer's clock says.
            "message.timestamp.type": "LogAppendTime",
            # With acks=all: a majority has the record before the writer hears so.
            "min.insync.replicas": str(replication // 2 + 1),
        },
    }
