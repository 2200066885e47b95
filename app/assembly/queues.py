"""The agencies' queues that exist on the bus, also those of institutions that left the registry."""

from collections.abc import Sequence
from contextlib import closing

import structlog

from bus.port import Bus, Membership, Reader
from messages import topics
from messages.topics import ConsumerGroup

_log = structlog.get_logger()


def existing_queues(reader: Reader) -> list[str]:
    """Return every agency's topic on the bus. The queue of an agency that left the registry still holds dispatches."""
    agency_topics = [topic.name for topic in reader.topics() if topic.name.startswith(topics.agency_topic(""))]
    return [name for name in agency_topics if name != topics.AGENCY_ANSWERS]


def membership(bus: Bus, group: ConsumerGroup, member: str, queues: Sequence[str]) -> Membership:
    """Return the membership of a worker in its group. `queues` are the topics of the registry's agencies.

    A group that reads the queues reads every queue that exists: a dispatch to an institution that was removed before
    the ledger had read it must not be lost. A group that fills them names those that exist as its outputs.

    Raises `Retry` if the bus is away.
    """
    if not group.agency_topics and not group.fills_agency_topics:
        return Membership(group.name, member, group.topics)
    with closing(bus.reader()) as reader:
        existing = existing_queues(reader)
    if group.fills_agency_topics:
        return Membership(group.name, member, group.topics, outputs=tuple(existing))
    removed = sorted(set(existing) - set(queues))
    if removed:
        _log.warning("queues.without_agency", stage=group.name, queues=removed)
    return Membership(group.name, member, group.topics_with([*queues, *removed]))
