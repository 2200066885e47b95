"""Faults of a Kafka of three brokers and of the processes on it. Each ends in a clean audit."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from bus.errors import Retry
from tests.bus.kafka.node import Node
from tests.support.databases import Databases
from tests.support.service import RunningService
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.expensive, pytest.mark.slow, pytest.mark.timeout(900)]

STAGES = ("normalize", "router", "cases", "sinks")


@pytest.fixture(scope="module")
def service(
    cluster: list[Node], tmp_path_factory: pytest.TempPathFactory, postgresql_databases: Databases
) -> Iterator[RunningService]:
    """A service with two processes of each stage and one of the doors, on three brokers and PostgreSQL."""
    bootstrap = ",".join(node.bootstrap for node in cluster)
    home = tmp_path_factory.mktemp("cluster")
    with postgresql_databases.settings(home) as values:
        running_service = RunningService(home, bootstrap, **values, kafka_replication="3")
        for instance in ("first", "second"):
            running_service.change_settings(instance=instance)
            running_service.start(*STAGES)
        running_service.start("ingest")
        yield running_service
        running_service.close()


def send_reports(service: RunningService, count: int = 10) -> None:
    """Send reports by the web door, which accepts all."""
    address = f"http://127.0.0.1:{service.settings.port}/web/reports"
    for number in range(count):
        report = {"text": f"Lampu padam di gang nomor {number}, Kota Semarang"}
        assert requests.post(address, json=report, timeout=60).status_code == requests.codes.accepted


def wait_until_clean(service: RunningService, accepted: int) -> None:
    """Return when the audit counts all accepted messages, nothing is pending, nothing differs, no process ended."""
    wait_for(lambda: _accepted(service) >= accepted)
    audit = service.audit(patience=300.0)
    assert (audit.as_json()["differences"], audit.pending) == ([], 0)
    assert service.exit_codes == {}


def test_a_stage_is_frozen(service: RunningService) -> None:
    """The other process of each stage takes over. The frozen one does nothing twice when it continues."""
    before = service.audit().accepted
    frozen = service.pids[0]
    os.kill(frozen, signal.SIGSTOP)
    try:
        send_reports(service)
        wait_until_clean(service, before + 10)
    finally:
        os.kill(frozen, signal.SIGCONT)
    send_reports(service)
    wait_until_clean(service, before + 20)


def test_one_broker_of_three_is_killed(service: RunningService, cluster: list[Node]) -> None:
    """Reports are accepted and processed as before, and no process ends."""
    before = service.audit().accepted
    cluster[0].kill()
    try:
        send_reports(service)
        wait_until_clean(service, before + 10)
    finally:
        cluster[0].start()
    send_reports(service)
    wait_until_clean(service, before + 20)


def test_two_brokers_of_three_are_killed(service: RunningService, cluster: list[Node]) -> None:
    """The doors keep what they accept. With the brokers back, everything is processed once, by the same processes."""
    before = service.audit().accepted
    for node in cluster[1:]:
        node.kill()
    try:
        send_reports(service)
    finally:
        for node in cluster[1:]:
            node.start()
    wait_until_clean(service, before + 10)


def _accepted(service: RunningService) -> int:
    """Return the number of accepted messages on the bus; 0 while it does not answer. No process may have ended."""
    assert service.exit_codes == {}
    with suppress(Retry):
        return service.audit(patience=1.0).accepted
    return 0
