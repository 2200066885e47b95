"""Topics and groups as other tools see them: records in kcat, and offsets where Kafka itself stores them."""

import json
import shutil
import subprocess

import pytest
from kafka import KafkaAdminClient, TopicPartition

from app.clock import system_clock
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Membership, Outgoing, TopicSpec
from messages.codec import event_type
from messages.shapes import Complaint
from tests.conftest import missing
from tests.support.paths import JOURNEYS

COMPLAINT = JOURNEYS / "web-plain" / "2-complaint.json"


@pytest.fixture
def bus(kafka_bootstrap: str) -> KafkaBus:
    """A bus on the session's broker."""
    kafka_bus = KafkaBus(KafkaSettings(bootstrap=kafka_bootstrap), system_clock())
    kafka_bus.ensure([TopicSpec("tools-in"), TopicSpec("tools-out")])
    return kafka_bus


def process_record(bus: KafkaBus, value: bytes) -> None:
    """Publish a record and process it: the output and the offset are one transaction."""
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
    """The value is JSON and the headers are text, so that no program of ours is needed to read a topic."""
    if not shutil.which("kcat"):
        missing("kcat is not on this machine")
    process_record(bus, COMPLAINT.read_bytes())
    command = ["kcat", "-b", kafka_bootstrap, "-t", "tools-out", "-C", "-J", "-e", "-q", "-o", "beginning"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    shown = json.loads(lines[0])
    assert json.loads(shown["payload"]) == json.loads(COMPLAINT.read_bytes())
    assert shown["headers"] == ["ce_type", "id.lapor.complaint.v1"]
    assert shown["key"] == "key"


def test_offsets_of_a_group_are_stored_by_kafka(bus: KafkaBus, kafka_bootstrap: str) -> None:
    """Burrow, kafbat UI and every lag exporter read them from Kafka, under the plain name of the group."""
    process_record(bus, b"{}")
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    try:
        offsets = admin.list_group_offsets({"tools": None})["tools"]
    finally:
        admin.close()
    assert offsets[TopicPartition("tools-in", 0)].offset >= 1
