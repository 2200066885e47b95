"""SQLite files that several processes create at the same moment: opening is retried."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from app.assembly.migrate import migrate
from app.database import open_database
from bus import sqlite_file
from bus.sqlite_file import JournaledConnection, open_sqlite


class Contended(JournaledConnection):
    """A connection whose first two attempts fail, as while other processes create the file. SQLite does not wait."""

    locked = 2

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        """See `sqlite3.Connection`."""
        if "journal_mode" in sql and self.locked:
            self.locked -= 1
            raise sqlite3.OperationalError("database is locked")
        return super().execute(sql, *parameters)


@pytest.fixture(autouse=True)
def _contended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every connection a contended one."""
    monkeypatch.setattr(sqlite_file, "JournaledConnection", Contended)


def test_a_file_of_the_bus_or_the_spool_is_opened(tmp_path: Path) -> None:
    """The journal is written ahead, and a commit is on the disk."""
    connection = open_sqlite(tmp_path / "some.db", 10)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_waiting_ends_with_an_error(tmp_path: Path) -> None:
    """It ends after the time limit for another process's transaction."""
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        open_sqlite(tmp_path / "some.db", -1)


def test_the_database_is_opened(tmp_path: Path) -> None:
    """The engine opens its file in the same way, and can be migrated."""
    engine = open_database(f"sqlite:///{tmp_path / 'some.db'}")
    migrate(engine)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM case_complaint").scalar() == 0
    engine.dispose()
