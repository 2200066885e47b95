"""A snapshot names what is away and contains everything else."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from app.assembly.channels import DIRECTORY
from app.assembly.monitoring import snapshot_collector
from app.assembly.parts import Parts
from bus.errors import Retry, Stop
from bus.port import Bus, Reader
from config.database import DatabaseUnavailable
from messages.topics import COMPLAINTS
from monitor.process_probe import ProcessProbe
from monitor.snapshot import Backlog, QueueState
from monitor.snapshot_collector import SnapshotCollector
from tests.conftest import NOW
from tests.support import records

QUEUE = QueueState(agency="kota-3374", name="Kota Semarang", waiting=Backlog(many=2, oldest=NOW))


@dataclass
class FakeService:
    """Sources of a snapshot. Each can be made unavailable."""

    bus: Bus
    bus_away: bool = False
    database_away: bool = False
    queue_reads: int = 0
    opened_readers: int = 0
    wall: datetime = NOW
    ticks: float = 0.0
    lost: list[Reader] = field(default_factory=list)

    def reader(self) -> Reader:
        """Open a reader."""
        if self.bus_away:
            raise Retry("away")
        self.opened_readers += 1
        return self.bus.reader()

    def queues(self, now: datetime) -> Sequence[QueueState]:
        """Return the queues of the ledger."""
        assert now == self.wall
        if self.database_away:
            raise DatabaseUnavailable("away")
        self.queue_reads += 1
        return [QUEUE]

    def advance(self, wall: float, ticks: float | None = None) -> None:
        """Advance both clocks; without `ticks` by the same time."""
        self.wall += timedelta(seconds=wall)
        self.ticks += wall if ticks is None else ticks


@pytest.fixture
def service(parts: Parts) -> FakeService:
    """Return a service in which everything is available."""
    return FakeService(parts.bus)


@pytest.fixture
def make_collector(service: FakeService) -> Callable[..., SnapshotCollector]:
    """Return a function that makes a collector."""
    groups = {"router": (COMPLAINTS,)}

    def make(queues_seconds: float = 0.0) -> SnapshotCollector:
        probe = ProcessProbe((), lambda: service.wall, lambda: service.ticks, ThreadPoolExecutor)
        clocks = (lambda: service.wall, lambda: service.ticks)
        return SnapshotCollector(
            service.reader,
            groups,
            DIRECTORY.names,
            service.queues,
            lambda: [QUEUE],
            list,
            lambda: 3,
            probe,
            *clocks,
            queues_seconds,
        )

    return make


def test_an_absent_source_is_named_until_it_returns(
    service: FakeService, make_collector: Callable[..., SnapshotCollector]
) -> None:
    """Without the bus the snapshot has the queues, without the database the stages."""
    collector = make_collector()
    service.bus_away = True
    snapshot = collector.collect()
    assert (list(snapshot.away), snapshot.stages, snapshot.queues) == (["bus"], (), (QUEUE,))
    service.bus_away, service.database_away = False, True
    snapshot = collector.collect()
    assert (list(snapshot.away), [state.stage for state in snapshot.stages], snapshot.queues) == (
        ["database"],
        ["router"],
        (),
    )
    service.database_away = False
    snapshot = collector.collect()
    assert (snapshot.away, len(snapshot.stages), snapshot.queues) == ({}, 1, (QUEUE,))
    assert (snapshot.webhooks_off, snapshot.dangers) == (3, (QUEUE,))
    collector.close()


def test_a_refused_connection_is_only_reported(
    service: FakeService, make_collector: Callable[..., SnapshotCollector], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same error would stop a stage."""

    def fails(*_: object) -> None:
        raise Stop("not authorized")

    monkeypatch.setattr("monitor.consumer_lag.measure_stage", fails)
    assert make_collector().collect().away == {"bus": "refuses the connection; compare the settings"}
    assert service.opened_readers == 1


def test_the_reader_is_reused_until_it_fails(
    service: FakeService, make_collector: Callable[..., SnapshotCollector], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failure a new one is opened."""
    collector = make_collector()
    collector.collect()
    collector.collect()
    assert service.opened_readers == 1

    def fails(*_: object) -> None:
        raise Retry("away")

    with monkeypatch.context() as patch:
        patch.setattr("monitor.consumer_lag.measure_stage", fails)
        assert "bus" in collector.collect().away
    assert collector.collect().away == {}
    assert service.opened_readers == 2
    collector.close()


def test_the_queues_are_reused_for_the_configured_time(
    service: FakeService, make_collector: Callable[..., SnapshotCollector]
) -> None:
    """In between, the snapshot has the queues of the last reading."""
    collector = make_collector(30.0)
    for _ in range(6):
        assert collector.collect().queues == (QUEUE,)
        service.advance(10.0)
    assert service.queue_reads == 2
    collector.close()


@pytest.mark.parametrize(("wall", "jumped"), [(5.0, 0.0), (14.0, 0.0), (3605.0, 3600.0), (-55.0, -60.0)])
def test_a_jump_of_the_clock_is_reported(
    service: FakeService, make_collector: Callable[..., SnapshotCollector], wall: float, jumped: float
) -> None:
    """The wall clock and the monotonic clock differ. The jump is reported for ten minutes."""
    collector = make_collector()
    assert collector.collect().jumped == 0.0
    service.advance(wall, 5.0)
    assert collector.collect().jumped == pytest.approx(jumped)
    service.advance(599.0)
    assert collector.collect().jumped == pytest.approx(jumped)
    service.advance(1.0)
    assert collector.collect().jumped == pytest.approx(0.0)
    collector.close()


def test_a_snapshot_of_the_configured_service(parts: Parts) -> None:
    """It has the groups, queues and processes of the settings. An arrival waits for the normalizer."""
    producer = parts.bus.producer()
    producer.publish([records.web(parts, "Lampu padam")])
    producer.close()
    collector = snapshot_collector(parts)
    snapshot = collector.collect()
    collector.close()
    assert {state.stage: state.waiting.many for state in snapshot.stages} == {
        "normalize": 1,
        "router": 0,
        "cases": 0,
        "replies": 0,
        "forget": 0,
    }
    assert [process.unreached for process in snapshot.processes] == ["ConnectionError"]
    assert (snapshot.queues, snapshot.away) == ((), {})
