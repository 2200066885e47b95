"""Faults of PostgreSQL. Nothing that was accepted is lost."""

from pathlib import Path

import pytest
import requests

from tests.end_to_end.game_day import NewGameDay
from tests.support.postgresql import frozen, start_postgres
from tests.support.service import RunningService
from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a PostgreSQL. It runs as a user of its own, which may not enter the service's private folder."""
    return tmp_path_factory.mktemp("postgresql")


def test_postgresql_is_frozen(tmp_path: Path, data: Path) -> None:
    """The process lives, the web door accepts, and `/ready` names the stage that waits. Afterwards nothing is lost."""
    server = start_postgres(data)
    service = RunningService(tmp_path, database_url=server.get_uri(), database_statement_seconds="1")
    address = f"http://127.0.0.1:{service.settings.port}"
    try:
        service.start("--threads")
        with frozen(data):
            report = {"text": "Lampu padam di Kota Semarang"}
            assert (
                requests.post(f"{address}/web/reports", json=report, timeout=60).status_code == requests.codes.accepted
            )
            assert requests.get(f"{address}/live", timeout=60).ok
            wait_for(lambda: "normalize" in requests.get(f"{address}/ready", timeout=60).json()["waiting"])
        audit = service.audit()
        assert (audit.clean, audit.accepted, audit.pending) == (True, 1, 0)
        assert service.stop() == [0]
    finally:
        service.close()
        server.cleanup()


@pytest.mark.expensive
def test_postgresql_is_down(new_game_day: NewGameDay, data: Path) -> None:
    """The doors that need the database are shut, and the stages wait. With the database back nothing is lost."""
    server = start_postgres(data)
    try:
        day = new_game_day(database_url=server.get_uri())
        day.start()
        server.cleanup()
        assert day.report().status_code == requests.codes.accepted
        day.wait_for_alert("database-away", "The database can't be reached")
        day.wait_for_alert("door-shut", "The app's door")
        server = start_postgres(data)
        day.wait_until_cleared("database-away")
        day.wait_until_cleared("door-shut")
        audit = day.service.audit()
        assert (audit.clean, audit.accepted, audit.pending) == (True, 1, 0)
    finally:
        server.cleanup()
