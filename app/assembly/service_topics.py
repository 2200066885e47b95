"""The topics of the service, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from app.assembly.core import Core
from app.assembly.reference_tables import ReferenceTables
from bus.port import TopicSpec
from messages import topics
from messages.topics import ConsumerGroup, Topic

if TYPE_CHECKING:
    from bus.ensured_topics import EnsuredTopics


class ServiceTopics:
    """Topics of the service, with the queues of the agencies in the registry."""

    def __init__(self, core: Core, tables: ReferenceTables) -> None:
        self._core = core
        self._tables = tables

    @cached_property
    def consumer_groups(self) -> Mapping[str, ConsumerGroup]:
        """Consumer groups of all stages, by name."""
        return {group.name: group for group in topics.consumer_groups(self._core.channels.names)}

    @property
    def watched(self) -> Mapping[str, tuple[str, ...]]:
        """Topics of each consumer group whose lag is watched: those that do not depend on the registry."""
        return {name: group.topics for name, group in self.consumer_groups.items()}

    @cached_property
    def all(self) -> tuple[Topic, ...]:
        """Every topic of the service with its agencies."""
        return topics.all_topics(self._tables.registry.agencies, self._core.channels.names)

    @property
    def queues(self) -> list[str]:
        """Topics of the agencies' queues, with that of triage."""
        return [topics.agency_topic(code) for code in self._tables.registry.agencies]

    @property
    def specs(self) -> list[TopicSpec]:
        """Every topic of the service, as the bus is to have it."""
        return [
            TopicSpec(topic.name, topic.partitions, topic.retention, topic.retention_bytes, topic.compacted)
            for topic in self.all
        ]

    @cached_property
    def ensured(self) -> EnsuredTopics:
        """The topics of the service, created when they are missing."""
        from bus.ensured_topics import EnsuredTopics

        return EnsuredTopics(self._core.bus.ensure, lambda: self.specs, self._core.clock.monotonic)
