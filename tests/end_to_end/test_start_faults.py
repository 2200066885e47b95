"""Starts of the service while something is away: doors open, stages wait, nothing that was accepted is lost."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from app.assembly.processes.address_file import watched_addresses
from bus.port import TopicSpec
from messages.topics import raw_topic
from tests.bus.kafka.fixture import new_node
from tests.bus.kafka.node import Node
from tests.support.ports import free_ports
from tests.support.postgresql import start_postgres
from tests.support.service import RunningService
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.fixture
def stopped_node(formatted: Path) -> Iterator[Node]:
    """A broker that is not started."""
    node = new_node(formatted)
    yield node
    node.close()


def report(service: RunningService) -> int:
    """Send a report by the web door. Return the status of the answer."""
    address = f"http://127.0.0.1:{service.settings.port}/web/reports"
    return requests.post(address, json={"text": "Lampu padam di Kota Semarang"}, timeout=30).status_code


def readiness(port: int) -> dict[str, Any]:
    """Return the answer of `/ready` at this port; empty before the process listens."""
    try:
        answer: dict[str, Any] = requests.get(f"http://127.0.0.1:{port}/ready", timeout=30).json()
    except requests.ConnectionError:
        return {}
    return answer


def waiting(service: RunningService) -> set[str]:
    """Return the parts that wait, of all processes of the service."""
    ports = [int(address.rpartition(":")[2]) for address in watched_addresses(service.parts.settings)]
    return {part for port in ports for part in readiness(port).get("waiting", ())}


def test_a_start_without_a_database(tmp_path: Path) -> None:
    """The web door opens, and `/ready` names what waits. The stages begin when the database is back."""
    server = start_postgres(tmp_path / "data")
    url = server.get_uri()
    server.cleanup()
    service = RunningService(tmp_path, database_url=url)
    try:
        service.start()
        assert report(service) == requests.codes.accepted
        state = readiness(service.settings.port)
        assert (state["ready"], "database" in state["waiting"]) == (True, True)
        wait_for(lambda: {"database", "normalize", "router"} <= waiting(service))
        server = start_postgres(tmp_path / "data")
        audit = service.audit()
        assert (audit.clean, audit.accepted, audit.complaints, audit.pending) == (True, 1, 1, 0)
        wait_for(lambda: not waiting(service))
        assert service.stop() == [0]
    finally:
        service.close()
        server.cleanup()


def test_stages_start_without_a_bus(process_database: Mapping[str, str], tmp_path: Path, stopped_node: Node) -> None:
    """Processes without doors wait for Kafka and are not ready. They begin when it is back."""
    service = RunningService(tmp_path, stopped_node.bootstrap, **process_database)
    try:
        ports = dict(zip(("normalize", "router", "cases", "sinks"), free_ports(4), strict=True))
        for stage, port in ports.items():
            service.change_settings(ops_port=str(port))
            service.start(stage)
        for stage, port in ports.items():
            state = wait_for(lambda port=port: readiness(port))  # type: ignore[misc]  # mypy does not infer the default
            assert (state["ready"], "topics" in state["waiting"]) == (False, True), stage
        stopped_node.start()
        service.change_settings(ops_port="0")
        service.start("ingest")
        assert report(service) == requests.codes.accepted
        audit = service.audit()
        assert (audit.clean, audit.accepted, audit.complaints, audit.pending) == (True, 1, 1, 0)
        assert service.stop() == [0] * 5
    finally:
        service.close()


def test_a_topic_that_is_refused_at_start(process_database: Mapping[str, str], tmp_path: Path) -> None:
    """A topic with fewer partitions than asked for shuts no door and stops no stage."""
    service = RunningService(tmp_path, **process_database)
    try:
        service.parts.bus.ensure([TopicSpec(raw_topic("web"))])
        service.start()
        assert report(service) == requests.codes.accepted
        audit = service.audit()
        assert (audit.clean, audit.complaints, audit.pending) == (True, 1, 0)
        assert service.stop() == [0]
        assert "topic.refused" in service.log.read_text()
    finally:
        service.close()
