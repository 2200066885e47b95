"""Assembles the traces, where a setting turns them on."""

from app.assembly.parts import Parts, utc_now
from messages import topics
from monitor.traces.stage import TracesStage

GROUP = "traces"


def stage(parts: Parts) -> TracesStage:
    """What gives every record to the collector."""
    # OpenTelemetry takes a tenth of a second to import, and most have no collector.
    from monitor.traces.collector import Collector  # noqa: PLC0415

    settings = parts.settings
    return TracesStage(Collector(settings.otlp_endpoint, settings.instance).send, utc_now)


def followed(parts: Parts) -> tuple[str, ...]:
    """The topics on which the records of a report lie."""
    return topics.report_topics(parts.queues)
