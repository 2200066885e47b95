"""What other tools see of our topics and groups: records as kcat shows them, offsets where Kafka itself keeps them."""

import json
import shutil
import subprocess

import pytest
from kafka import KafkaAdminClient, TopicPartition

from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Membership, Outgoing, TopicSpec
from bus.watchdog import Watchdog
from messages.codec import event_type
from messages.shapes import Complaint
from tests.conftest import missing
from tests.support.paths import JOURNEYS

COMPLAINT = JOURNEYS / "web-plain" / "2-complaint.json"


@pytest.fixture
def bus(kafka_bootstrap: str) -> KafkaBus:
    """On the session's broker."""
    made = KafkaBus(KafkaSettings(bootstrap=kafka_bootstrap), Watchdog(pytest.fail))
    made.ensure([TopicSpec("tools-in"), TopicSpec("tools-out")])
    return made


def worked(bus: KafkaBus, value: bytes) -> None:
    """A record comes in and is worked: what follows from it and the offset are one transaction."""
    producer = bus.producer()
    producer.publish([Outgoing("tools-in", b"key", b"{}")])
    producer.close()
    consumer = bus.consumer(Membership("tools", "one", ("tools-in",)))
    try:
        while not consumer.poll(1.0, 10):
            pass
        consumer.commit([Outgoing("tools-out", b"key", value, (("ce_type", event_type(Complaint).encode()),))])
    finally:
        consumer.close()


def test_kcat_shows_a_record_as_it_is(bus: KafkaBus, kafka_bootstrap: str) -> None:
    """Its value is JSON and its headers are text: nothing of ours is needed to read a topic."""
    if not shutil.which("kcat"):
        missing("kcat is not on this machine")
    worked(bus, COMPLAINT.read_bytes())
    command = ["kcat", "-b", kafka_bootstrap, "-t", "tools-out", "-C", "-J", "-e", "-q", "-o", "beginning"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    shown = json.loads(lines[0])
    assert json.loads(shown["payload"]) == json.loads(COMPLAINT.read_bytes())
    assert shown["headers"] == ["ce_type", "id.lapor.complaint.v1"]
    assert shown["key"] == "key"


def test_a_groups_offsets_are_kafkas_own(bus: KafkaBus, kafka_bootstrap: str) -> None:
    """Burrow, kafbat UI and every lag exporter read them where Kafka keeps them, under our group's plain name."""
    worked(bus, b"{}")
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    try:
        offsets = admin.list_group_offsets({"tools": None})["tools"]
    finally:
        admin.close()
    assert offsets[TopicPartition("tools-in", 0)].offset >= 1
