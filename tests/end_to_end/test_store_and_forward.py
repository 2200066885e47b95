"""The broker is away and the doors stay open: every report accepted meanwhile is processed later, once and in order."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import requests

from app.assembly.processes.address_file import watched_addresses
from app.simulator.replay import Replay
from app.simulator.sender import Sender, SimulatedReport
from messages import codec, topics
from messages.shapes import RawMessage
from tests.bus.kafka.node import Node
from tests.support.service import RunningService

_OTHER_CHANNELS = ("web", "mobile", "twitter")


@pytest.fixture
def service(process_database: Mapping[str, str], tmp_path: Path, own_node: Node) -> Iterator[RunningService]:
    """A service on Kafka that is not started yet."""
    running_service = RunningService(tmp_path, own_node.bootstrap, **process_database)
    yield running_service
    running_service.close()


def raw_messages(service: RunningService, channel: str) -> Sequence[RawMessage]:
    """Return the messages of a channel in the order of its topic."""
    with closing(service.parts.bus.reader()) as reader:
        records = reader.read([topics.raw_topic(channel)])
        return [codec.decode(RawMessage, record.value, record.headers) for record in records]


def _reports(channels: Sequence[str]) -> Sequence[SimulatedReport]:
    return [
        SimulatedReport(f"outage-{channel}", f"Lampu jalan padam di depan pasar, kabar lewat {channel}", sender=number)
        for number, channel in enumerate(channels, start=100)
    ]


def test_messages_keep_their_order_without_a_broker(service: RunningService, own_node: Node) -> None:
    """The broker dies, then the service, which starts again without a broker. All its doors accept all the time.

    SMS from before, during and after the outage are on the topic in the order in which they were accepted, and so is
    the report that each other door accepted during the outage.
    """
    stages = ("ingest", "normalize", "router", "cases", "sinks")
    service.start(*stages)
    settings, secrets = service.settings, service.parts.secrets
    address = f"http://127.0.0.1:{settings.port}"
    sender = Sender(address, settings.reached_at, secrets.twilio_tokens[0], settings.x_url, secrets.x_token)
    texts = [f"kabar nomor {number} dari jalan yang sama" for number in range(30)]
    for number, text in enumerate(texts):
        if number == 10:
            own_node.kill()
        if number == 12:
            sent_rows = Replay(service.parts, _OTHER_CHANNELS, lambda: None).run(_reports(_OTHER_CHANNELS))
            assert [row.refusal for row in sent_rows] == [""] * len(_OTHER_CHANNELS)
        if number == 15:
            service.kill()
            service.start(*stages)
        if number == 20:
            ready = requests.get(f"{address}/ready", timeout=30)
            assert (ready.status_code, ready.json()["faults"]) == (200, ["bus"])
            assert len(service.parts.doors.spool) > 0
            own_node.start()
        assert sender.sms(SimulatedReport(f"ordered-{number}", text, sender=7)).status_code == requests.codes.ok
    audit = service.audit()
    assert audit.as_json()["differences"] == []
    assert (audit.accepted, audit.dead, audit.pending) == (30 + len(_OTHER_CHANNELS), 0, 0)
    numbers = {row.channel: {raw.tracking for raw in raw_messages(service, row.channel)} for row in sent_rows}
    assert numbers == {row.channel: {row.number} for row in sent_rows}
    bodies = [
        service.parts.sealer.open(raw.body, raw.id).decode().replace("+", " ") for raw in raw_messages(service, "sms")
    ]
    order = [next(number for number, text in enumerate(texts) if f"{text}&" in body) for body in bodies]
    # A message whose confirmation was lost is on the topic twice. Its first position counts.
    assert list(dict.fromkeys(order)) == list(range(30))
    assert service.stop() == [0]


def test_a_full_spool_refuses_with_retry_after(
    process_database: Mapping[str, str], tmp_path: Path, own_node: Node
) -> None:
    """Beyond its limit every door answers 503 and stores nothing. `/ready` shows which door is shut, and the reason."""
    service = RunningService(tmp_path, own_node.bootstrap, spool_megabytes="1", **process_database)
    try:
        service.start()
        own_node.kill()
        address = f"http://127.0.0.1:{service.settings.port}"
        accepted = 0
        for _ in range(200):
            answer = requests.post(f"{address}/web/reports", json={"text": "a" * 9_900}, timeout=30)
            if answer.status_code != requests.codes.accepted:
                break
            accepted += 1
        answers = [
            requests.get(f"{each}/ready", timeout=30).json() for each in watched_addresses(service.parts.settings)
        ]
        own_node.start()
        audit = service.audit()
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert answer.json()["reason"] == "away"
        assert [ready["spooled"] for ready in answers if ready["doors"]] == [accepted]
        assert (audit.accepted, audit.pending) == (accepted, 0)
        assert service.stop() == [0]
    finally:
        service.close()
