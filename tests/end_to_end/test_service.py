"""The whole service on both buses: no report is lost or processed twice, whatever process dies."""

from collections.abc import Mapping
from pathlib import Path

from app.simulator.replay import CHANNELS
from tests.bus.kafka.node import Node
from tests.support.service import Citizens, RunningService


def test_both_buses_decide_the_same(tmp_path: Path, own_node: Node) -> None:
    """The same reports lead to the same relations, agencies and reasons on both buses."""
    decisions = []
    for name, bootstrap in (("local", ""), ("kafka", own_node.bootstrap)):
        (tmp_path / name).mkdir()
        service = RunningService(tmp_path / name, bootstrap, secret_key="one secret for both of the two services")
        try:
            service.start()
            citizens = Citizens(service, CHANNELS)
            citizens.run()
            assert service.audit().clean
            decisions.append(service.decisions())
            assert service.stop() == [0]
        finally:
            service.close()
    assert decisions[0] == decisions[1]
    assert len(decisions[0]) == len(citizens.reports)


def test_stages_on_kafka_and_postgresql(tmp_path: Path, own_node: Node, blank_database: str) -> None:
    """Kafka and PostgreSQL by settings alone. Each stage has its own process; all are killed and started again."""
    service = RunningService(tmp_path, own_node.bootstrap, database_url=blank_database)
    stages = ("normalize", "router", "cases", "sinks", "ingest")
    try:
        service.start_all(stages)
        citizens = Citizens(service, CHANNELS)
        citizens.start()
        citizens.sent.acquire(timeout=60)
        service.kill()
        service.start_all(stages)
        citizens.join()
        audit = service.audit()
        assert service.stop() == [0] * len(stages)
    finally:
        service.close()
    assert audit.as_json()["differences"] == []
    assert (audit.accepted, audit.complaints, audit.pending) == (len(citizens.reports), len(citizens.reports), 0)


def test_stages_in_processes_of_their_own(service: RunningService) -> None:
    """Six processes that share only topics and database do the same as one."""
    service.start_all(("normalize", "router", "cases", "sinks", "monitor", "ingest"))
    citizens = Citizens(service, ("web", "sms"))
    citizens.run()
    audit = service.audit()
    assert (audit.clean, audit.pending, audit.accepted) == (True, 0, len(citizens.reports))
    assert service.stop() == [0] * 6


def test_a_stage_that_refuses_ends_the_process(process_database: Mapping[str, str], tmp_path: Path) -> None:
    """With another secret key the normalizer stops at the first message, names the setting, and keeps its offset."""
    service = RunningService(tmp_path, secret_key="the secret with which the reports were sealed", **process_database)
    with_other_key = RunningService(
        tmp_path, secret_key="another secret, with which none of them opens", **process_database
    )
    try:
        service.start("ingest")
        Citizens(service, ("web",)).run()
        assert service.stop() == [0]
        with_other_key.start("normalize")
        assert with_other_key.wait() == [78]
        assert "SATUPINTU_SECRET_KEY" in with_other_key.log.read_text()
        service.start()
        audit = service.audit()
        assert (audit.accepted, audit.complaints, audit.dead) == (72, 72, 0)
        assert service.stop() == [0]
    finally:
        service.close()
        with_other_key.close()
