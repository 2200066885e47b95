"""Services on each bus, and the fixtures of the game days."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.bus.kafka.node import Node
from tests.end_to_end.game_day import GameDay, NewGameDay
from tests.monitor.metrics.prometheus import running
from tests.support.databases import Databases
from tests.support.loopback import Answer, Loopback, ReceivedRequest, json_answer, serving
from tests.support.service import RunningService

_SNAPSHOT_SECONDS = "0.5"


class QuietX(Loopback):
    """An X on which nobody mentions us. While `is_limiting`, it limits our requests."""

    is_limiting = False

    def usual_answer(self, _request: ReceivedRequest) -> Answer:
        """Return an empty page, or 429 with a reset after one second."""
        if not self.is_limiting:
            return json_answer({"meta": {"result_count": 0}})
        reset = int((datetime.now(UTC) + timedelta(seconds=1)).timestamp())
        title = {"title": "Too Many Requests", "status": 429}
        return json_answer(title, 429, {"x-rate-limit-reset": str(reset)})


@pytest.fixture(params=["local", pytest.param("kafka", marks=[pytest.mark.faults, pytest.mark.expensive])])
def service(
    process_database: Mapping[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[RunningService]:
    """A service on each bus that is not started yet. `make test` has one test on Kafka that kills every process."""
    node: Node | None = request.getfixturevalue("own_node") if request.param == "kafka" else None
    running_service = RunningService(tmp_path, node.bootstrap if node else "", **process_database)
    yield running_service
    running_service.close()


@pytest.fixture(scope="module")
def x() -> Iterator[QuietX]:
    """X on loopback."""
    with serving(QuietX()) as quiet_x:
        yield quiet_x


@contextmanager
def game_days(home: Path, x: QuietX, databases: Databases) -> Iterator[NewGameDay]:
    """Yield a function that prepares a game day in the folder. At the end its processes are stopped."""
    with ExitStack() as stack:

        def prepare(
            bootstrap: str = "", port: int | None = None, other_ports: tuple[int, ...] = (), **settings: str
        ) -> GameDay:
            database = stack.enter_context(databases.settings(home))
            defaults = {"ops_seconds": _SNAPSHOT_SECONDS, "x_base_url": x.url, **database}
            service = RunningService(home, bootstrap, **{**defaults, **settings})
            stack.callback(service.close)
            port = port or service.settings.port + 2
            return GameDay(service, stack.enter_context(running(home, port, *other_ports, at_once=True)), port)

        yield prepare


@pytest.fixture
def new_game_day(tmp_path: Path, x: QuietX, process_databases: Databases) -> Iterator[NewGameDay]:
    """Return a function that prepares a game day for one test."""
    with game_days(tmp_path, x, process_databases) as prepare:
        yield prepare


@pytest.fixture(scope="module")
def new_shared_game_day(
    tmp_path_factory: pytest.TempPathFactory, x: QuietX, process_databases: Databases
) -> Iterator[NewGameDay]:
    """Return a function that prepares a game day for the tests of one module."""
    with game_days(tmp_path_factory.mktemp("game-day"), x, process_databases) as prepare:
        yield prepare
