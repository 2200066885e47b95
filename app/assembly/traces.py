"""Assembles the stage that exports traces, where the settings name a collector."""

from app.assembly.parts import Parts
from messages.topics import ConsumerGroup, traces_group
from monitor.traces.stage import TracesStage


def stage(parts: Parts) -> TracesStage:
    """Return the stage that sends every record to the collector."""
    # OpenTelemetry takes a tenth of a second to import, and most operators have no collector.
    from monitor.traces.collector import Collector  # noqa: PLC0415

    settings = parts.settings
    return TracesStage(Collector(settings.otlp_endpoint, settings.instance, parts.clock.monotonic).send, parts.now)


def consumer_group(parts: Parts) -> ConsumerGroup:
    """Return the consumer group that reads every topic of a report."""
    return traces_group(parts.queues, parts.channels.names)
