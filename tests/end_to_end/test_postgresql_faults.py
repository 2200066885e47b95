"""Faults of PostgreSQL. Nothing that was accepted is lost."""

from pathlib import Path

import requests

from tests.end_to_end.game_day import NewGameDay
from tests.support.postgresql import start_postgres


def test_postgresql_is_down(new_game_day: NewGameDay, tmp_path: Path) -> None:
    """The doors that need the database are shut, and the stages wait. With the database back nothing is lost."""
    server = start_postgres(tmp_path / "data")
    try:
        day = new_game_day(database_url=server.get_uri())
        day.start()
        server.cleanup()
        assert day.report().status_code == requests.codes.accepted
        day.wait_for_alert("database-away", "The database can't be reached")
        day.wait_for_alert("door-shut", "The app's door")
        server = start_postgres(tmp_path / "data")
        day.wait_until_cleared("database-away")
        day.wait_until_cleared("door-shut")
        audit = day.service.audit()
        assert (audit.clean, audit.accepted, audit.pending) == (True, 1, 0)
    finally:
        server.cleanup()
