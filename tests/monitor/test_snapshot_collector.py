"""One look at everything: what is away is said, and the rest is shown all the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from app.assembly.channels import DIRECTORY
from app.assembly.monitoring import watch
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
class World:
    """What a watch looks at; each part can be taken away."""

    bus: Bus
    bus_away: bool = False
    database_away: bool = False
    asked: int = 0
    opened: int = 0
    wall: datetime = NOW
    ticks: float = 0.0
    lost: list[Reader] = field(default_factory=list)

    def reader(self) -> Reader:
        """Opens one."""
        if self.bus_away:
            raise Retry("away")
        self.opened += 1
        return self.bus.reader()

    def queues(self, now: datetime) -> Sequence[QueueState]:
        """What the ledger says at that time."""
        assert now == self.wall
        if self.database_away:
            raise DatabaseUnavailable("away")
        self.asked += 1
        return [QUEUE]

    def passes(self, wall: float, ticks: float | None = None) -> None:
        """Time goes by; on the wall too, by as much or otherwise."""
        self.wall += timedelta(seconds=wall)
        self.ticks += wall if ticks is None else ticks


@pytest.fixture
def world(parts: Parts) -> World:
    """Everything is there."""
    return World(parts.bus)


@pytest.fixture
def look(world: World) -> Callable[..., SnapshotCollector]:
    """A watch on the world."""
    groups = {"router": (COMPLAINTS,)}

    def made(queues_seconds: float = 0.0) -> SnapshotCollector:
        peers = ProcessProbe((), lambda: world.wall)
        clocks = (lambda: world.wall, lambda: world.ticks)
        return SnapshotCollector(world.reader, groups, DIRECTORY.names, world.queues, peers, *clocks, queues_seconds)

    return made


def test_what_is_away_is_named_and_comes_back(world: World, look: Callable[..., SnapshotCollector]) -> None:
    """Without the bus the queues are shown, without the database the stages; each again once it is back."""
    watch_ = look()
    world.bus_away = True
    seen = watch_.collect()
    assert (list(seen.away), seen.stages, seen.queues) == (["bus"], (), (QUEUE,))
    world.bus_away, world.database_away = False, True
    seen = watch_.collect()
    assert (list(seen.away), [state.stage for state in seen.stages], seen.queues) == (["database"], ["router"], ())
    world.database_away = False
    seen = watch_.collect()
    assert (seen.away, len(seen.stages), seen.queues) == ({}, 1, (QUEUE,))
    watch_.close()


def test_a_bus_that_refuses_us_takes_nobody_down(
    world: World, look: Callable[..., SnapshotCollector], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would stop a stage is only said here."""

    def fails(*_: object) -> None:
        raise Stop("not authorized")

    monkeypatch.setattr("monitor.consumer_lag.measure_stage", fails)
    assert look().collect().away == {"bus": "refuses the connection; compare the settings"}
    assert world.opened == 1


def test_the_reader_is_kept_until_it_fails(
    world: World, look: Callable[..., SnapshotCollector], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for all looks; after a failure another."""
    watch_ = look()
    watch_.collect()
    watch_.collect()
    assert world.opened == 1

    def fails(*_: object) -> None:
        raise Retry("away")

    with monkeypatch.context() as patch:
        patch.setattr("monitor.consumer_lag.measure_stage", fails)
        assert "bus" in watch_.collect().away
    assert watch_.collect().away == {}
    assert world.opened == 2
    watch_.close()


def test_the_ledger_is_asked_as_often_as_said(world: World, look: Callable[..., SnapshotCollector]) -> None:
    """Between that, what it said last is shown."""
    watch_ = look(30.0)
    for _ in range(6):
        assert watch_.collect().queues == (QUEUE,)
        world.passes(10.0)
    assert world.asked == 2
    watch_.close()


@pytest.mark.parametrize(("wall", "jumped"), [(5.0, 0.0), (14.0, 0.0), (3605.0, 3600.0), (-55.0, -60.0)])
def test_a_clock_that_was_set(world: World, look: Callable[..., SnapshotCollector], wall: float, jumped: float) -> None:
    """The clock on the wall went another way than time; it is known for ten minutes, not for ever after."""
    watch_ = look()
    assert watch_.collect().jumped == 0.0
    world.passes(wall, 5.0)
    assert watch_.collect().jumped == pytest.approx(jumped)
    world.passes(599.0)
    assert watch_.collect().jumped == pytest.approx(jumped)
    world.passes(1.0)
    assert watch_.collect().jumped == pytest.approx(0.0)
    watch_.close()


def test_the_whole_service_is_looked_at(parts: Parts) -> None:
    """With the settings' own groups, queues and processes: an arrival waits for the normalizer, and nobody works."""
    producer = parts.bus.producer()
    producer.publish([records.web(parts, "Lampu padam")])
    producer.close()
    watch_ = watch(parts)
    seen = watch_.collect()
    watch_.close()
    assert {state.stage: state.waiting.many for state in seen.stages} == {
        "normalize": 1,
        "router": 0,
        "ledger": 0,
        "replies": 0,
    }
    assert [process.unreached for process in seen.processes] == ["ConnectionError"]
    assert (seen.queues, seen.away) == ((), {})
