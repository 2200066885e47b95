"""The whole service as its users meet it, on both buses: nothing lost, nothing twice, whatever dies on the way."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.simulator.replay import CHANNELS
from tests.bus.kafka.node import Node
from tests.support.service import Citizens, Whole

KILLS = 3


@pytest.fixture(params=["local", "kafka"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    """A service that is not started yet, on each bus."""
    node: Node | None = request.getfixturevalue("own_node") if request.param == "kafka" else None
    made = Whole(tmp_path, node.bootstrap if node else "")
    yield made
    made.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment(whole: Whole, seed: int) -> None:
    """`kill -9` several times while citizens write: every letter is there once, in one queue, when all is worked."""
    moments = random.Random(seed)  # noqa: S311 - moments, not secrets
    whole.start()
    citizens = Citizens(whole, CHANNELS)
    citizens.start()
    for _ in range(KILLS):
        for _ in range(moments.randint(1, len(citizens.letters) // (KILLS + 1))):
            citizens.sent.acquire(timeout=60)
        whole.kill()
        whole.start()
    citizens.join()
    audit = whole.audit()
    assert whole.stop() == [0]
    assert citizens.outcome.refused == {}
    assert audit.as_json()["differences"] == []
    assert (audit.accepted, audit.complaints, audit.pending) == (len(citizens.letters), len(citizens.letters), 0)
    assert audit.at_agencies + audit.at_triage == len(citizens.letters)


def test_both_buses_decide_the_same(tmp_path: Path, own_node: Node) -> None:
    """The same letters lead to the same relations, doors and reasons, whatever carries them."""
    decided = []
    for name, bootstrap in (("local", ""), ("kafka", own_node.bootstrap)):
        (tmp_path / name).mkdir()
        whole = Whole(tmp_path / name, bootstrap, secret_key="one secret for both of the two services")
        try:
            whole.start()
            citizens = Citizens(whole, CHANNELS)
            citizens.run()
            assert whole.audit().clean
            decided.append(whole.decisions())
            assert whole.stop() == [0]
        finally:
            whole.close()
    assert decided[0] == decided[1]
    assert len(decided[0]) == len(citizens.letters)


def test_a_country(tmp_path: Path, own_node: Node, empty_postgres: str) -> None:
    """Apache Kafka and PostgreSQL, by settings alone; each stage in a process of its own, killed and started again."""
    whole = Whole(tmp_path, own_node.bootstrap, database_url=empty_postgres)
    stages = ("normalize", "router", "sinks", "ingest")
    try:
        whole.start_all(stages)
        citizens = Citizens(whole, CHANNELS)
        citizens.start()
        citizens.sent.acquire(timeout=60)
        whole.kill()
        whole.start_all(stages)
        citizens.join()
        audit = whole.audit()
        assert whole.stop() == [0] * len(stages)
    finally:
        whole.close()
    assert audit.as_json()["differences"] == []
    assert (audit.accepted, audit.complaints, audit.pending) == (len(citizens.letters), len(citizens.letters), 0)


def test_stages_in_processes_of_their_own(whole: Whole) -> None:
    """Five processes that meet only at topics do what one does."""
    whole.start_all(("normalize", "router", "sinks", "monitor", "ingest"))
    citizens = Citizens(whole, ("web", "sms"))
    citizens.run()
    audit = whole.audit()
    assert (audit.clean, audit.pending, audit.accepted) == (True, 0, len(citizens.letters))
    assert whole.stop() == [0] * 5


def test_a_stage_that_refuses_ends_the_process(tmp_path: Path) -> None:
    """Another secret key: the normalizer stops at the first message, names the setting, and keeps its place."""
    whole = Whole(tmp_path, secret_key="the secret with which the letters were sealed")
    other = Whole(tmp_path, secret_key="another secret, with which none of them opens")
    try:
        whole.start("ingest")
        Citizens(whole, ("web",)).run()
        assert whole.stop() == [0]
        other.start("normalize")
        assert other.wait() == [78]
        assert "SATUPINTU_SECRET_KEY" in other.log.read_text()
        whole.start()
        audit = whole.audit()
        assert (audit.accepted, audit.complaints, audit.dead) == (72, 72, 0)
        assert whole.stop() == [0]
    finally:
        whole.close()
        other.close()
