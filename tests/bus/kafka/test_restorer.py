"""Restored records keep their times, in topics that the restore creates and in those that were there."""

import time
import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.clock import system_clock
from bus.errors import Stop
from bus.kafka.bus import KafkaBus
from bus.kafka.restorer import KafkaRestorer
from bus.kafka.settings import KafkaSettings
from bus.port import Outgoing, Record, TopicSpec

LONG_AGO = 1_700_000_000_000


@pytest.fixture
def settings(kafka_bootstrap: str) -> KafkaSettings:
    """Settings for the session's broker."""
    return KafkaSettings(bootstrap=kafka_bootstrap)


@pytest.fixture
def bus(settings: KafkaSettings) -> KafkaBus:
    """A bus on the session's broker."""
    return KafkaBus(settings, system_clock())


@pytest.fixture
def restorer(settings: KafkaSettings) -> Iterator[KafkaRestorer]:
    """A restorer, opened."""
    with closing(KafkaRestorer(settings, time.sleep)) as opened:
        yield opened


def new_spec() -> TopicSpec:
    """Return a topic that does not exist."""
    return TopicSpec(f"topic-{uuid.uuid4().hex[:12]}", retention=None)


def times(bus: KafkaBus, spec: TopicSpec) -> list[int]:
    """Return the times of the topic's records."""
    with closing(bus.reader()) as reader:
        return [record.timestamp for record in reader.read([spec.name])]


def test_records_keep_their_times_until_the_topics_are_closed(bus: KafkaBus, restorer: KafkaRestorer) -> None:
    """A topic that is missing and one that exists take the time of a restored record, and then give their own."""
    missing, existing = new_spec(), new_spec()
    bus.ensure([existing])
    restorer.open_topics([missing, existing])
    restorer.append([Record(spec.name, 0, 0, LONG_AGO, b"", b"restored") for spec in (missing, existing)])
    restorer.close_topics([missing.name, existing.name])
    with closing(bus.producer()) as producer:
        while times(bus, missing)[-1] == LONG_AGO or times(bus, existing)[-1] == LONG_AGO:
            producer.publish([Outgoing(spec.name, b"", b"new") for spec in (missing, existing)])
    assert [times(bus, spec)[0] for spec in (missing, existing)] == [LONG_AGO, LONG_AGO]


def test_a_new_topic_needs_no_wait(settings: KafkaSettings, bus: KafkaBus) -> None:
    """A topic that the restore creates takes the times of records at once."""
    spec = new_spec()
    with closing(KafkaRestorer(settings, time.sleep, settling_seconds=float("inf"))) as restorer:
        restorer.open_topics([spec])
        restorer.append([Record(spec.name, 0, 0, LONG_AGO, b"", b"restored")])
    assert times(bus, spec) == [LONG_AGO]


def test_a_topic_with_times_of_its_own_is_refused(bus: KafkaBus, restorer: KafkaRestorer) -> None:
    """A restore ends rather than give a record the time of today."""
    spec = new_spec()
    bus.ensure([spec])
    with pytest.raises(Stop, match="does not take the time"):
        restorer.append([Record(spec.name, 0, 0, LONG_AGO, b"", b"restored")])
