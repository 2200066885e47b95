"""One host of doors has another secret key: it does not open, or its messages wait while all others go on."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from bus.errors import Retry
from tests.support import program
from tests.support.ports import free_port
from tests.support.service import Citizens, RunningService

OWN, OTHER = "the secret that all processes of a service have", "another secret that one host of doors has"


@pytest.fixture
def service(process_database: Mapping[str, str], tmp_path: Path) -> Iterator[RunningService]:
    """A service that is not started yet."""
    running_service = RunningService(tmp_path, secret_key=OWN, **process_database)
    yield running_service
    running_service.close()


def test_its_doors_do_not_open(process_database: Mapping[str, str], tmp_path: Path, service: RunningService) -> None:
    """The database knows the key of the service. The process says which setting is wrong."""
    other = RunningService(tmp_path, secret_key=OTHER, **process_database)
    try:
        service.start("ingest")
        assert service.stop() == [0]
        with suppress(Retry):
            other.start("ingest")
        assert other.wait() == [78]
        assert "SATUPINTU_SECRET_KEY" in other.log.read_text()
    finally:
        other.close()


def test_its_messages_wait_for_the_key(tmp_path: Path, service: RunningService) -> None:
    """A host that cannot reach the database accepts. Nobody can open its messages: they are counted and redriven."""
    database = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    host = RunningService(tmp_path, secret_key=OTHER, database_url=database, instance="pintu-2")
    stages = ("ingest", "normalize", "router", "cases", "sinks")
    try:
        service.start(*stages)
        host.start("ingest")
        from_host, others = Citizens(host, ("web",)), Citizens(service, ("web",))
        from_host.run()
        others.run()
        assert host.stop() == [0]
        audit = service.audit()
        log = service.log.read_text()
        assert service.stop() == [0]
        assert (audit.clean, audit.pending, audit.complaints) == (True, 0, len(others.reports))
        assert audit.dead == audit.accepted - len(others.reports)
        assert audit.dead
        assert "message.unknown_key" in log
        assert "pintu-2" in log

        service.change_settings(other_secret_keys=OTHER)
        service.start(*stages)
        redrive = (
            "dead-letters",
            "redrive",
            "--reason",
            "unknown_key",
            "--actor",
            "petugas-1",
            "--why",
            "kuncinya ada",
        )
        assert program.run(redrive, service.environment, tmp_path).returncode == 0
        later_audit = service.audit()
        assert service.stop() == [0]
        assert (later_audit.clean, later_audit.pending, later_audit.dead) == (True, 0, 0)
        assert later_audit.complaints + later_audit.joins == audit.accepted
    finally:
        host.close()
