"""The broker is away and the doors stay open: what was accepted meanwhile is there afterwards, in order, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.simulator.replay import CHANNELS
from app.simulator.sender import Sender, SimulatedReport
from messages import codec, topics
from messages.shapes import RawMessage
from tests.bus.kafka.node import Node
from tests.support.service import Citizens, Whole


@pytest.fixture
def whole(tmp_path: Path, own_node: Node) -> Iterator[Whole]:
    """A service on Kafka that is not started yet."""
    made = Whole(tmp_path, own_node.bootstrap)
    yield made
    made.close()


def test_a_broker_that_is_away_shuts_no_door(whole: Whole, own_node: Node) -> None:
    """Dead broker, dead service, doors open again without a broker: every letter is a complaint once it is back."""
    whole.start()
    own_node.kill()
    citizens = Citizens(whole, CHANNELS)
    citizens.start()
    for _ in range(len(citizens.letters) // 2):
        citizens.sent.acquire(timeout=60)
    whole.kill()
    whole.start()
    citizens.join()
    ready = requests.get(f"http://127.0.0.1:{whole.settings.port}/ready", timeout=30)
    own_node.start()
    audit = whole.audit()
    assert whole.stop() == [0]
    assert citizens.outcome.refused == {}
    assert (ready.status_code, ready.json()["faults"]) == (200, {"bus": "Retry"})
    assert ready.json()["spooled"] > 0
    assert audit.as_json()["differences"] == []
    assert (audit.accepted, audit.complaints, audit.pending) == (len(citizens.letters), len(citizens.letters), 0)


def test_one_sender_keeps_the_order_of_their_messages(whole: Whole, own_node: Node) -> None:
    """Before, during and after the absence: as they were accepted, so they stand on the topic."""
    # The stages come with the broker: one whose transaction it takes with it asks for a new start (exit code 75).
    whole.start("ingest")
    settings, secrets = whole.settings, whole.parts.secrets
    address = f"http://127.0.0.1:{settings.port}"
    sender = Sender(address, settings.reached_at, secrets.twilio_tokens[0], settings.x_url, secrets.x_token)
    said = [f"kabar nomor {number} dari jalan yang sama" for number in range(30)]
    for number, text in enumerate(said):
        if number == 10:
            own_node.kill()
        if number == 20:
            own_node.start()
        assert sender.sms(SimulatedReport(f"ordered-{number}", text, sender=7)).status_code == requests.codes.ok
    whole.start("normalize", "router", "sinks")
    assert whole.audit().as_json()["differences"] == []
    reader = whole.parts.bus.reader()
    found = [codec.decode(RawMessage, r.value, r.headers) for r in reader.read([topics.raw_topic("sms")])]
    reader.close()
    bodies = [whole.parts.sealer.open(raw.body, raw.id).decode().replace("+", " ") for raw in found]
    order = [next(number for number, text in enumerate(said) if f"{text}&" in body) for body in bodies]
    # A message whose confirmation was lost stands there twice; the first time counts.
    assert list(dict.fromkeys(order)) == list(range(30))
    assert whole.stop() == [0, 0]


def test_a_full_spool_says_when_to_come_again(tmp_path: Path, own_node: Node) -> None:
    """Past its bound every door says 503, nothing is promised, and `/ready` says which door is shut and why."""
    whole = Whole(tmp_path, own_node.bootstrap, spool_megabytes="1")
    try:
        whole.start()
        own_node.kill()
        address = f"http://127.0.0.1:{whole.settings.port}"
        accepted = 0
        for _ in range(200):
            answer = requests.post(f"{address}/web/reports", json={"text": "a" * 9_900}, timeout=30)
            if answer.status_code != requests.codes.accepted:
                break
            accepted += 1
        ready = requests.get(f"{address}/ready", timeout=30)
        own_node.start()
        audit = whole.audit()
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert answer.json()["reason"] == "away"
        assert ready.json()["spooled"] == accepted
        assert (audit.accepted, audit.pending) == (accepted, 0)
        assert whole.stop() == [0]
    finally:
        whole.close()
